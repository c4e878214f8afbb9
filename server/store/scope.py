"""The regions a person sees, as a condition every query carries."""

import operator
from collections.abc import Sequence
from functools import reduce

from piccolo.columns import Column
from piccolo.columns.combination import And, Or, Where, WhereRaw

from server.database import is_postgres

Condition = Where | And | Or | WhereRaw


def successor(prefix: str) -> str:
    """
    Return the first code after all codes that begin with this prefix.

    >>> successor("450224101")
    '450224102'
    >>> successor("450229")
    '45022:'
    """
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def within(column: Column, scope: Sequence[str]) -> Condition:
    """
    Match rows whose region code begins with one of the scope's codes; an empty scope matches nothing.

    A half-open range is used, not LIKE: both engines answer it from the index whatever their collation settings.
    """
    if not scope:
        return WhereRaw("1 = 0")
    ranges: list[Condition] = [(column >= prefix) & (column < successor(prefix)) for prefix in scope]
    return reduce(operator.or_, ranges)


def hidden_within(column: Column, scope: Sequence[str]) -> Condition:
    """
    Match a scope of many villages, hidden from SQLite's index on them.

    That index would find a county's rows and then sort all of them for one page; walking another index until a page
    is full reads little more than the page. PostgreSQL counts what a condition leaves over and finds that by itself.
    """
    if not scope or is_postgres():
        return within(column, scope)
    name = f'"{column._meta.table._meta.tablename}"."{column._meta.db_column_name}" || \'\''
    one = f"({name} >= {{}} AND {name} < {{}})"
    bounds = [bound for prefix in scope for bound in (prefix, successor(prefix))]
    return WhereRaw(f"({' OR '.join([one] * len(scope))})", *bounds)
