"""Take in one photo: its bytes durable first, then its row, then the answer."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

from inspections.submissions import MAX_PHOTO_BYTES, ManifestPhoto
from server.actions.note_photo import DurablePhoto, note_photo
from server.errors import PhotoNotInManifest, SubmissionNotFound
from server.roles import Identity
from server.storage import PhotoStore
from server.store.intake import Stored, announced_photos, find_known, find_photo_target


async def receive_photo(
    submission_id: UUID,
    sha256: str,
    chunks: AsyncIterator[bytes],
    *,
    photos: PhotoStore,
    inspector: Identity,
    at: datetime,
) -> Stored:
    """
    Store one photo that the submission's manifest announces.

    Args:
        submission_id: Whose photo it is.
        sha256: Hash of its bytes.
        chunks: The bytes; not read when this submission has the photo already.
        photos: The store.
        inspector: Who sends.
        at: Now.

    Returns:
        The submission with the photo.

    Raises:
        SubmissionNotFound: No such submission of the inspector's own or in their regions: send the manifest first.
        PhotoNotInManifest: The manifest does not announce it.
        PhotoDigestMismatch, BodyTooLarge, StorageRefused, StorageFailed: See `PhotoStore.put`.
    """
    target, announced = await find_announced(submission_id, sha256, inspector)
    if target["held"] and await photos.exists(sha256):
        return await stored_before(submission_id)
    # Also when the store has it: whoever announces another's photo must show that they hold it. And also when it is on
    # record: a server restored from an old copy of its photos is refilled this way.
    size_bytes = await photos.put(sha256, chunks, max_bytes=MAX_PHOTO_BYTES)
    return await note_photo(DurablePhoto(target, announced, size_bytes, inspector.user_id, at))


async def stored_before(submission_id: UUID) -> Stored:
    """Answer a repetition: the photo was on record before."""
    known = await find_known(submission_id)
    assert known is not None  # It was found a moment ago, and submissions are never deleted.
    return Stored(known, created=False)


async def find_announced(submission_id: UUID, sha256: str, inspector: Identity) -> tuple[dict[str, Any], ManifestPhoto]:
    """
    Find what a photo belongs to: the row of `server.store.intake.find_photo_target`, and what the manifest says of it.

    Raises:
        SubmissionNotFound, PhotoNotInManifest: As `receive_photo`.
    """
    target = await find_photo_target(submission_id, sha256)
    if target is None or not inspector.may_send(target["village_code"], target["inspector"]):
        raise SubmissionNotFound(
            "没有这份上报，请先发送数据。", "There is no such submission; send its manifest first."
        )
    announced = (await announced_photos(submission_id, target["content_sha256"])).get(sha256)
    if announced is None:
        raise PhotoNotInManifest("清单中没有这张照片。", "The manifest does not announce this photo.")
    return target, announced
