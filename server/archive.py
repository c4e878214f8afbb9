"""
Photo look-up (影像档案): queries straight to what a page shows.

Every question is one index range: within a village, a township, a household or a plot, newest first. Nothing is
counted, and a page costs the same however large the archive grows.
"""

import csv
import io
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from piccolo.columns import Varchar
from piccolo.columns.combination import And, WhereRaw

from geo.distance import distance_from_land_m
from geo.errors import GeometryError
from server.database import is_postgres
from server.i18n import format_seconds, in_china
from server.store.keyset import Key, Page, Row, read_page
from server.store.queue import between_days, in_regions
from server.store.scope import Condition, hidden_within, within
from server.tables import HouseholdTable, PhotoTable, RegionTable, SubmissionTable

PAGE = 48
EXPORT_PAGE = 500
HOUSEHOLDS = 50
# A cell that begins with one of these is run as a formula by spreadsheet programs.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class PhotoFilter:
    """What to show of the archive; None means all."""

    village: str | None = None
    households: tuple[UUID, ...] | None = None
    plot: UUID | None = None
    plot_number: int | None = None
    kind: str | None = None
    from_on: date | None = None
    to_on: date | None = None


async def find_photos(
    chosen: PhotoFilter, scope: Sequence[str], *, after: Key | None = None, before: Key | None = None, size: int = PAGE
) -> Page:
    """Read a page of photos, newest first, each with its household's name and its plot's number."""
    if chosen.households == ():
        return Page([])
    query = PhotoTable.select(
        PhotoTable.id,
        PhotoTable.sha256,
        PhotoTable.kind,
        PhotoTable.source,
        PhotoTable.taken_at,
        PhotoTable.clock_offset_ms,
        PhotoTable.lon,
        PhotoTable.lat,
        PhotoTable.accuracy_m,
        PhotoTable.size_bytes,
        PhotoTable.village_code,
        PhotoTable.problem,
        PhotoTable.received_at,
        PhotoTable.submission,
        PhotoTable.household.head_name,
        PhotoTable.household.group_name,
        PhotoTable.household.code,
        PhotoTable.plot.number,
    ).where(
        *in_regions(PhotoTable, scope, chosen.village),
        *between_days(PhotoTable.taken_at, chosen.from_on, chosen.to_on),
    )
    if chosen.households:
        query = query.where(PhotoTable.household.is_in(list(chosen.households)))
    if chosen.plot:
        query = query.where(PhotoTable.plot == chosen.plot)
    if chosen.plot_number is not None:
        query = query.where(PhotoTable.plot.number == chosen.plot_number)
    if chosen.kind:
        query = query.where(PhotoTable.kind == chosen.kind)
    page = await read_page(
        query, PhotoTable.taken_at, PhotoTable.id, after=after, before=before, newest_first=True, size=size
    )
    names = await _village_names({row["village_code"] for row in page.rows})
    for row in page.rows:
        row["village_name"] = names.get(row["village_code"], row["village_code"])
    return page


async def find_households(text: str, scope: Sequence[str], village: str | None) -> list[Row]:
    """
    Return households whose name or code begins with a text, one more than `HOUSEHOLDS` at most.

    Args:
        text: As typed.
        scope: Region codes the reader sees.
        village: Only there, if given.
    """
    found: dict[UUID, Row] = {}
    # One question for each column, as each has its index; together they would be answered by neither.
    for column in (HouseholdTable.head_name, HouseholdTable.code):
        query = HouseholdTable.select(HouseholdTable.id, HouseholdTable.head_name)
        query = query.where(begins_with(column, text), village_within(scope, village))
        for row in await query.limit(HOUSEHOLDS + 1):
            found[row["id"]] = row
    return list(found.values())[: HOUSEHOLDS + 1]


def begins_with(column: Varchar, text: str) -> Condition:
    """Match a text's beginning as a range of bytes, which an index answers whatever the database's collation is."""
    collation = '"C"' if is_postgres() else "BINARY"
    name = f'"{column._meta.table._meta.tablename}"."{column._meta.db_column_name}" COLLATE {collation}'
    # No text stands after the last sign of Unicode.
    return WhereRaw(f"({name} >= {{}} AND {name} <= {{}})", text, text + chr(sys.maxunicode))


def village_within(scope: Sequence[str], village: str | None) -> Condition:
    """Match the households of a village, or of a scope without offering the index on villages to the database."""
    if village:
        return And(HouseholdTable.village == village, within(HouseholdTable.village, scope))
    return hidden_within(HouseholdTable.village, scope)


async def find_photo(photo_id: UUID, scope: Sequence[str]) -> Row | None:
    """Return one photo with everything the page tells; None outside the scope."""
    row: Row | None = (
        await PhotoTable.select(
            *PhotoTable.all_columns(),
            *PhotoTable.household.all_columns(),
            *PhotoTable.plot.all_columns(),
            PhotoTable.submission.inspector.display_name,
            PhotoTable.submission.state,
            PhotoTable.submission.receipt_no,
        )
        .where(PhotoTable.id == photo_id, within(PhotoTable.village_code, scope))
        .first()
    )
    if row is None:
        return None
    names = await _village_names({row["village_code"], row["township_code"]})
    row["village_name"] = names.get(row["village_code"], row["village_code"])
    row["township_name"] = names.get(row["township_code"], row["township_code"])
    row["distance_m"] = _distance_to_plot(row)
    return row


async def find_neighbours(photo: Row, scope: Sequence[str]) -> list[Row]:
    """Return the other photos of the same submission, in the order they were taken."""
    return (
        await PhotoTable.select(PhotoTable.id, PhotoTable.kind, PhotoTable.taken_at)
        .where(PhotoTable.submission == photo["submission"], within(PhotoTable.village_code, scope))
        .order_by(PhotoTable.taken_at, PhotoTable.id)
    )


async def find_plot_name(plot_id: UUID | None, household_id: UUID | None, scope: Sequence[str]) -> Row | None:
    """Return household and plot an address names by id, for the heading; None outside the scope."""
    columns = [PhotoTable.household.head_name, PhotoTable.household.group_name, PhotoTable.plot.number]
    query = PhotoTable.select(*columns).where(within(PhotoTable.village_code, scope))
    if plot_id:
        query = query.where(PhotoTable.plot == plot_id)
    if household_id:
        query = query.where(PhotoTable.household == household_id)
    return await query.first()


async def submission_exists(submission_id: UUID, scope: Sequence[str]) -> bool:
    """Whether the reader may open the submission."""
    return await SubmissionTable.exists().where(
        (SubmissionTable.id == submission_id) & within(SubmissionTable.village_code, scope)
    )


def file_name(photo: Row) -> str:
    """Make the name a downloaded original gets: where from, what, when, and the beginning of its hash."""
    suffix = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}.get(photo["media_type"], "bin")
    household = "".join(sign for sign in photo["household.code"] if sign.isascii() and (sign.isalnum() or sign == "-"))
    taken = in_china(photo["taken_at"]).strftime("%Y%m%d-%H%M%S")
    return f"{household}-{photo['plot.number']}-{photo['kind']}-{taken}-{photo['sha256'][:8]}.{suffix}"


def safe_cell(value: Any) -> str:
    """
    Write a value so that no spreadsheet program takes it for a formula.

    >>> safe_cell("=1+1"), safe_cell("李某"), safe_cell(None), safe_cell(-3.5)
    ("'=1+1", '李某', '', '-3.5')
    """
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


async def export(
    chosen: PhotoFilter, scope: Sequence[str], *, header: Sequence[str], kinds: dict[str, str]
) -> AsyncIterator[bytes]:
    """
    Write the photos found as CSV, a few hundred rows at a time.

    Args:
        chosen: The search.
        scope: Region codes the reader sees.
        header: Names of the twelve columns, in the reader's language.
        kinds: Names of the photo kinds.
    """
    # Without the mark, Excel takes Chinese UTF-8 for the local code page.
    yield b"\xef\xbb\xbf" + _csv_line(header)
    after: Key | None = None
    while True:
        page = await find_photos(chosen, scope, after=after, size=EXPORT_PAGE)
        for row in page.rows:
            yield _csv_line(
                [
                    format_seconds(row["taken_at"]),
                    row["village_name"],
                    row["household.group_name"],
                    row["household.head_name"],
                    row["household.code"],
                    row["plot.number"],
                    kinds.get(row["kind"], row["kind"]),
                    row["lon"],
                    row["lat"],
                    row["accuracy_m"],
                    row["size_bytes"],
                    row["sha256"],
                ]
            )
        after = Key.parse(page.after)
        if after is None:
            return


def _csv_line(values: Sequence[Any]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow([safe_cell(value) for value in values])
    return line.getvalue().encode()


async def _village_names(codes: set[str]) -> dict[str, str]:
    if not codes:
        return {}
    rows = await RegionTable.select(RegionTable.code, RegionTable.name).where(RegionTable.code.is_in(sorted(codes)))
    return {row["code"]: row["name"] for row in rows}


def _distance_to_plot(photo: Row) -> float | None:
    """Metres from where the photo was taken to the plot's known outline, 0 inside it; None when either is unknown."""
    if photo["lon"] is None or not photo["plot.boundary"]:
        return None
    try:
        return distance_from_land_m(photo["lon"], photo["lat"], msgspec.json.decode(photo["plot.boundary"]))
    except GeometryError:
        return None
