"""
Whether what is written is kept.

A full disk is a refusal, and over when there is room again. A failing disk closes the store for writing until the
server is started anew: after a failed fsync the kernel may call lost pages clean, so a second try could succeed and
still have lost the bytes (docs/decisions/0009-storage.md).
"""

import asyncio
import contextvars
import errno
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import asyncpg

from server.errors import Refusal, StorageFailed, StorageRefused
from server.sqlite_library import sqlite3

logger = logging.getLogger("yanshou.storage")

Fault = Literal["full", "failing"]
FULL = {errno.ENOSPC, errno.EDQUOT}
FAILING = {errno.EIO, errno.EROFS, errno.ENXIO, errno.ENODEV, getattr(errno, "EUCLEAN", errno.EIO)}


def fault_of(error: BaseException) -> Fault | None:
    """Tell a full disk from a failing one, under the photos or under the database; None when it is neither."""
    if isinstance(error, OSError):
        return "full" if error.errno in FULL else "failing" if error.errno in FAILING else None
    if isinstance(error, sqlite3.Error):
        primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
        return {sqlite3.SQLITE_FULL: "full", sqlite3.SQLITE_IOERR: "failing"}.get(primary)  # type: ignore[return-value]
    if isinstance(error, asyncpg.DiskFullError):
        return "full"
    return "failing" if isinstance(error, asyncpg.PostgresIOError) else None


class StorageHealth:
    """Open for writing, or closed with the reason."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self.alarm: Callable[[str], Awaitable[None]] | None = None
        self._ringing: asyncio.Future[None] | None = None

    def require_open(self) -> None:
        """Raise StorageFailed when the store was closed."""
        if self.reason is not None:
            raise _failed()

    def notice(self, error: BaseException) -> Fault | None:
        """Close the store when this is the error of a failing disk, wherever it was met; tell what it was."""
        fault = fault_of(error)
        if fault == "failing":
            self.close(f"{type(error).__name__}: {error}")
        return fault

    def refusal(self, error: BaseException) -> Refusal | None:
        """Turn a disk's error into a refusal, and close the store when the disk is failing; None for another error."""
        fault = self.notice(error)
        if fault == "full":
            logger.error("the disk is full: %s", error)
            return StorageRefused(
                "服务器存储空间不足，资料未保存，请稍后再传。",
                "The server's disk is full; nothing was stored. Try again later.",
            )
        return _failed() if fault == "failing" else None

    @contextmanager
    def guarding(self) -> Iterator[None]:
        """Turn a disk's error within the block into a refusal."""
        try:
            yield
        except OSError as error:
            refusal = self.refusal(error)
            if refusal is None:
                raise
            raise refusal from error

    def close(self, reason: str) -> None:
        """Refuse writing from now on, and ring the alarm once."""
        if self.reason is not None:
            return
        self.reason = reason
        logger.critical("the disk is failing; nothing more is stored until the server is started anew: %s", reason)
        if self.alarm is not None:
            # A context of its own: the alarm must not be written in the transaction that just failed.
            self._ringing = asyncio.get_running_loop().create_task(
                self._ring(self.alarm, reason), context=contextvars.Context()
            )

    async def _ring(self, alarm: Callable[[str], Awaitable[None]], reason: str) -> None:
        try:
            await alarm(reason)
        except Exception:
            logger.exception("the alarm could not be put on record")


def _failed() -> StorageFailed:
    return StorageFailed(
        "服务器存储故障，已停止写入，资料未保存；请联系管理员，排除故障后会自动续传。",
        "The server's disk is failing and it stores nothing more; tell the administrator. "
        "Sending goes on by itself once this is mended.",
    )
