"""
Take in a submission's manifest: once, whatever happens on the way.

The counter's row is locked before anything is looked up, so that of two requests with the same id one waits for the
other; the primary key stands behind it. What cannot be accepted goes to quarantine with its reason, and what collides
with other bytes under the same id goes there too: an authenticated submission is never dropped.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from inspections.errors import InspectionError
from inspections.plots import Household, Plot
from inspections.submissions import Manifest, check_manifest, content_digest, read_manifest
from server.database import in_one_transaction, transaction
from server.errors import SubmissionConflict
from server.events import event_row, record
from server.failpoints import fail_at, fail_here
from server.grouping import in_groups
from server.roles import Identity, Role
from server.statements import Row, ask, insert
from server.store.intake import (
    KNOWN_COLUMNS,
    Known,
    Stored,
    find_all_known,
    find_known,
    find_target,
    known_of,
    remember_announced,
)
from server.store.programmes import policies_of
from server.tables import EventTable, QuarantineTable, SubmissionTable

# In one order in every process, so that no two wait for each other.
_WAITING_TASKS = "SELECT id, state FROM task WHERE id IN ({*}) AND state IN ('open', 'returned') ORDER BY id"

_MARK_TASK = """
UPDATE task SET state = 'submitted', return_reason = NULL, todo = NULL, updated_at = {} WHERE id = {}
"""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """The bytes are kept aside: a person at the desk will look, or has looked and `rejected` them for good."""

    quarantine_id: UUID
    code: str
    message_zh: str
    message_en: str
    rejected: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """A manifest that was read and checked, with all its row will say."""

    submission_id: UUID
    manifest: Manifest
    body: bytes
    digest: str
    village_code: str
    inspector_id: UUID
    at: datetime


async def receive_submission(
    submission_id: UUID, body: bytes, *, inspector: Identity, at: datetime
) -> Stored | Quarantined:
    """
    Store a manifest, or keep it in quarantine with its reason.

    Args:
        submission_id: The id in the address, made on the device.
        body: The bytes as received; their SHA-256 is the submission's digest.
        inspector: Who sends.
        at: Now.

    Raises:
        SubmissionConflict: The id is taken by other bytes; these were put in quarantine.
    """
    digest = content_digest(body)
    known = await find_known(submission_id)
    # A stranger's submission is not shown, not even by a conflict.
    if known and not inspector.may_send(known.village_code, known.inspector_id):
        known = None
    # A repetition is answered without reading the manifest again.
    if known and digest in (known.content_sha256, known.mended_from):
        return Stored(known, created=False)
    try:
        arrival = await read_arrival(submission_id, body, inspector=inspector, at=at)
    except InspectionError as error:
        if known:
            raise await _conflict(submission_id, body, digest, inspector, at) from error
        return await _quarantine(submission_id, body, digest, inspector, error, at)
    stored = await _store(arrival)
    if stored.submission.content_sha256 != digest:
        raise await _conflict(submission_id, body, digest, inspector, at)
    remember_announced(digest, arrival.manifest)
    return stored


async def read_arrival(submission_id: UUID, body: bytes, *, inspector: Identity, at: datetime) -> Arrival:
    """
    Read a manifest and compare it with what the server knows.

    Args:
        submission_id: The id it came under.
        body: Its bytes.
        inspector: Whose it is.
        at: Now.

    Raises:
        InspectionError: It cannot be accepted, for this reason.
    """
    manifest = read_manifest(body)
    village_code = await _check(manifest, submission_id, inspector)
    return Arrival(submission_id, manifest, body, content_digest(body), village_code, inspector.user_id, at)


async def take_in(arrival: Arrival) -> Stored:
    """Store one manifest in the transaction that is open; nothing changes when its id is taken."""
    return (await _write([arrival]))[0]


async def _check(manifest: Manifest, submission_id: UUID, inspector: Identity) -> str:
    """Compare with what the server knows; return the village."""
    row = await find_target(manifest.plot_id, manifest.task_id)
    programme_code = row["programme"] if row else manifest.programme_code
    check_manifest(
        manifest,
        submission_id=submission_id,
        programme_code=programme_code,
        policies=await policies_of(programme_code),
        plot=_plot(row) if row else None,
        household=_household(row) if row else None,
        task_plot_id=row["task_plot"] if row else None,
        region_codes=inspector.scope(Role.INSPECTOR),
    )
    assert row is not None  # A plot that is not there was refused above.
    village_code: str = row["village_code"]
    return village_code


def _plot(row: dict[str, Any]) -> Plot:
    """The plot without its outline, which the checks at the door do not look at."""
    return Plot(
        id=row["plot"],
        household_id=row["household_id"],
        number=str(row["number"]),
        land_type=row["land_type"],
        declared_mu=row["declared_mu"],
        boundary=None,
    )


def _household(row: dict[str, Any]) -> Household:
    return Household(
        id=row["household_id"],
        code=row["code"],
        head_name=row["head_name"],
        group_name=row["group_name"],
        village_code=row["village"],
        person_count=row["person_count"],
    )


async def _commit(arrivals: list[Arrival]) -> list[Stored]:
    """Store several manifests in one transaction."""
    stored = await in_one_transaction(lambda: _write(arrivals))
    await fail_here("manifest.committed")
    return stored


async def _write(arrivals: list[Arrival]) -> list[Stored]:
    fail_at("manifest.begin")
    # Held until the commit: receipt numbers have no gaps, and no other process inserts in between.
    taken = await ask("UPDATE counter SET value = value + {} WHERE name = 'receipt' RETURNING value", len(arrivals))
    known = await find_all_known({arrival.submission_id for arrival in arrivals})
    fresh: dict[UUID, Arrival] = {}
    for arrival in arrivals:
        if arrival.submission_id not in known:
            fresh.setdefault(arrival.submission_id, arrival)
    if unused := len(arrivals) - len(fresh):
        await ask("UPDATE counter SET value = value - {} WHERE name = 'receipt'", unused)
    if fresh:
        known |= await _insert(list(fresh.values()), taken[0]["value"] - len(arrivals))
    fail_at("manifest.written")
    return [
        Stored(known[arrival.submission_id], created=fresh.get(arrival.submission_id) is arrival)
        for arrival in arrivals
    ]


_store = in_groups(_commit)


async def _insert(arrivals: list[Arrival], number: int) -> dict[UUID, Known]:
    """Insert submissions, the receipt numbers going on from `number`."""
    numbers = {arrival.submission_id: number + k for k, arrival in enumerate(arrivals, start=1)}
    rows = [_row(arrival, numbers[arrival.submission_id]) for arrival in arrivals]
    inserted = await insert(SubmissionTable, rows, f"RETURNING {KNOWN_COLUMNS}")
    events = [
        event_row(
            "submission.received",
            "submission",
            arrival.submission_id,
            actor=arrival.inspector_id,
            before=None,
            after={
                "content_sha256": arrival.digest,
                "plot": arrival.manifest.plot_id,
                "photos": len(arrival.manifest.photos),
                "receipt_no": numbers[arrival.submission_id],
            },
            at=arrival.at,
            job="evaluate",
        )
        for arrival in arrivals
    ]
    await insert(EventTable, [*events, *await _mark_tasks(arrivals)])
    return {row["id"]: known_of(row) for row in inserted}


def _row(arrival: Arrival, receipt_no: int) -> Row:
    manifest = arrival.manifest
    complete = not manifest.photos
    return {
        "id": arrival.submission_id,
        "task": manifest.task_id,
        "plot": manifest.plot_id,
        "inspector": arrival.inspector_id,
        "township_code": arrival.village_code[:9],
        "village_code": arrival.village_code,
        "policy_version": manifest.policy_version,
        "content_sha256": arrival.digest,
        "manifest": arrival.body,
        "expected_photos": len(manifest.photos),
        "received_photos": 0,
        "receipt_no": receipt_no,
        "state": "awaiting_review" if complete else "receiving",
        "finished_at": manifest.finished_at,
        "received_at": arrival.at,
        "complete_at": arrival.at if complete else None,
        "evaluation_id": None,
    }


async def _mark_tasks(arrivals: list[Arrival]) -> list[Row]:
    """Take the tasks off the inspectors' lists; return the events that say so."""
    by_task = {arrival.manifest.task_id: arrival for arrival in arrivals}
    events = []
    for task in await ask(_WAITING_TASKS, list(by_task)):
        arrival = by_task[task["id"]]
        await ask(_MARK_TASK, arrival.at, task["id"])
        before, after = {"state": task["state"]}, {"state": "submitted"}
        who, at = arrival.inspector_id, arrival.at
        events.append(event_row("task.submitted", "task", task["id"], actor=who, before=before, after=after, at=at))
    return events


async def _conflict(
    submission_id: UUID, body: bytes, digest: str, inspector: Identity, at: datetime
) -> SubmissionConflict:
    conflict = SubmissionConflict(
        "该上报编号下已有另一份内容。这一份已放入隔离区，等待人工核对。",
        "This submission id holds other content already. What came now was kept in quarantine for a person to look at.",
    )
    await _quarantine(submission_id, body, digest, inspector, conflict, at)
    return conflict


async def _quarantine(
    submission_id: UUID,
    body: bytes,
    digest: str,
    inspector: Identity,
    reason: InspectionError | SubmissionConflict,
    at: datetime,
) -> Quarantined:
    async with transaction():
        inserted = await QuarantineTable.insert(
            QuarantineTable(
                id=uuid4(),
                submission_id=submission_id,
                user=inspector.user_id,
                content_sha256=digest,
                body=body,
                code=reason.code,
                detail_zh=_storable(reason.message_zh),
                detail_en=_storable(reason.message_en),
                received_at=at,
            )
        ).on_conflict(target=(QuarantineTable.submission_id, QuarantineTable.content_sha256), action="DO NOTHING")
        if inserted:
            await record(
                "submission.quarantined",
                "submission",
                submission_id,
                actor=inspector.user_id,
                before=None,
                after={"content_sha256": digest, "code": reason.code},
                at=at,
            )
        row = (
            await QuarantineTable.select(QuarantineTable.id, QuarantineTable.state, QuarantineTable.reason)
            .where((QuarantineTable.submission_id == submission_id) & (QuarantineTable.content_sha256 == digest))
            .first()
        )
    assert row is not None
    if row["state"] == "rejected":
        zh, en = f"乡镇没有接收：{row['reason']}", f"The township did not take it in: {row['reason']}"
        return Quarantined(row["id"], reason.code, zh, en, rejected=True)
    return Quarantined(row["id"], reason.code, reason.message_zh, reason.message_en)


def _storable(sentence: str) -> str:
    """A sentence may quote what was sent, and PostgreSQL's text holds no NUL."""
    return sentence.replace("\x00", "\N{SYMBOL FOR NULL}")
