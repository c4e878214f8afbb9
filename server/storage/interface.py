"""What every photo store can do; the rest of the server knows no more of it, and no path or key."""

import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from server.storage.health import StorageHealth

# The largest piece of a photo that is held in memory while it is read or written.
CHUNK_BYTES = 1024 * 1024
# Where a store keeps its name, beside the first two digits of the hashes.
NAME_KEY = "store.name"
_SHA256 = re.compile(r"[0-9a-f]{64}")


class StoreUnusable(Exception):
    """The store's address is wrong or it does not keep what it is given; the text says which."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A photo that comes in parts: which submission's, and the SHA-256 the whole must have."""

    submission_id: UUID
    sha256: str


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of an upload's bytes that is stored."""

    offset: int
    size_bytes: int

    @property
    def end(self) -> int:
        """Offset of the first byte after it."""
        return self.offset + self.size_bytes


class PhotoStore(Protocol):
    """
    Photos under their SHA-256, and the parts of those still on their way.

    A hash that is no lower-case hexadecimal SHA-256 raises ValueError everywhere. Reading what is not there raises
    FileNotFoundError. What cannot be stored raises StorageRefused (full) or StorageFailed (failing).
    """

    @property
    def health(self) -> StorageHealth:
        """Whether it takes photos."""

    async def exists(self, sha256: str) -> bool:
        """Whether the photo is in the store."""

    async def size(self, sha256: str) -> int:
        """Bytes of a photo."""

    async def put(self, sha256: str, chunks: AsyncIterator[bytes], *, max_bytes: int) -> int:
        """
        Store a photo while it streams in.

        Args:
            sha256: The hash its bytes must have.
            chunks: The bytes.
            max_bytes: Where to stop reading.

        Returns:
            Its size in bytes, once it is durable.

        Raises:
            PhotoDigestMismatch: The bytes have another hash; nothing is kept.
            BodyTooLarge: More bytes than allowed; nothing is kept.
        """

    def open(self, sha256: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Stream a photo's bytes from `start` to before `end`, or to the last, in pieces of at most 1 MiB."""

    async def read(self, sha256: str) -> bytes:
        """Return a photo's bytes."""

    def hashes(self) -> AsyncIterator[str]:
        """Every photo's SHA-256, in no order; parts are not photos."""

    async def put_part(self, upload: Upload, offset: int, data: bytes) -> bool:
        """Store a part for good under its offset; False, and nothing changed, when another was there first."""

    async def parts(self, upload: Upload) -> list[Part]:
        """Return the parts that follow one another without a gap from byte 0, in order."""

    async def confirm_parts(self, upload: Upload) -> None:
        """Make sure that the parts already here are durable, before anybody is told to go on behind them."""

    def read_parts(self, upload: Upload, parts: list[Part]) -> AsyncIterator[bytes]:
        """Stream the bytes of these parts, one after the other."""

    async def drop_parts(self, upload: Upload) -> None:
        """Forget an upload's parts, the last one first; harmless when there are none."""

    async def expire(self, before: datetime) -> int:
        """Forget the uploads whose newest part was stored before `before`, and unfinished files; return how many."""

    async def check(self) -> None:
        """
        Try that the store keeps what it is given, as the start-up check does.

        Raises:
            StoreUnusable: It does not.
        """

    async def name(self) -> str | None:
        """Return the name the store was given, which lies among its photos; None when there is none."""

    async def keep_name(self, name: str) -> str:
        """Give the store this name unless it has one; return the name it has then, which is durable."""

    async def free_bytes(self) -> int | None:
        """Room left; None when the store has no bound one could ask for."""

    def with_processes(self, count: int, failpoints: str) -> AbstractAsyncContextManager[None]:
        """
        Let so many processes beside this one write photos for the length of a block, where that helps.

        Args:
            count: How many; they are told to end at the end of the block.
            failpoints: What is armed in this process.
        """


def checked(sha256: str) -> str:
    """
    Return a hash that may become part of a path or key.

    Raises:
        ValueError: It is no lower-case hexadecimal SHA-256.
    """
    if not is_hash(sha256):
        raise ValueError("not a lower-case hexadecimal SHA-256")
    return sha256


def is_hash(text: str) -> bool:
    """Whether a text is a lower-case hexadecimal SHA-256."""
    return _SHA256.fullmatch(text) is not None


def in_sequence(found: list[Part]) -> list[Part]:
    """
    Pick the parts that follow one another from byte 0.

    >>> in_sequence([Part(5, 3), Part(0, 5), Part(9, 1)])
    [Part(offset=0, size_bytes=5), Part(offset=5, size_bytes=3)]
    """
    by_offset = {part.offset: part for part in found if part.size_bytes}
    chosen: list[Part] = []
    end = 0
    while end in by_offset:
        chosen.append(by_offset[end])
        end = by_offset[end].end
    return chosen
