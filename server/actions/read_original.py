"""Read a photo as it was received. That it cannot be is put on record, and is the fault of this one photo."""

from dataclasses import dataclass
from datetime import UTC, datetime

from server.actions.note_loss import note_lost
from server.errors import PhotoLost
from server.storage import PhotoStore
from server.storage.wholeness import Damage, look_at, read_whole


async def read_original(sha256: str, *, photos: PhotoStore, at: datetime) -> bytes | Damage:
    """Return a photo's bytes, or what is wrong with them, which is on record then."""
    original = await read_whole(photos, sha256)
    if isinstance(original, Damage):
        await note_lost(sha256, original, photos=photos, at=at)
    return original


async def require_whole(sha256: str, *, photos: PhotoStore, at: datetime) -> int:
    """
    Look at a photo before its bytes are handed out; return their number.

    Raises:
        PhotoLost: They are gone or altered.
    """
    damage, size_bytes = await look_at(photos, sha256)
    if damage is not None:
        await note_lost(sha256, damage, photos=photos, at=at)
        raise _lost()
    return size_bytes


@dataclass(frozen=True, slots=True)
class WholeOriginals:
    """Originals to make pictures of: a picture of altered bytes would be shown in the photo's name."""

    photos: PhotoStore

    async def read(self, sha256: str) -> bytes:
        """Return the original's bytes; raise PhotoLost when they are gone or altered."""
        original = await read_original(sha256, photos=self.photos, at=datetime.now(UTC))
        if isinstance(original, Damage):
            raise _lost()
        return original


def _lost() -> PhotoLost:
    return PhotoLost(
        "服务器上这张照片的原件丢失或损坏，已记录；仍保存着它的手机会自动重传。",
        "The server's original of this photo is lost or damaged, which was noted; a phone that still has it sends it "
        "again by itself.",
    )
