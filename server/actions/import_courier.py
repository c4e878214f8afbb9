"""Take in a courier file: each item by the same way as if its phone had sent it, credited to the account it names."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from inspections.submissions import content_digest
from server.actions.import_notes import ImportedNote, import_note
from server.actions.note_attempt import Attempt
from server.actions.receive_photo import receive_photo
from server.actions.receive_submission import Quarantined, receive_submission
from server.courier import (
    CHUNK_BYTES,
    AttemptEntry,
    CourierReader,
    End,
    Entry,
    FoundEntry,
    ManifestEntry,
    PhotoEntry,
    Sender,
    is_proven,
    open_courier,
)
from server.database import transaction
from server.errors import (
    BodyTooLarge,
    CourierRefused,
    PhotoDigestMismatch,
    PhotoNotInManifest,
    SenderUnproven,
    SubmissionConflict,
    SubmissionNotFound,
)
from server.events import record
from server.keys import KeyPair
from server.roles import Identity, Role
from server.storage import PhotoStore
from server.store.people import find_person, works_within
from server.tables import SessionTable

CARRIERS = (Role.REVIEWER, Role.INSPECTOR, Role.ADMIN)
CONFIRMERS = (Role.REVIEWER, Role.ADMIN)
MAX_MANIFEST_BYTES = 256 * 1024


@dataclass(slots=True)
class Imported:
    """
    What became of one submission of the file.

    Attributes:
        submission_id: Which.
        result: `stored`, `known`, `quarantined`, `conflict` or `damaged`.
        why_zh: The reason when it was not taken in.
        why_en: The same in English.
        photos: How many photos were `stored`, `known`, `damaged` or `refused`.
    """

    submission_id: UUID
    result: str
    why_zh: str = ""
    why_en: str = ""
    photos: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Report:
    """What became of a whole file; `whole` is False when it broke off."""

    sender: Identity
    created_at: datetime
    proven: bool
    items: list[Imported]
    notes: list[ImportedNote] = field(default_factory=list)
    left_out: int = 0
    whole: bool = False


async def import_courier(
    file: BinaryIO, *, key: KeyPair, photos: PhotoStore, by: Identity, confirmed: bool, at: datetime
) -> Report:
    """
    Read a file and take in what it holds; what was taken in before is known, so a file may be imported twice.

    Args:
        file: At its beginning, seekable.
        key: The installation's courier key.
        photos: The store.
        by: Who brings the file.
        confirmed: Whether that person vouches for the sender where the file itself does not prove it.
        at: Now.

    Raises:
        CourierRefused: No courier file, for another server, or of an account that may not send or works elsewhere.
        SenderUnproven: Nothing proves the sender, and nobody entitled vouches for them.
    """
    reader = await asyncio.to_thread(open_courier, file, key)
    sender = await _sender(reader, by)
    first = await asyncio.to_thread(reader.next_entry)
    proven = isinstance(first, Sender) and await _is_proven(first.proof, reader)
    if not proven and not (confirmed and by.holds(*CONFIRMERS) and by.user_id != sender.user_id):
        raise SenderUnproven(
            "这个文件不能自行证明发送人（手机可能已退出登录）。请由乡镇审核员或管理员核实发送人后勾选确认再导入。",
            "The file does not prove its sender; the phone may have signed out since. A reviewer or an administrator "
            "must make sure of the sender, tick the box and import it again.",
        )
    report = Report(sender, reader.header.created_at, proven, [])
    seen: dict[UUID, Imported] = {}
    entry: Entry | None = first if not isinstance(first, Sender) else await asyncio.to_thread(reader.next_entry)
    try:
        while entry is not None:
            if isinstance(entry, ManifestEntry):
                seen[entry.submission_id] = await _manifest(reader, entry, sender, by, at)
            elif isinstance(entry, PhotoEntry):
                item = seen.setdefault(entry.submission_id, Imported(entry.submission_id, "known"))
                result = await _photo(reader, entry, photos, sender, at)
                item.photos[result] = item.photos.get(result, 0) + 1
            elif isinstance(entry, AttemptEntry | FoundEntry):
                report.notes.append(note := await import_note(reader, entry, sender=sender, at=at))
                if note.result == "stored":
                    plot_id = note.content.plot_id if isinstance(note.content, Attempt) else entry.id
                    await _credit("plot", plot_id, reader, by, at)
            elif isinstance(entry, End):
                report.whole, report.left_out = True, len(entry.left_out)
                break
            entry = await asyncio.to_thread(reader.next_entry)
    except CourierRefused:
        # What came before the damaged place is in; the phone keeps everything until it has a receipt itself.
        report.whole = False
    report.items = list(seen.values())
    await _record(report, reader, by, at)
    return report


async def _sender(reader: CourierReader, by: Identity) -> Identity:
    header = reader.header
    person = await find_person(header.account_id)
    if person is None or not person.active or not person.identity.holds(Role.INSPECTOR):
        raise CourierRefused(
            f"文件所属账号 {header.account_name} 不存在、已停用或不是验收员。",
            f"The file's account {header.account_name} does not exist, is switched off or is no inspector.",
        )
    if not await works_within(header.account_id, by.scope(*CARRIERS)):
        raise CourierRefused(
            f"账号 {header.account_name} 不在您的管辖范围内。",
            f"The account {header.account_name} works outside your region.",
        )
    return person.identity


async def _is_proven(proof: str, reader: CourierReader) -> bool:
    rows = await SessionTable.select(SessionTable.token_sha256).where(
        SessionTable.user == reader.header.account_id, SessionTable.kind == "bearer"
    )
    return is_proven(proof, reader.preamble_sha256, [row["token_sha256"] for row in rows])


async def _manifest(
    reader: CourierReader, entry: ManifestEntry, sender: Identity, by: Identity, at: datetime
) -> Imported:
    if entry.size_bytes > MAX_MANIFEST_BYTES:
        raise CourierRefused("文件中的清单过大。", "A manifest of the file is too large.")
    body = await asyncio.to_thread(reader.read, entry.size_bytes)
    item = Imported(entry.submission_id, "stored")
    if content_digest(body) != entry.content_sha256:
        item.result = "damaged"
        return item
    try:
        result = await receive_submission(entry.submission_id, body, inspector=sender, at=at)
    except SubmissionConflict as conflict:
        item.result, item.why_zh, item.why_en = "conflict", conflict.message_zh, conflict.message_en
        return item
    if isinstance(result, Quarantined):
        item.result, item.why_zh, item.why_en = "quarantined", result.message_zh, result.message_en
    elif not result.created:
        item.result = "known"
    else:
        await _credit("submission", entry.submission_id, reader, by, at)
    return item


async def _photo(reader: CourierReader, entry: PhotoEntry, photos: PhotoStore, sender: Identity, at: datetime) -> str:
    left = entry.size_bytes

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal left
        while left:
            size = min(left, CHUNK_BYTES)
            data = await asyncio.to_thread(reader.read, size)
            left -= size
            yield data

    try:
        stored = await receive_photo(
            entry.submission_id, entry.sha256, chunks(), photos=photos, inspector=sender, at=at
        )
        result = "stored" if stored.created else "known"
    except (PhotoDigestMismatch, BodyTooLarge):
        result = "damaged"
    except (SubmissionNotFound, PhotoNotInManifest):
        result = "refused"
    # What the store did not want to read stands before the next entry.
    async for _rest in chunks():
        pass
    return result


async def _credit(kind: str, subject_id: UUID, reader: CourierReader, by: Identity, at: datetime) -> None:
    """Say on the history of the submission, or of the plot a note is about, who carried it."""
    async with transaction():
        await record(
            f"{kind}.couriered",
            kind,
            subject_id,
            actor=by.user_id,
            before=None,
            after={"file": reader.preamble_sha256.hex(), "device": reader.header.device_id},
            at=at,
        )


async def _record(report: Report, reader: CourierReader, by: Identity, at: datetime) -> None:
    async with transaction():
        await record(
            "courier.imported",
            "courier",
            hashlib.sha256(reader.preamble_sha256).hexdigest(),
            actor=by.user_id,
            before=None,
            after={
                "file": reader.preamble_sha256.hex(),
                "account": report.sender.user_id,
                "device": reader.header.device_id,
                "proven": report.proven,
                "whole": report.whole,
                "left_out": report.left_out,
                "notes": {str(note.id): note.result for note in report.notes},
                "submissions": {str(item.submission_id): item.result for item in report.items},
            },
            at=at,
        )
