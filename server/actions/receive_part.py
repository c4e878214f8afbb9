"""
Take in a part of a photo; with the last one the photo is whole.

Each part is durable before its answer, stored under its offset and never changed, so nothing is locked and a stalled
request blocks nobody. The last part is never stored as a part: it completes the photo or leaves everything as it was,
so a phone whose last answer was lost sends that part again and nothing else.
"""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from server.actions.note_photo import DurablePhoto, note_photo
from server.actions.receive_photo import find_announced, stored_before
from server.errors import BodyTooLarge, PhotoDigestMismatch, UploadOffsetMismatch
from server.failpoints import fail_here
from server.roles import Identity
from server.storage import Part, PhotoStore, Upload
from server.storage.local import digest_mismatch
from server.store.intake import Stored

logger = logging.getLogger("yanshou.photos")

# A part is held in memory until it is stored.
MAX_PART_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Progress:
    """
    Where an upload stands.

    Attributes:
        offset: Bytes that are durable; the next part begins here.
        length: Bytes the manifest announces.
        complete: The photo is whole, durable and on record.
        stored: The submission with the photo, for the answer to a last part.
    """

    offset: int
    length: int
    complete: bool
    stored: Stored | None = None


async def upload_progress(submission_id: UUID, sha256: str, *, photos: PhotoStore, inspector: Identity) -> Progress:
    """
    Tell where an upload stands; what it tells is durable.

    Raises:
        SubmissionNotFound, PhotoNotInManifest: As `receive_photo`.
    """
    upload = Upload(submission_id, sha256)
    # The parts before the row: when a photo is whole its row is written first and its parts go afterwards.
    parts = await photos.parts(upload)
    if parts:
        await photos.confirm_parts(upload)
    target, announced = await find_announced(submission_id, sha256, inspector)
    if target["held"] and await photos.exists(sha256):
        return Progress(announced.size_bytes, announced.size_bytes, complete=True)
    return Progress(_end(parts), announced.size_bytes, complete=False)


async def receive_part(
    submission_id: UUID,
    sha256: str,
    offset: int,
    data: bytes,
    *,
    last: bool,
    photos: PhotoStore,
    inspector: Identity,
    at: datetime,
) -> Progress:
    """
    Store one part; its bytes were compared with their digest before.

    Args:
        submission_id: Whose photo it is.
        sha256: Hash of the whole photo.
        offset: Where the part begins, in bytes.
        data: Its bytes; none when everything came before and only the end is told.
        last: Whether the photo ends with it.
        photos: The store.
        inspector: Who sends.
        at: Now.

    Raises:
        SubmissionNotFound, PhotoNotInManifest: As `receive_photo`.
        UploadOffsetMismatch: The part does not begin where the durable ones end; nothing changed.
        BodyTooLarge: The photo would be longer than its manifest says; nothing changed.
        PhotoDigestMismatch: The whole has not the announced length or hash; its parts were dropped.
        StorageRefused, StorageFailed: Nothing is acknowledged.
    """
    upload = Upload(submission_id, sha256)
    parts = await photos.parts(upload)
    target, announced = await find_announced(submission_id, sha256, inspector)
    if target["held"] and await photos.exists(sha256):
        if last:
            stored = await stored_before(submission_id)
            return Progress(announced.size_bytes, announced.size_bytes, complete=True, stored=stored)
        raise UploadOffsetMismatch(announced.size_bytes, offset)
    if offset != _end(parts):
        raise await offset_mismatch(submission_id, sha256, offset, photos=photos, inspector=inspector)
    end = offset + len(data)
    if end > announced.size_bytes:
        raise BodyTooLarge(
            f"分段超出清单中照片的大小（{announced.size_bytes} 字节）。",
            f"The part reaches beyond the photo's size in the manifest, {announced.size_bytes} bytes.",
        )
    if not last:
        if data and not await photos.put_part(upload, offset, data):
            raise await offset_mismatch(submission_id, sha256, offset, photos=photos, inspector=inspector)
        return Progress(end, announced.size_bytes, complete=False)
    try:
        if end != announced.size_bytes:
            raise digest_mismatch()
        await photos.put(sha256, _joined(photos, upload, parts, data), max_bytes=end)
    except PhotoDigestMismatch:
        await photos.drop_parts(upload)
        raise
    except _PartUnreadable as error:  # The phone has them all: it begins anew, and nobody else is troubled.
        logger.error("a part of photo %s cannot be read, all are sent again: %s", sha256, error.__cause__)
        await photos.drop_parts(upload)
        raise await offset_mismatch(submission_id, sha256, offset, photos=photos, inspector=inspector) from None
    except FileNotFoundError:  # Another request completed or dropped the upload meanwhile.
        raise await offset_mismatch(submission_id, sha256, offset, photos=photos, inspector=inspector) from None
    await fail_here("parts.joined")
    stored = await note_photo(DurablePhoto(target, announced, end, inspector.user_id, at))
    await photos.drop_parts(upload)
    await fail_here("parts.dropped")
    return Progress(end, end, complete=True, stored=stored)


async def offset_mismatch(
    submission_id: UUID, sha256: str, offset: int, *, photos: PhotoStore, inspector: Identity
) -> UploadOffsetMismatch:
    """Build the refusal of a part at this offset: it says where to go on."""
    now = await upload_progress(submission_id, sha256, photos=photos, inspector=inspector)
    return UploadOffsetMismatch(now.offset, offset)


async def drop_upload(submission_id: UUID, sha256: str, *, photos: PhotoStore, inspector: Identity) -> None:
    """
    Forget the parts of an unfinished photo; a finished one stays.

    Raises:
        SubmissionNotFound, PhotoNotInManifest: As `receive_photo`.
    """
    await find_announced(submission_id, sha256, inspector)
    await photos.drop_parts(Upload(submission_id, sha256))


class _PartUnreadable(Exception):
    """A fault in reading; an OSError would be taken for one in writing, which closes the store."""


async def _joined(photos: PhotoStore, upload: Upload, parts: list[Part], data: bytes) -> AsyncIterator[bytes]:
    try:
        async for piece in photos.read_parts(upload, parts):
            yield piece
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _PartUnreadable from error
    yield data


def _end(parts: list[Part]) -> int:
    return parts[-1].end if parts else 0
