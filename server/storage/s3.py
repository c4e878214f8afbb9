"""
Photos in a bucket that speaks the S3 protocol, for installations of several servers.

A PUT of one object is atomic and durable when it is answered. `If-None-Match: *` (mode "create") makes the first
writer win; the SHA-256 travels along as the object's checksum, so that the store refuses what was damaged on the way.
A bucket that cannot be reached is a refusal that passes; it does not close the store. Keys are laid out as the local
store's paths, so that one can be copied to the other.
"""

import asyncio
import hashlib
import logging
import tempfile
from collections.abc import AsyncIterator, Awaitable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, TypeVar
from uuid import uuid4
from weakref import WeakKeyDictionary

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store as Bucket

from server.errors import StorageFailed
from server.failpoints import fail_here
from server.storage.health import StorageHealth
from server.storage.interface import CHUNK_BYTES, NAME_KEY, Part, StoreUnusable, Upload, checked, in_sequence, is_hash
from server.storage.local import digest_mismatch, too_large
from server.storage.threads import on_disk

logger = logging.getLogger("yanshou.storage")

Result = TypeVar("Result")

RETRIES = 3
RETRY_FOR = timedelta(seconds=20)
# Photos held in memory while they travel to the bucket: the checksum stands before the bytes, so each is sent whole.
PHOTOS_IN_MEMORY = 4


def open_s3_store(address: str, *, endpoint: str) -> "S3Store":
    """
    Open the bucket; keys and region are read by obstore from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION.

    Args:
        address: `bucket` or `bucket/prefix`.
        endpoint: Address of the service; empty for Amazon's own.

    Raises:
        StoreUnusable: No bucket, or a setting obstore does not understand.
    """
    bucket, _, prefix = address.partition("/")
    if not bucket:
        raise StoreUnusable("YANSHOU_PHOTOS_URL must name a bucket: s3://bucket or s3://bucket/prefix")
    try:
        return S3Store(
            Bucket(
                bucket,
                prefix=prefix.strip("/") or None,
                checksum_algorithm="sha256",
                client_options={"allow_http": endpoint.startswith("http://"), "timeout": "60s"},
                retry_config={"max_retries": RETRIES, "retry_timeout": RETRY_FOR},
                config={"endpoint": endpoint} if endpoint else None,
            )
        )
    except (BaseError, ValueError) as error:
        raise StoreUnusable(f"YANSHOU_PHOTOS_URL: {error}") from error


@dataclass(frozen=True, slots=True)
class S3Store:
    """See the module's text."""

    bucket: Bucket
    health: StorageHealth = field(default_factory=StorageHealth)
    turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = field(default_factory=WeakKeyDictionary)

    async def exists(self, sha256: str) -> bool:
        """See PhotoStore."""
        try:
            await self.size(sha256)
        except FileNotFoundError:
            return False
        return True

    async def size(self, sha256: str) -> int:
        """See PhotoStore."""
        return (await _reached(obstore.head_async(self.bucket, _key(sha256))))["size"]

    async def put(self, sha256: str, chunks: AsyncIterator[bytes], *, max_bytes: int) -> int:
        """See PhotoStore."""
        key = _key(sha256)
        self.health.require_open()
        with self.health.guarding():
            await fail_here("photo.begin")
            # On disk while it streams in, at the pace of the phone; in memory only for the way to the bucket.
            with tempfile.SpooledTemporaryFile(max_size=CHUNK_BYTES) as spool:
                await fail_here("photo.created")
                digest, size_bytes = hashlib.sha256(), 0
                async for chunk in chunks:
                    size_bytes += len(chunk)
                    if size_bytes > max_bytes:
                        raise too_large(max_bytes)
                    digest.update(chunk)
                    await _spool(spool, chunk)
                if digest.hexdigest() != sha256:
                    raise digest_mismatch()
                await fail_here("photo.written")
                async with self._turn():
                    await fail_here("photo.synced")
                    spool.seek(0)
                    await self._put_photo(key, sha256, await on_disk(spool.read))
                    await fail_here("photo.linked")
            await fail_here("photo.durable")
        return size_bytes

    async def open(self, sha256: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """See PhotoStore."""
        await fail_here("photo.read")
        size_bytes = await self.size(sha256)
        end = size_bytes if end is None else min(end, size_bytes)
        for begin in range(start, end, CHUNK_BYTES):
            until = min(begin + CHUNK_BYTES, end)
            yield bytes(await _reached(obstore.get_range_async(self.bucket, _key(sha256), start=begin, end=until)))

    async def read(self, sha256: str) -> bytes:
        """See PhotoStore."""
        await fail_here("photo.read")
        return await self._read(_key(sha256))

    async def hashes(self) -> AsyncIterator[str]:
        """See PhotoStore."""
        async for path, _, _ in self._list(None):
            name = path.rpartition("/")[2]
            if is_hash(name) and path == _key(name):
                yield name

    async def put_part(self, upload: Upload, offset: int, data: bytes) -> bool:
        """See PhotoStore."""
        self.health.require_open()
        with self.health.guarding():
            await fail_here("part.begin")
            created = await self._create(f"{_folder(upload)}/{offset:010}", data)
            await fail_here("part.durable")
        return created

    async def parts(self, upload: Upload) -> list[Part]:
        """See PhotoStore."""
        found = [Part(int(path.rpartition("/")[2]), size) async for path, size, _ in self._list(_folder(upload))]
        return in_sequence(found)

    async def confirm_parts(self, upload: Upload) -> None:
        """Nothing to do: what a bucket lists is durable."""

    async def read_parts(self, upload: Upload, parts: list[Part]) -> AsyncIterator[bytes]:
        """See PhotoStore."""
        for part in parts:
            await fail_here("part.read")
            yield await self._read(f"{_folder(upload)}/{part.offset:010}")

    async def drop_parts(self, upload: Upload) -> None:
        """See PhotoStore."""
        # From the end: whatever interrupts this, what is left is still a beginning without gaps.
        for path in sorted([path async for path, _, _ in self._list(_folder(upload))], reverse=True):
            await self._delete(path)

    async def expire(self, before: datetime) -> int:
        """See PhotoStore."""
        newest: dict[str, datetime] = {}
        async for path, _, modified_at in self._list("parts"):
            folder = path.rpartition("/")[0]
            newest[folder] = max(modified_at, newest.get(folder, modified_at))
        expired = [folder for folder, modified_at in newest.items() if modified_at < before]
        for folder in expired:
            for path in sorted([path async for path, _, _ in self._list(folder)], reverse=True):
                await self._delete(path)
        return len(expired)

    async def check(self) -> None:
        """See PhotoStore."""
        key = f"partial/probe.{uuid4().hex}"
        try:
            kept = await self._create(key, b"probe")
            again = await self._create(key, b"other")
            sound = kept and not again and await self._read(key) == b"probe"
            await self._delete(key)
        except (StorageFailed, FileNotFoundError) as error:
            raise StoreUnusable(f"YANSHOU_PHOTOS_URL: {error.__cause__ or error}") from error
        if not sound:
            raise StoreUnusable("YANSHOU_PHOTOS_URL: the bucket overwrites objects in spite of If-None-Match")

    async def name(self) -> str | None:
        """See PhotoStore."""
        try:
            return (await self._read(NAME_KEY)).decode()
        except FileNotFoundError:
            return None

    async def keep_name(self, name: str) -> str:
        """See PhotoStore."""
        await self._create(NAME_KEY, name.encode())
        return await self.name() or name

    async def free_bytes(self) -> int | None:
        """See PhotoStore."""
        return None

    def with_processes(self, count: int, failpoints: str) -> AbstractAsyncContextManager[None]:
        """See PhotoStore. A bucket's own library does the work, without the interpreter's lock."""
        return nullcontext()

    def _turn(self) -> asyncio.Semaphore:
        return self.turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(PHOTOS_IN_MEMORY))

    async def _put_photo(self, key: str, sha256: str, data: bytes) -> None:
        if await self._create(key, data):
            return
        there = await on_disk(hashlib.sha256, await self._read(key))
        if there.hexdigest() != sha256:
            logger.error("object %s had other bytes than its name says; the right ones were put in their place", key)
            await self._put(key, data, "overwrite")

    async def _create(self, key: str, data: bytes) -> bool:
        try:
            await self._put(key, data, "create")
        except AlreadyExistsError:
            return False
        return True

    async def _put(self, key: str, data: bytes, mode: Literal["create", "overwrite"]) -> None:
        try:
            await obstore.put_async(self.bucket, key, data, mode=mode, use_multipart=False)
        except AlreadyExistsError:
            raise
        except (BaseError, FileNotFoundError) as error:  # Not found is the bucket.
            raise _unreachable() from error

    async def _read(self, key: str) -> bytes:
        found = await _reached(obstore.get_async(self.bucket, key))
        return bytes(await _reached(found.bytes_async()))

    async def _delete(self, key: str) -> None:
        try:
            await _reached(obstore.delete_async(self.bucket, key))
        except FileNotFoundError:
            return

    async def _list(self, prefix: str | None) -> AsyncIterator[tuple[str, int, datetime]]:
        """Key, size in bytes and time of change of every object below a prefix."""
        try:
            async for batch in obstore.list(self.bucket, prefix=prefix):
                for found in batch:
                    yield found["path"], found["size"], found["last_modified"]
        except BaseError as error:
            raise _unreachable() from error


async def _reached(work: Awaitable[Result]) -> Result:
    """Let FileNotFoundError through, which obstore raises as Python does; what else goes wrong is no answer."""
    try:
        return await work
    except BaseError as error:
        raise _unreachable() from error


async def _spool(spool: "tempfile.SpooledTemporaryFile[bytes]", chunk: bytes) -> None:
    if spool.tell() + len(chunk) <= CHUNK_BYTES:
        spool.write(chunk)
    else:
        await on_disk(spool.write, chunk)


def _key(sha256: str) -> str:
    return f"{checked(sha256)[:2]}/{sha256}"


def _folder(upload: Upload) -> str:
    return f"parts/{upload.submission_id}/{checked(upload.sha256)}"


def _unreachable() -> StorageFailed:
    logger.exception("the bucket gave no answer that can be used")
    return StorageFailed(
        "照片存储服务暂时无法访问，资料未保存，请稍后再传。",
        "The photo storage cannot be reached; nothing was stored. Try again later.",
    )
