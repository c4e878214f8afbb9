"""Take note of what a phone has made, and tell it what it has forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from inspections.wire import EARLIEST, LATEST
from server.database import transaction
from server.events import record
from server.roles import Identity
from server.store.queue import waiting_elsewhere
from server.tables import DeviceRecordTable, SubmissionTable

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Listed:
    """One submission as the phone lists it; `state` is the phone's own word."""

    submission_id: UUID
    created_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """
    What the server knows of a person's phones.

    Attributes:
        missing_on_device: What this phone told of before and no longer lists.
        never_arrived: Which of those the server does not hold complete.
        waiting_elsewhere: What their other phones told of and the server does not hold complete. One of them may be
            this very phone: whoever clears cookies too makes it another one.
    """

    missing_on_device: list[UUID]
    never_arrived: list[UUID]
    waiting_elsewhere: list[UUID]


async def report_device(device_id: UUID, listed: Sequence[Listed], *, owner: Identity, at: datetime) -> DeviceReport:
    """
    Compare a phone's list with what it listed before.

    A phone whose storage was wiped lists less than it did; nothing else makes a list shorter.

    Args:
        device_id: The phone's own id.
        listed: Everything this account ever finished on it, as far as it remembers.
        owner: Whose list it is; another account's submissions on the same phone are not touched or told.
        at: Now.
    """
    async with transaction():
        known = await DeviceRecordTable.select(
            DeviceRecordTable.submission_id, DeviceRecordTable.last_listed_at, DeviceRecordTable.state
        ).where((DeviceRecordTable.device_id == device_id) & (DeviceRecordTable.user == owner.user_id))
        states = {row["submission_id"]: row["state"] for row in known}
        for one in listed:
            if one.submission_id not in states:
                await _add(device_id, one, owner, at)
            elif states[one.submission_id] != one.state:
                await _update(one, owner, at)
    missing = sorted(set(states) - {one.submission_id for one in listed})
    return DeviceReport(missing, await _not_complete(missing), await waiting_elsewhere(owner.user_id, device_id))


async def _add(device_id: UUID, one: Listed, owner: Identity, at: datetime) -> None:
    inserted = await DeviceRecordTable.insert(
        DeviceRecordTable(
            submission_id=one.submission_id,
            device_id=device_id,
            user=owner.user_id,
            # The clock of a phone is a hint here, and no reason to refuse its whole list.
            created_at=max(EARLIEST, min(one.created_at, LATEST)),
            first_reported_at=at,
            last_listed_at=at,
            state=one.state,
        )
    ).on_conflict(target=DeviceRecordTable.submission_id, action="DO NOTHING")
    if inserted:
        await record(
            "device.listed",
            "submission",
            one.submission_id,
            actor=owner.user_id,
            before=None,
            after={"device_id": device_id, "state": one.state},
            at=at,
        )


async def _update(one: Listed, owner: Identity, at: datetime) -> None:
    await (
        DeviceRecordTable.update({DeviceRecordTable.state: one.state, DeviceRecordTable.last_listed_at: at})
        .where((DeviceRecordTable.submission_id == one.submission_id) & (DeviceRecordTable.user == owner.user_id))
        .run()
    )


async def _not_complete(submission_ids: list[UUID]) -> list[UUID]:
    complete: set[UUID] = set()
    for start in range(0, len(submission_ids), CHUNK):
        rows = await SubmissionTable.select(SubmissionTable.id).where(
            SubmissionTable.id.is_in(submission_ids[start : start + CHUNK]) & SubmissionTable.complete_at.is_not_null()
        )
        complete |= {row["id"] for row in rows}
    return [one for one in submission_ids if one not in complete]
