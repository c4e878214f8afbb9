"""
Whether a photo's bytes are still those of its hash: disks forget without saying so.

What goes wrong in reading is damage of the photo that was read. It says nothing about what is being written, so it
never closes the store.
"""

import errno
import hashlib
from dataclasses import dataclass

from server.storage.interface import PhotoStore
from server.storage.threads import on_disk

# The process is short of something; the photo may be well.
_SHORTAGE = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN}


@dataclass(frozen=True, slots=True)
class Damage:
    """
    What is wrong with a photo.

    Attributes:
        code: `photo.missing` or `photo.damaged`, as findings and events have it.
        detail: The same for a person.
        found_sha256: The hash of the bytes that lie there, where they can be read.
    """

    code: str
    detail: str
    found_sha256: str | None = None


async def look_at(store: PhotoStore, sha256: str) -> tuple[Damage | None, int]:
    """
    Hash one photo, 1 MiB in memory at a time; return what is wrong with it, if anything, and the bytes read.

    Raises:
        OSError: The process cannot open files at all.
    """
    digest, size_bytes = hashlib.sha256(), 0
    try:
        async for chunk in store.open(sha256):
            digest.update(chunk)
            size_bytes += len(chunk)
    except OSError as error:
        return _unreadable(error), size_bytes
    return _compared(sha256, digest.hexdigest()), size_bytes


async def read_whole(store: PhotoStore, sha256: str) -> bytes | Damage:
    """
    Return a photo's bytes, or what is wrong with them: other bytes than those of its hash are never returned.

    Raises:
        OSError: The process cannot open files at all.
    """
    try:
        data = await store.read(sha256)
    except OSError as error:
        return _unreadable(error)
    return _compared(sha256, (await on_disk(hashlib.sha256, data)).hexdigest()) or data


def _unreadable(error: OSError) -> Damage:
    if isinstance(error, FileNotFoundError):
        return Damage("photo.missing", "its bytes are not in the store")
    if error.errno in _SHORTAGE:
        raise error
    return Damage("photo.damaged", f"its bytes cannot be read: {error}")


def _compared(sha256: str, found_sha256: str) -> Damage | None:
    if found_sha256 == sha256:
        return None
    return Damage("photo.damaged", f"its bytes have the hash {found_sha256}", found_sha256)
