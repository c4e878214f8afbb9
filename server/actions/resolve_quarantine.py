"""Decide about what could not be accepted: mend its references, accept it, or reject it. Nothing is ever deleted."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec

from inspections.errors import InspectionError
from inspections.mending import Change, differences, may_be_mended
from inspections.submissions import content_digest
from server.actions.receive_submission import Arrival, read_arrival, take_in
from server.database import is_postgres, transaction
from server.errors import QuarantineRefused, SubmissionConflict, SubmissionNotFound
from server.events import record
from server.roles import Identity, Role
from server.store.intake import find_known
from server.store.people import find_person
from server.store.quarantine import find_quarantined, newest_mending
from server.tables import MendingTable, QuarantineTable

RESOLVERS = (Role.REVIEWER, Role.APPROVER, Role.ADMIN)


async def mend_quarantined(quarantine_id: UUID, text: str, *, by: Identity, at: datetime) -> list[Change]:
    """
    Keep a mended manifest beside the bytes received.

    Args:
        quarantine_id: What is mended.
        text: The whole manifest as JSON, with its references put right.
        by: Who mends.
        at: Now.

    Returns:
        What differs from the bytes received.

    Raises:
        SubmissionNotFound: No such content in the regions of `by`.
        QuarantineRefused: Decided already, sent by the same person, no JSON, nothing changed, or evidence changed.
    """
    async with transaction():
        row = await _open(quarantine_id, by)
        changes = _changes(bytes(row["body"]), text)
        body = msgspec.json.encode(msgspec.json.decode(text))
        digest = content_digest(body)
        known = await newest_mending(quarantine_id)
        if known and known["content_sha256"] == digest:
            return changes
        mended = [asdict(change) for change in changes]
        await MendingTable.insert(
            MendingTable(
                id=uuid4(),
                quarantine=quarantine_id,
                content_sha256=digest,
                body=body,
                changes=msgspec.json.encode(mended).decode(),
                mended_by=by.user_id,
                mended_at=at,
            )
        ).run()
        await record(
            "quarantine.mended",
            "quarantine",
            quarantine_id,
            actor=by.user_id,
            before={"content_sha256": (known or row)["content_sha256"]},
            after={"content_sha256": digest, "changes": mended},
            at=at,
        )
    return changes


async def why_not_acceptable(row: dict[str, Any]) -> InspectionError | SubmissionConflict | None:
    """
    Say what still stands against a quarantined row, as it is mended now; None when it could be accepted.

    Args:
        row: As `find_quarantined` returns it.
    """
    try:
        await _arrival(row, row["received_at"])
    except (InspectionError, SubmissionConflict) as error:
        return error
    return None


async def _arrival(row: dict[str, Any], at: datetime) -> Arrival:
    """Read the content as it is mended now; raise what stands against it."""
    person = await find_person(row["user"])
    assert person is not None  # The row refers to it.
    content = await newest_mending(row["id"]) or row
    known = await find_known(row["submission_id"])
    if known is not None and known.content_sha256 != content["content_sha256"]:
        raise _taken()
    return await read_arrival(row["submission_id"], bytes(content["body"]), inspector=person.identity, at=at)


def _taken() -> SubmissionConflict:
    return SubmissionConflict(
        "该上报编号下已有另一份内容，两份不能都接收。", "This submission id holds other content; both cannot stand."
    )


async def accept_quarantined(quarantine_id: UUID, *, by: Identity, at: datetime) -> UUID:
    """
    Take the content in as if its sender had sent it now; the credit stays with the sender.

    Returns:
        The submission's id.

    Raises:
        SubmissionNotFound: No such content in the regions of `by`.
        QuarantineRefused: Decided already, or sent by the same person.
        InspectionError: It still cannot be accepted, for this reason.
        SubmissionConflict: The id holds other content.
    """
    async with transaction():
        row = await _open(quarantine_id, by)
        arrival = await _arrival(row, at)
        stored = await take_in(arrival)
        # The phone may have sent other content since the look: the counter's row was not held before.
        if stored.submission.content_sha256 != arrival.digest:
            raise _taken()
        content = {"content_sha256": arrival.digest}
        await _close(quarantine_id, "accepted", "", by, at, {"submission": arrival.submission_id, **content})
        await record(
            "submission.taken_from_quarantine",
            "submission",
            arrival.submission_id,
            actor=by.user_id,
            before=None,
            after={"quarantine": quarantine_id, "received_sha256": row["content_sha256"], **content},
            at=at,
        )
    return arrival.submission_id


async def reject_quarantined(quarantine_id: UUID, reason: str, *, by: Identity, at: datetime) -> None:
    """
    Say that the content is not taken in, and why; its bytes stay.

    Raises:
        SubmissionNotFound: No such content in the regions of `by`.
        QuarantineRefused: Decided already, sent by the same person, or no reason given.
    """
    if not reason.strip():
        raise QuarantineRefused("请说明不予接收的理由。", "Say why it is not taken in.")
    async with transaction():
        await _open(quarantine_id, by)
        await _close(quarantine_id, "rejected", reason.strip(), by, at, {"reason": reason.strip()})


async def _open(quarantine_id: UUID, by: Identity) -> dict[str, Any]:
    """Read a row nobody has decided yet; hold it, so that of two people one waits and then finds it decided."""
    if is_postgres():
        await QuarantineTable.select(QuarantineTable.id).where(QuarantineTable.id == quarantine_id).lock_rows("UPDATE")
    row = await find_quarantined(quarantine_id, by.scope(*RESOLVERS))
    if row is None:
        raise SubmissionNotFound("没有这份隔离内容。", "There is no such content in quarantine.")
    if row["state"] != "open":
        raise QuarantineRefused("这份内容已经处理过了。", "This was decided already.")
    if row["user"] == by.user_id:
        raise QuarantineRefused(
            "不能处理自己发送的内容，请由另一人处理。",
            "Nobody decides about what they sent themselves; ask a colleague.",
        )
    return row


async def _close(
    quarantine_id: UUID, state: str, reason: str, by: Identity, at: datetime, facts: dict[str, Any]
) -> None:
    await (
        QuarantineTable.update(
            {
                QuarantineTable.state: state,
                QuarantineTable.decided_by: by.user_id,
                QuarantineTable.decided_at: at,
                QuarantineTable.reason: reason,
            }
        )
        .where(QuarantineTable.id == quarantine_id)
        .run()
    )
    await record(
        f"quarantine.{state}",
        "quarantine",
        quarantine_id,
        actor=by.user_id,
        before={"state": "open"},
        after={"state": state, **facts},
        at=at,
    )


def _changes(received: bytes, text: str) -> list[Change]:
    try:
        before, after = msgspec.json.decode(received), msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise QuarantineRefused(f"不是有效的 JSON：{error}", f"This is not JSON: {error}") from error
    changes = list(differences(before, after))
    if not changes:
        raise QuarantineRefused("没有任何改动。", "Nothing was changed.")
    refused = [change.path for change in changes if not may_be_mended(change)]
    if refused:
        named = "、".join(refused[:5]), ", ".join(refused[:5])
        raise QuarantineRefused(
            f"测量值、株数和照片不能在审核台改动：{named[0]}",
            f"What was measured, counted and photographed is not changed at a desk: {named[1]}",
        )
    return changes
