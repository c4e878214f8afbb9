"""
Statements of the way in, written as SQL and prepared once.

Building a query with the query builder costs several times what running it costs, and the way in asks the same twenty
for every inspection. Everything else uses the query builder.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from piccolo.columns import Serial
from piccolo.table import Table

from server.database import engine, is_postgres

Row = dict[str, Any]


async def ask(statement: str, *values: Any) -> list[Row]:
    """
    Run a statement in the transaction that is open, else read a few rows by their keys.

    Args:
        statement: SQL of our own, `{}` where a value goes, `{*}` where a list of them goes.
        values: What goes there, in order; a list may be empty nowhere.

    Returns:
        The rows it answers with.
    """
    lengths = tuple(len(value) for value in values if isinstance(value, list))
    flat = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return await engine().ask(_written(statement, lengths, postgres=is_postgres()), flat)


async def insert(rows: Sequence[Table], ending: str = "") -> list[Row]:
    """
    Insert rows of one table, at least one, in the transaction that is open.

    Args:
        rows: What goes in; a number that the database gives is left to it.
        ending: What follows the values: ON CONFLICT, RETURNING.
    """
    table = type(rows[0])
    names = _columns(table)
    values = [getattr(row, name) for row in rows for name in names]
    return await ask(_insertion(table, len(rows), ending), *values)


@lru_cache(maxsize=64)
def _columns(table: type[Table]) -> tuple[str, ...]:
    return tuple(column._meta.name for column in table._meta.columns if not isinstance(column, Serial))


@lru_cache(maxsize=512)
def _insertion(table: type[Table], count: int, ending: str) -> str:
    names = _columns(table)
    row = f"({', '.join('{}' for _ in names)})"
    columns = ", ".join(f'"{name}"' for name in names)
    rows = ", ".join(row for _ in range(count))
    return f'INSERT INTO "{table._meta.tablename}" ({columns}) VALUES {rows} {ending}'  # noqa: S608 - names of ours.


@lru_cache(maxsize=1024)
def _written(statement: str, lengths: tuple[int, ...], *, postgres: bool) -> str:
    """
    Write a statement with the engine's own placeholders.

    >>> _written("SELECT {} WHERE a IN ({*})", (2,), postgres=True)
    'SELECT $1 WHERE a IN ($2, $3)'
    >>> _written("SELECT {} WHERE a IN ({*})", (2,), postgres=False)
    'SELECT ? WHERE a IN (?, ?)'
    """
    for length in lengths:
        statement = statement.replace("{*}", ", ".join("{}" for _ in range(length)), 1)
    first, *others = statement.split("{}")
    return first + "".join(f"${k}{piece}" if postgres else f"?{piece}" for k, piece in enumerate(others, start=1))
