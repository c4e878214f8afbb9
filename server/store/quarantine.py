"""What could not be accepted, one at a time, and what people did about it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from server.store.keyset import Row
from server.store.queue import sent_from_within
from server.store.scope import within
from server.tables import EventTable, MendingTable, QuarantineTable, SubmissionTable


async def find_quarantined(quarantine_id: UUID, scope: Sequence[str]) -> Row | None:
    """Return one with the names of who sent and who decided it; None when its sender works outside the scope."""
    row: Row | None = (
        await QuarantineTable.select(
            *QuarantineTable.all_columns(),
            QuarantineTable.user.display_name,
            QuarantineTable.user.name,
            QuarantineTable.decided_by.display_name,
        )
        .where(QuarantineTable.id == quarantine_id, sent_from_within(QuarantineTable.user, scope))
        .first()
    )
    return row


async def newest_mending(quarantine_id: UUID) -> Row | None:
    """Return the mending that would be accepted, with `changes` decoded; None while nothing was mended."""
    row: Row | None = (
        await MendingTable.select(*MendingTable.all_columns(), MendingTable.mended_by.display_name)
        .where(MendingTable.quarantine == quarantine_id)
        .order_by(MendingTable.mended_at, MendingTable.id, ascending=False)
        .first()
    )
    if row is not None:
        row["changes"] = msgspec.json.decode(row["changes"])
    return row


async def find_stored(submission_id: UUID, scope: Sequence[str]) -> Row | None:
    """Return the submission that holds the same id, if the reader may see it."""
    row: Row | None = (
        await SubmissionTable.select(SubmissionTable.id, SubmissionTable.content_sha256, SubmissionTable.manifest)
        .where(SubmissionTable.id == submission_id, within(SubmissionTable.village_code, scope))
        .first()
    )
    return row


async def history_of(quarantine_id: UUID) -> list[dict[str, Any]]:
    """Return what was done about one the reader may see already, oldest first; `after` is decoded."""
    rows = (
        await EventTable.select(EventTable.at, EventTable.action, EventTable.after, EventTable.actor.display_name)
        .where(EventTable.subject_kind == "quarantine", EventTable.subject_id == str(quarantine_id))
        .order_by(EventTable.seq)
        .limit(200)
    )
    for row in rows:
        row["after"] = msgspec.json.decode(row["after"]) if row["after"] else {}
    return rows
