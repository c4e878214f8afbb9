"""
Put on record that a photo's bytes are gone or altered, or that they are there again.

The mark stands on every row of the photo. While it does, phones are told that the photo is missing and the receipt
does not name it, so whoever still has it sends it again. State and review of the submission stay as they are.
"""

import logging
from datetime import datetime
from uuid import UUID

from server.actions.name_store import require_same_store
from server.database import transaction
from server.events import event_row
from server.statements import Row, ask, insert
from server.storage import PhotoStore
from server.storage.wholeness import Damage, look_at
from server.tables import EventTable

logger = logging.getLogger("yanshou.photos")

_LOST = "UPDATE photo SET lost_at = {} WHERE sha256 = {} AND lost_at IS NULL RETURNING id"
_FOUND = "UPDATE photo SET lost_at = NULL WHERE sha256 = {} AND lost_at IS NOT NULL RETURNING id"


async def note_lost(sha256: str, damage: Damage, *, photos: PhotoStore, at: datetime) -> None:
    """
    Mark a photo as lost, with an event named by the damage's code; nothing more when that is known already.

    Args:
        sha256: The photo.
        damage: What was found.
        photos: The store it was found in.
        at: Now.

    Raises:
        StorageFailed: Not the photo is missing but all of the store.
    """
    if damage.code == "photo.missing":
        await require_same_store(photos)

    logger.error("photo %s: %s; bring it back from a backup, if no phone sends it again", sha256, damage.detail)
    async with transaction():
        if not await ask(_LOST, at, sha256):
            return
        before, after = {"lost": False}, {"lost": True, "detail": damage.detail}
        event = event_row(damage.code, "original", sha256, actor=None, before=before, after=after, at=at)
        await insert(EventTable, [event])
    # Whoever brought the bytes between the look and the mark found no mark to take away.
    still_wrong, _ = await look_at(photos, sha256)
    if still_wrong is None:
        await note_found(sha256, at=at)


async def note_found(sha256: str, *, at: datetime) -> None:
    """Take the mark away after a look at the bytes: somebody brought them back from a backup."""

    async with transaction():
        events = await found_again(sha256, actor=None, at=at)
        if events:
            await insert(EventTable, events)


async def found_again(sha256: str, *, actor: UUID | None, at: datetime) -> list[Row]:
    """Take the mark away in the transaction that is open; return the event that says so, none where no mark was."""
    if not await ask(_FOUND, sha256):
        return []
    before, after = {"lost": True}, {"lost": False}
    return [event_row("photo.recovered", "original", sha256, actor=actor, before=before, after=after, at=at)]
