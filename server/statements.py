"""
Statements of the way in, written as SQL and prepared once.

Building a query with the query builder costs several times what running it costs, and the way in asks the same twenty
for every inspection. Everything else uses the query builder.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

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


async def insert(table: type[Table], rows: Sequence[Row], ending: str = "") -> list[Row]:
    """
    Insert rows of one table, at least one, in the transaction that is open.

    Args:
        table: Where they go.
        rows: Values by column, the same columns in each; the others take the default of the database.
        ending: What follows the values: ON CONFLICT, RETURNING.
    """
    values = [value for row in rows for value in row.values()]
    return await ask(_insertion(table, tuple(rows[0]), len(rows), ending), *values)


@lru_cache(maxsize=512)
def _insertion(table: type[Table], names: tuple[str, ...], count: int, ending: str) -> str:
    row = f"({', '.join('{}' for _ in names)})"
    columns = ", ".join(f'"{name}"' for name in names)
    rows = ", ".join(row for _ in range(count))
    return f'INSERT INTO "{table._meta.tablename}" ({columns}) VALUES {rows} {ending}'  # noqa: S608 - names of ours.


@lru_cache(maxsize=1024)
def _written(statement: str, lengths: tuple[int, ...], *, postgres: bool) -> str:
    """
    Write a statement with the engine's own placeholders, and its own name for the function that joins strings.

    >>> _written("SELECT {} WHERE a IN ({*})", (2,), postgres=True)
    'SELECT $1 WHERE a IN ($2, $3)'
    >>> _written("SELECT {} WHERE a IN ({*})", (2,), postgres=False)
    'SELECT ? WHERE a IN (?, ?)'
    >>> _written("SELECT STRING_AGG(a, ' ')", (), postgres=False)
    "SELECT GROUP_CONCAT(a, ' ')"
    """
    for length in lengths:
        statement = statement.replace("{*}", ", ".join("{}" for _ in range(length)), 1)
    if not postgres:
        # SQLite knows the standard's name since 3.44.
        statement = statement.replace("STRING_AGG(", "GROUP_CONCAT(")
    first, *others = statement.split("{}")
    return first + "".join(f"${k}{piece}" if postgres else f"?{piece}" for k, piece in enumerate(others, start=1))
