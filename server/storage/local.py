"""
Photos in a folder, in 256 sub-folders by the first two digits of the hash.

The order is temporary file, fsync, name, fsync of the folders. Without the fsyncs every acknowledged photo was lost
in simulated power cuts (docs/decisions/0004-photos.md). Bytes are never altered; pictures for the screen are made
elsewhere and can be made again.

    store.name                              the store's name, by which its database knows it
    ab/<sha256>                             a photo
    parts/<submission>/<sha256>/<offset>    a part of one that is on its way
    partial/                                files being written; nobody reads them
"""

import contextlib
import errno
import os
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, TypeVar
from uuid import uuid4

from server.disk.files import Writing, WrongDigest, fsync_folder, keep_photo
from server.disk.processes import DiskProcesses, ProcessLost
from server.errors import BodyTooLarge, PhotoDigestMismatch
from server.failpoints import fail_at, fail_here
from server.storage.health import StorageHealth
from server.storage.interface import CHUNK_BYTES, NAME_KEY, Part, StoreUnusable, Upload, checked, in_sequence, is_hash
from server.storage.threads import on_disk

Result = TypeVar("Result")

LEFTOVER_AFTER_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class LocalStore:
    """
    See the module's text.

    `settled` are the folders, and the name, whose own entry is known to be durable; `processes` write the photos where
    a server runs them.
    """

    root: Path
    health: StorageHealth = field(default_factory=StorageHealth)
    settled: set[str] = field(default_factory=set)
    processes: DiskProcesses = field(default_factory=DiskProcesses)

    def path(self, sha256: str) -> Path:
        """Where the photo with this hash is, or would be."""
        return self.root.joinpath(checked(sha256)[:2], sha256)

    async def exists(self, sha256: str) -> bool:
        """See PhotoStore."""
        return await on_disk(self.path(sha256).is_file)

    async def size(self, sha256: str) -> int:
        """See PhotoStore."""
        return (await on_disk(self.path(sha256).stat)).st_size

    async def put(self, sha256: str, chunks: AsyncIterator[bytes], *, max_bytes: int) -> int:
        """See PhotoStore."""
        target = self.path(sha256)
        self.health.require_open()
        writing = self._writing(sha256)
        with self.health.guarding():
            try:
                await fail_here("photo.begin")
                # Small pieces are gathered: each visit to a thread costs more than hashing what it brings.
                gathered: list[bytes] = []
                waiting_bytes = 0
                async for chunk in chunks:
                    gathered.append(chunk)
                    waiting_bytes += len(chunk)
                    if writing.size_bytes + waiting_bytes > max_bytes:
                        raise too_large(max_bytes)
                    if waiting_bytes >= CHUNK_BYTES:
                        await on_disk(writing.write, gathered)
                        gathered, waiting_bytes = [], 0
                if writing.is_open or not await self._kept_beside(writing, gathered, sha256, target):
                    await on_disk(self._finish, writing, gathered, sha256, target)
            finally:
                if writing.is_open:
                    await on_disk(writing.end)
            await fail_here("photo.durable")
        return writing.size_bytes

    async def open(self, sha256: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """See PhotoStore."""
        file = await on_disk(_reading, self.path(sha256))
        try:
            await on_disk(file.seek, start)
            left = float("inf") if end is None else end - start
            while left > 0:
                chunk: bytes = await on_disk(file.read, int(min(left, CHUNK_BYTES)))
                if not chunk:
                    return
                left -= len(chunk)
                yield chunk
        finally:
            file.close()

    async def read(self, sha256: str) -> bytes:
        """See PhotoStore."""
        return await on_disk(_read, self.path(sha256))

    async def hashes(self) -> AsyncIterator[str]:
        """See PhotoStore."""
        for folder in await on_disk(_names, self.root):
            if len(folder) != 2:
                continue
            for name in await on_disk(_names, self.root / folder):
                if is_hash(name):
                    yield name

    async def put_part(self, upload: Upload, offset: int, data: bytes) -> bool:
        """See PhotoStore."""
        self.health.require_open()
        return await self._guarded(on_disk(self._put_part, self._folder(upload) / f"{offset:010}", data))

    async def parts(self, upload: Upload) -> list[Part]:
        """See PhotoStore."""
        return in_sequence(await on_disk(lambda: list(_parts_in(self._folder(upload)))))

    async def confirm_parts(self, upload: Upload) -> None:
        """See PhotoStore."""
        self.health.require_open()
        await self._guarded(on_disk(_fsync_existing, self._folder(upload)))

    async def read_parts(self, upload: Upload, parts: list[Part]) -> AsyncIterator[bytes]:
        """See PhotoStore."""
        for part in parts:
            yield await on_disk(_read_part, self._folder(upload) / f"{part.offset:010}")

    async def drop_parts(self, upload: Upload) -> None:
        """See PhotoStore."""
        await self._guarded(on_disk(_drop, self._folder(upload)))

    async def expire(self, before: datetime) -> int:
        """See PhotoStore."""
        return await self._guarded(on_disk(self._expire, before.timestamp()))

    async def check(self) -> None:
        """See PhotoStore."""
        probe = self.root / "partial" / f"probe.{uuid4().hex}"
        try:
            await on_disk(_probe, probe)
        except OSError as error:
            raise StoreUnusable(f"{self.root}: {error}") from error

    async def name(self) -> str | None:
        """See PhotoStore."""
        return await on_disk(self._name)

    async def keep_name(self, name: str) -> str:
        """See PhotoStore."""
        return await self._guarded(on_disk(self._keep_name, name))

    async def free_bytes(self) -> int | None:
        """See PhotoStore."""
        return (await on_disk(shutil.disk_usage, self.root)).free

    def with_processes(self, count: int, failpoints: str) -> AbstractAsyncContextManager[None]:
        """See PhotoStore."""
        return self.processes.running(count, failpoints)

    def _folder(self, upload: Upload) -> Path:
        return self.root / "parts" / str(upload.submission_id) / checked(upload.sha256)

    async def _guarded(self, work: Awaitable[Result]) -> Result:
        with self.health.guarding():
            return await work

    def _name(self) -> str | None:
        try:
            name = (self.root / NAME_KEY).read_text().strip()
        except (FileNotFoundError, NotADirectoryError):
            return None
        self.settled.add(NAME_KEY)
        return name

    def _keep_name(self, name: str) -> str:
        writing = self._writing("name")
        try:
            writing.write([name.encode()])
            os.fsync(writing.file())
            _link(writing.path, self.root / NAME_KEY)
        finally:
            writing.end()
        for folder in (self.root, self.root.parent):
            fsync_folder(folder)
        return self._name() or name

    def _writing(self, name: str, kind: str = "photo") -> Writing:
        return Writing(self.root.joinpath("partial", f"{name}.{uuid4().hex}"), kind, self._require_present)

    def _require_present(self) -> None:
        """Where the disk of the photos was taken away, a new folder would take photos that nobody finds again."""
        if NAME_KEY in self.settled and not (self.root / NAME_KEY).exists():
            raise OSError(errno.ENODEV, "the photo folder is gone; is its disk still mounted?", str(self.root))

    async def _kept_beside(self, writing: Writing, pieces: list[bytes], sha256: str, target: Path) -> bool:
        """Let a process beside the server keep a photo that came in one piece; False when the server has to."""
        if not self.processes:
            return False
        # A name of its own: whatever such a process left there is not in the server's way.
        partial = writing.path.with_name(f"{writing.path.name}.beside")
        try:
            await self.processes.keep(pieces, sha256, partial, target)
        except WrongDigest:
            raise digest_mismatch() from None
        except (ProcessLost, FileNotFoundError):
            return False
        writing.size_bytes = sum(map(len, pieces))
        return True

    def _finish(self, writing: Writing, gathered: list[bytes], sha256: str, target: Path) -> None:
        try:
            keep_photo(writing, gathered, sha256, target, self.settled)
        except WrongDigest:
            raise digest_mismatch() from None
        finally:
            writing.end()

    def _put_part(self, target: Path, data: bytes) -> bool:
        writing = self._writing("part", "part")
        try:
            fail_at("part.begin")
            writing.write([data])
            fail_at("part.written")
            os.fsync(writing.file())
            fail_at("part.synced")
            linked = _link(writing.path, target)
            fail_at("part.linked")
        finally:
            writing.end()
        _fsync_existing(target.parent)
        fail_at("part.durable")
        return linked

    def _expire(self, before_s: float) -> int:
        expired = 0
        for submission in _names(self.root / "parts"):
            for sha256 in _names(self.root / "parts" / submission):
                folder = self.root / "parts" / submission / sha256
                newest = max((mtime for _, _, mtime in _entries(folder)), default=before_s)
                if newest < before_s:
                    _drop(folder)
                    expired += 1
        # Left behind by a process that was killed; nobody takes a day to write one file.
        for name, _, mtime in _entries(self.root / "partial"):
            if mtime < min(before_s, time.time() - LEFTOVER_AFTER_S):
                (self.root / "partial" / name).unlink(missing_ok=True)
        return expired


def too_large(max_bytes: int) -> BodyTooLarge:
    """More bytes came than are taken."""
    return BodyTooLarge(
        f"照片超过 {max_bytes:,} 字节，服务器不接收。",
        f"The photo has more than {max_bytes:,} bytes, which the server does not take.",
    )


def digest_mismatch() -> PhotoDigestMismatch:
    """The bytes are not those of the hash."""
    return PhotoDigestMismatch(
        "收到的照片与其校验值不符，请重新读取后再传。",
        "The bytes received do not match the photo's SHA-256: read the photo again and resend it.",
    )


def _reading(path: Path) -> BinaryIO:
    fail_at("photo.read")
    return path.open("rb")


def _read(path: Path) -> bytes:
    with _reading(path) as file:
        return file.read()


def _read_part(path: Path) -> bytes:
    fail_at("part.read")
    return path.read_bytes()


def _link(source: Path, target: Path) -> bool:
    """Give the file its name unless the name is taken."""
    while True:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(source, target)
        except FileExistsError:
            return False
        except FileNotFoundError:  # The folder, or the one above, went with an upload that was dropped just now.
            if not source.exists():
                raise
        else:
            return True


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - names are wanted, not a path for each of a million files.
    except (FileNotFoundError, NotADirectoryError):
        return []


def _entries(folder: Path) -> Iterator[tuple[str, int, float]]:
    """Name, size in bytes and time of change (seconds) of each file in a folder; none when it is gone."""
    for name in _names(folder):
        with contextlib.suppress(FileNotFoundError):
            stat = (folder / name).stat()
            yield name, stat.st_size, stat.st_mtime


def _parts_in(folder: Path) -> Iterator[Part]:
    for name, size_bytes, _ in _entries(folder):
        yield Part(int(name), size_bytes)


def _drop(folder: Path) -> None:
    # From the end: whatever interrupts this, what is left is still a beginning without gaps.
    for name in sorted(_names(folder), reverse=True):
        (folder / name).unlink(missing_ok=True)
    for empty in (folder, folder.parent):
        with contextlib.suppress(OSError):
            empty.rmdir()


def _fsync_existing(folder: Path) -> None:
    """Make the entries of an upload's folder durable, and the folder itself; it may be dropped meanwhile."""
    with contextlib.suppress(FileNotFoundError):
        for one in (folder, *folder.parents[:3]):
            fsync_folder(one)


def _probe(probe: Path) -> None:
    probe.parent.mkdir(parents=True, exist_ok=True)
    linked = probe.with_suffix(".linked")
    try:
        handle = os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o640)
        try:
            os.write(handle, b"probe")
            os.fsync(handle)
        finally:
            os.close(handle)
        os.link(probe, linked)
        fsync_folder(probe.parent)
    finally:
        for path in (probe, linked):
            path.unlink(missing_ok=True)
