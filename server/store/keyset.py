"""
Pages of a list by key, not by count: the thousandth page costs what the first one costs.

Rows are in the order (instant, id). A page is asked for by its neighbour: `after` the last row of one, `before` the
first row of another.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from piccolo.columns import Column
from piccolo.columns.combination import WhereRaw
from piccolo.query import Select

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Key:
    """Where a row stands in the order."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        """Write it for an address."""
        return f"{self.at.isoformat()}_{self.id}"

    @classmethod
    def parse(cls, text: str | None) -> "Key | None":
        """Read it from an address; None for anything else, so that a damaged address shows the first page."""
        if not text:
            return None
        stamp, _, name = text.partition("_")
        try:
            # A "+" typed into an address arrives as a space.
            at = datetime.fromisoformat(stamp.replace(" ", "+"))
            # An instant at the very end of the calendar exists in some time zones only.
            return cls(at.astimezone(UTC), UUID(name)) if at.tzinfo else None
        except (ValueError, OverflowError):
            return None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and the keys of the pages on either side (empty when there is none)."""

    rows: list[Row]
    before: str = ""
    after: str = ""


async def read_page(
    query: Select[Any],
    at: Column,
    key: Column,
    *,
    after: Key | None = None,
    before: Key | None = None,
    newest_first: bool = False,
    size: int = 50,
) -> Page:
    """
    Read one page.

    Args:
        query: A select that names both columns; its conditions stay in force.
        at: The instant to order by, never null in the rows matched.
        key: The primary key, which settles equal instants.
        after: Rows following this one; wins over `before`.
        before: Rows preceding this one.
        newest_first: The order, descending.
        size: How many rows.
    """
    table, at_name, key_name = at._meta.table._meta.tablename, at._meta.db_column_name, key._meta.db_column_name
    turned = before is not None and after is None
    descending = newest_first is not turned
    start = after or before
    if start is not None:
        query = query.where(
            WhereRaw(
                f'("{table}"."{at_name}", "{table}"."{key_name}") {"<" if descending else ">"} ({{}}, {{}})',
                start.at,
                start.id,
            )
        )
    # Both columns run the same way, so one index serves either direction.
    rows: list[Row] = await query.order_by(at, key, ascending=not descending).limit(size + 1)
    more = len(rows) > size
    rows = rows[:size]
    if turned:
        rows.reverse()
    if not rows:
        return Page([])

    def key_of(row: Row) -> str:
        return str(Key(row[at_name], row[key_name]))

    earlier = more if turned else after is not None
    later = True if turned else more
    return Page(rows, key_of(rows[0]) if earlier else "", key_of(rows[-1]) if later else "")
