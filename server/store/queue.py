"""
The township's review queue and everything one submission is judged by.

Every function takes the reader's scope (region codes) and shows nothing outside it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
from piccolo.columns import Column
from piccolo.columns.combination import And, WhereRaw

from server.i18n import CHINA
from server.store.cells import cells_around
from server.store.keyset import Key, Page, Row, read_page
from server.store.scope import Condition, hidden_within, within
from server.tables import (
    DeviceRecordTable,
    EvaluationTable,
    EventTable,
    FoundPlotTable,
    PhotoTable,
    PlotTable,
    QuarantineTable,
    RegionTable,
    ReviewTable,
    RoleGrantTable,
    SubmissionTable,
)

PAGE = 25
COUNT_LIMIT = 99
DECIDED = ("approved", "returned", "refused")
OPEN = ("receiving", "awaiting_review")
# What a phone calls its own items while the server does not have them whole; word by word as the index has it.
WAITING_ON_PHONE = WhereRaw("state IN ('queued', 'sending', 'failed')")


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What to show of a queue; None means all."""

    village: str | None = None
    outcome: str | None = None
    inspector: UUID | None = None
    from_on: date | None = None
    to_on: date | None = None


def day_begins(on: date) -> datetime:
    """Return the first instant of a day in the county."""
    return datetime.combine(on, time.min, CHINA)


def between_days(column: Any, from_on: date | None, to_on: date | None) -> list[Condition]:
    """Match instants from the first day to the end of the last."""
    conditions: list[Condition] = []
    if from_on:
        conditions.append(column >= day_begins(from_on))
    if to_on:
        conditions.append(column < day_begins(to_on + timedelta(days=1)))
    return conditions


def in_regions(
    table: type[SubmissionTable] | type[PhotoTable], scope: Sequence[str], village: str | None
) -> list[Condition]:
    """
    Match the scope, in a form that lets one index find the rows and give their order as well.

    A single township or village is named outright, as the indexes (township, instant) and (village, instant) need it;
    whether it lies in the scope is decided here, as a second condition on the same rows would make PostgreSQL expect
    far fewer of them than there are. A row's township is the beginning of its village, always.
    """
    only = village or (scope[0] if len(scope) == 1 else "")
    if len(only) not in (9, 12):
        return [hidden_within(table.village_code, scope)]
    if not any(only.startswith(prefix) for prefix in scope):
        return [within(table.village_code, ())]
    # Submissions have an index by township; there a village is a filter on its township's rows.
    township = [table.township_code == only[:9]] if len(only) == 9 or table is SubmissionTable else []
    return [*township, *([table.village_code == only] if len(only) == 12 else [])]


async def read_queue(
    state: str, chosen: QueueFilter, scope: Sequence[str], *, after: Key | None = None, before: Key | None = None
) -> Page:
    """
    Read a page of complete submissions of one state.

    Those awaiting review stand in the order they were complete, oldest first; decided ones in the order they were
    decided, newest first; the days of the filter are of the same instant.

    Each row carries `village_name`, whether its plot was `found` in the field (计划外), and `evaluation` (with outcome,
    area_m2, amount_fen and data decoded) or None.
    """
    decided = state in DECIDED
    instant = SubmissionTable.decided_at if decided else SubmissionTable.complete_at
    query = SubmissionTable.select(
        SubmissionTable.id,
        SubmissionTable.complete_at,
        SubmissionTable.decided_at,
        SubmissionTable.village_code,
        SubmissionTable.evaluation_id,
        SubmissionTable.plot,
        SubmissionTable.plot.number,
        SubmissionTable.plot.declared_mu,
        SubmissionTable.plot.household.head_name,
        SubmissionTable.plot.household.group_name,
        SubmissionTable.inspector.display_name,
    ).where(
        SubmissionTable.state == state,
        instant.is_not_null(),
        *in_regions(SubmissionTable, scope, chosen.village),
        *between_days(instant, chosen.from_on, chosen.to_on),
    )
    if not decided:
        # Always true of what awaits review; it names the indexes that hold nothing else.
        query = query.where(SubmissionTable.decided_at.is_null())
    if chosen.inspector:
        query = query.where(SubmissionTable.inspector == chosen.inspector)
    if chosen.outcome:
        query = query.where(SubmissionTable.outcome == chosen.outcome)
    page = await read_page(
        query,
        instant,
        SubmissionTable.id,
        after=after,
        before=before,
        newest_first=decided,
        size=PAGE,
    )
    await _add_village_names(page.rows)
    await _add_found(page.rows)
    evaluations = await _evaluations(row["evaluation_id"] for row in page.rows)
    for row in page.rows:
        row["evaluation"] = evaluations.get(row["evaluation_id"])
    return page


async def read_incomplete(scope: Sequence[str], *, after: Key | None = None, before: Key | None = None) -> Page:
    """
    Read submissions whose photos have not all come, newest first.

    Each row says which kinds are `missing`, and whether its plot was `found` in the field.
    """
    query = SubmissionTable.select(
        SubmissionTable.id,
        SubmissionTable.plot,
        SubmissionTable.received_at,
        SubmissionTable.village_code,
        SubmissionTable.expected_photos,
        SubmissionTable.received_photos,
        SubmissionTable.manifest,
        SubmissionTable.plot.number,
        SubmissionTable.plot.household.head_name,
        SubmissionTable.plot.household.group_name,
        SubmissionTable.inspector.display_name,
    ).where(SubmissionTable.state == "receiving", *in_regions(SubmissionTable, scope, None))
    page = await read_page(
        query,
        SubmissionTable.received_at,
        SubmissionTable.id,
        after=after,
        before=before,
        newest_first=True,
        size=PAGE,
    )
    await _add_village_names(page.rows)
    await _add_found(page.rows)
    ids = [row["id"] for row in page.rows]
    held: dict[UUID, set[str]] = {}
    if ids:
        for photo in await PhotoTable.select(PhotoTable.submission, PhotoTable.sha256).where(
            PhotoTable.submission.is_in(ids), PhotoTable.lost_at.is_null(), within(PhotoTable.village_code, scope)
        ):
            held.setdefault(photo["submission"], set()).add(photo["sha256"])
    for row in page.rows:
        announced = msgspec.json.decode(row.pop("manifest"))["photos"]
        row["missing"] = [photo["kind"] for photo in announced if photo["sha256"] not in held.get(row["id"], set())]
    return page


async def read_quarantine(
    scope: Sequence[str], state: str = "open", *, after: Key | None = None, before: Key | None = None
) -> Page:
    """Read what could not be accepted from people who work in the scope, of one state, newest first."""
    query = QuarantineTable.select(
        QuarantineTable.id,
        QuarantineTable.received_at,
        QuarantineTable.submission_id,
        QuarantineTable.code,
        QuarantineTable.detail_zh,
        QuarantineTable.detail_en,
        QuarantineTable.user.display_name,
    ).where(QuarantineTable.state == state, sent_from_within(QuarantineTable.user, scope))
    return await read_page(
        query,
        QuarantineTable.received_at,
        QuarantineTable.id,
        after=after,
        before=before,
        newest_first=True,
        size=PAGE,
    )


async def read_not_arrived(scope: Sequence[str]) -> list[Row]:
    """
    Read a page of what phones told of and nobody received whole, the oldest first.

    A phone that was lost, or whose storage was wiped, tells of it no more: this list is what is left of its work.
    """
    return await (
        DeviceRecordTable.select(
            DeviceRecordTable.submission_id,
            DeviceRecordTable.created_at,
            DeviceRecordTable.last_listed_at,
            DeviceRecordTable.state,
            DeviceRecordTable.user.display_name,
        )
        .where(
            _not_arrived(),
            sent_from_within(DeviceRecordTable.user, scope),
        )
        .order_by(DeviceRecordTable.created_at, DeviceRecordTable.submission_id)
        .limit(PAGE)
    )


async def waiting_elsewhere(user_id: UUID, device_id: UUID) -> list[UUID]:
    """Read what a person's other phones told of and nobody received whole, a page at most."""
    rows = await (
        DeviceRecordTable.select(DeviceRecordTable.submission_id)
        .where(DeviceRecordTable.user == user_id, DeviceRecordTable.device_id != device_id, _not_arrived())
        .order_by(DeviceRecordTable.submission_id)
        .limit(PAGE)
    )
    return [row["submission_id"] for row in rows]


def _not_arrived() -> Condition:
    whole = SubmissionTable.select(SubmissionTable.id).where(
        SubmissionTable.id == DeviceRecordTable.submission_id, SubmissionTable.complete_at.is_not_null()
    )
    return And(WAITING_ON_PHONE, DeviceRecordTable.submission_id.not_in(whole))


def sent_from_within(sender: Column, scope: Sequence[str]) -> Condition:
    """Match what somebody who works in the scope sent: what could not be read has no region of its own."""
    senders = RoleGrantTable.select(RoleGrantTable.user)
    return sender.is_in(senders.where(RoleGrantTable.user == sender, _granted_within(scope)))


async def count_awaiting(scope: Sequence[str]) -> int:
    """Count what awaits review, no further than one more than `COUNT_LIMIT`."""
    rows = (
        await SubmissionTable.select(SubmissionTable.id)
        .where(SubmissionTable.state == "awaiting_review", *in_regions(SubmissionTable, scope, None))
        # The queue's own order makes the database walk its index, however few await review among the decided.
        .order_by(SubmissionTable.complete_at, SubmissionTable.id)
        .limit(COUNT_LIMIT + 1)
    )
    return len(rows)


async def villages(scope: Sequence[str]) -> list[tuple[str, list[Row]]]:
    """Return the villages of the scope, under the name of their township."""
    rows = await RegionTable.select().where(within(RegionTable.code, scope)).order_by(RegionTable.code)
    names = {row["code"]: row["name"] for row in rows}
    missing = sorted({row["code"][:9] for row in rows if len(row["code"]) == 12} - set(names))
    if missing:
        # A clerk of one village still reads which township it belongs to.
        names |= await _region_names(missing)
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if row["level"] == "village":
            groups.setdefault(row["code"][:9], []).append(row)
    return [(names.get(code, code), group) for code, group in groups.items()]


async def inspectors(scope: Sequence[str]) -> list[Row]:
    """Return the people who inspect in the scope, by name."""
    rows = await RoleGrantTable.select(RoleGrantTable.user.id, RoleGrantTable.user.display_name).where(
        RoleGrantTable.role == "inspector", _granted_within(scope)
    )
    people = {row["user.id"]: row["user.display_name"] for row in rows}
    return [{"id": key, "name": name} for key, name in sorted(people.items(), key=lambda item: item[1])]


async def find_submission(submission_id: UUID, scope: Sequence[str]) -> Row | None:
    """Return one submission with its plot, household, inspector and place names; None outside the scope."""
    row = (
        await SubmissionTable.select(
            *SubmissionTable.all_columns(),
            *SubmissionTable.plot.all_columns(),
            *SubmissionTable.plot.household.all_columns(),
            SubmissionTable.inspector.display_name,
        )
        .where(SubmissionTable.id == submission_id, within(SubmissionTable.village_code, scope))
        .first()
    )
    if row is None:
        return None
    found: Row = row
    names = await _region_names([found["village_code"], found["township_code"]])
    found["village_name"] = names.get(found["village_code"], found["village_code"])
    found["township_name"] = names.get(found["township_code"], found["township_code"])
    evaluations = await _evaluations([found["evaluation_id"]])
    found["evaluation"] = evaluations.get(found["evaluation_id"])
    return found


async def find_review(submission_id: UUID) -> Row | None:
    """Return the decision about a submission the reader may see already, with the name of who made it."""
    return (
        await ReviewTable.select(
            ReviewTable.decision, ReviewTable.reason, ReviewTable.decided_at, ReviewTable.reviewer.display_name
        )
        .where(ReviewTable.submission == submission_id)
        .first()
    )


async def photos_of(submission_id: UUID, scope: Sequence[str]) -> list[Row]:
    """Return the photos held of a submission, in the order they were taken."""
    return (
        await PhotoTable.select()
        .where(PhotoTable.submission == submission_id, within(PhotoTable.village_code, scope))
        .order_by(PhotoTable.taken_at, PhotoTable.id)
    )


async def plots_around(plot: Row, centre: tuple[float, float], scope: Sequence[str]) -> list[Row]:
    """Return the plots near a position whose outline is known, without the plot itself."""
    rows = (
        await PlotTable.select(
            PlotTable.id,
            PlotTable.number,
            PlotTable.boundary,
            PlotTable.declared_mu,
            PlotTable.centre_lon,
            PlotTable.centre_lat,
            PlotTable.household,
            PlotTable.household.head_name,
            PlotTable.household.group_name,
        )
        .where(
            PlotTable.cell.is_in(cells_around(*centre)),
            PlotTable.boundary.is_not_null(),
            PlotTable.id != plot["plot"],
            within(PlotTable.village_code, scope),
        )
        .limit(400)
    )
    for row in rows:
        row["boundary"] = msgspec.json.decode(row["boundary"])

    def distance(row: Row) -> float:
        return float((row["centre_lon"] - centre[0]) ** 2 + (row["centre_lat"] - centre[1]) ** 2)

    return sorted(rows, key=distance)[:40]


async def history_of(submission_id: UUID) -> list[Row]:
    """Return the events of a submission the reader may see already, oldest first; `after` is decoded."""
    rows = (
        await EventTable.select(EventTable.at, EventTable.action, EventTable.after, EventTable.actor.display_name)
        .where(EventTable.subject_kind == "submission", EventTable.subject_id == str(submission_id))
        .order_by(EventTable.seq)
        .limit(200)
    )
    for row in rows:
        row["after"] = msgspec.json.decode(row["after"]) if row["after"] else {}
    return rows


def _granted_within(scope: Sequence[str]) -> Condition:
    return within(RoleGrantTable.region, scope)


async def _region_names(codes: Iterable[str]) -> dict[str, str]:
    wanted = sorted(set(codes))
    if not wanted:
        return {}
    rows = await RegionTable.select(RegionTable.code, RegionTable.name).where(RegionTable.code.is_in(wanted))
    return {row["code"]: row["name"] for row in rows}


async def _add_village_names(rows: list[Row]) -> None:
    names = await _region_names(row["village_code"] for row in rows)
    for row in rows:
        row["village_name"] = names.get(row["village_code"], row["village_code"])


async def _add_found(rows: list[Row]) -> None:
    plots = {row["plot"] for row in rows}
    unplanned: set[UUID] = set()
    if plots:
        found = await FoundPlotTable.select(FoundPlotTable.plot).where(FoundPlotTable.plot.is_in(list(plots)))
        unplanned = {row["plot"] for row in found}
    for row in rows:
        row["found"] = row["plot"] in unplanned


async def _evaluations(ids: Iterable[UUID | None]) -> dict[UUID, Row]:
    wanted = [key for key in ids if key is not None]
    if not wanted:
        return {}
    rows = await EvaluationTable.select().where(EvaluationTable.id.is_in(wanted))
    for row in rows:
        # Read loosely: an evaluation of years ago is shown as it was written, whatever the rules write today.
        row["data"] = msgspec.json.decode(row["data"])
    return {row["id"]: row for row in rows}
