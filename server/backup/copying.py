"""Photos from one store to another: only what is not there yet, each hashed on the way and made durable."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

from inspections.submissions import MAX_PHOTO_BYTES
from server.backup.findings import Progress
from server.errors import PhotoDigestMismatch
from server.storage import PhotoStore

AT_ONCE = 8


@dataclass(slots=True)
class Copied:
    """What was copied, by hash; `absent` could not be: missing in the source or damaged there."""

    photos: set[str] = field(default_factory=set)
    size_bytes: int = 0
    present: int = 0
    absent: list[str] = field(default_factory=list)


async def copy_photos(
    source: PhotoStore, target: PhotoStore, wanted: Iterable[tuple[str, int]], progress: Progress
) -> Copied:
    """
    Copy photos; safe to interrupt and to begin again.

    Args:
        source: Where they are.
        target: Where they shall be.
        wanted: Hash and size in bytes.
        progress: Told now and then how far it is.

    Raises:
        StorageRefused, StorageFailed: The target is full or failing.
    """
    copied = Copied()
    waiting = iter(wanted)

    async def work() -> None:
        for sha256, size_bytes in waiting:
            await _copy(source, target, sha256, size_bytes, copied)
            done = len(copied.photos) + copied.present + len(copied.absent)
            if done % 500 == 0:
                progress(f"photos {done}, copied {len(copied.photos)}, {copied.size_bytes // 1_000_000} MB")

    await asyncio.gather(*[work() for _ in range(AT_ONCE)])
    # What was there already may be from a run that died between a photo's name and the fsync of its folder.
    await asyncio.to_thread(os.sync)
    copied.absent.sort()
    return copied


async def _copy(source: PhotoStore, target: PhotoStore, sha256: str, size_bytes: int, copied: Copied) -> None:
    try:
        if await target.size(sha256) == size_bytes:
            copied.present += 1
            return
    except FileNotFoundError:
        pass
    try:
        copied.size_bytes += await target.put(sha256, _reading(source, sha256), max_bytes=MAX_PHOTO_BYTES)
    except (_Unreadable, PhotoDigestMismatch):
        copied.absent.append(sha256)
    else:
        copied.photos.add(sha256)


class _Unreadable(Exception):
    """The source's fault; an OSError would be taken for the target's."""


async def _reading(source: PhotoStore, sha256: str) -> AsyncIterator[bytes]:
    try:
        async for chunk in source.open(sha256):
            yield chunk
    except OSError as error:
        raise _Unreadable from error
