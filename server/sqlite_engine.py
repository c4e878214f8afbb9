"""
SQLite for one machine: one writer and a few readers, kept open.

Piccolo's own engine opens a connection, and with it a thread, for every query, and its deferred transactions fail
under load (docs/decisions/0003). Here writes queue on one connection with BEGIN IMMEDIATE, in the order they came;
reads outside a transaction use a reader. One event loop at a time; `close()` before the loop ends.
"""

import asyncio
import sqlite3
from collections.abc import Coroutine
from typing import Any

import aiosqlite
from piccolo.engine.sqlite import SQLiteEngine, SQLiteTransaction, TransactionType, dict_factory

READERS = 4
BUSY_TIMEOUT_S = 30


def safe_journal(version: tuple[int, int, int]) -> tuple[str, str]:
    """
    Choose journal mode and synchronous level that survive a power cut on this version of SQLite.

    Versions from 3.7.0 can corrupt a WAL file when two connections reset it at once, mended in 3.51.3 and in the
    backports 3.44.6 and 3.50.7 (sqlite.org/wal.html#walresetbug). TRUNCATE with EXTRA lost nothing in measured power
    cuts.

    >>> safe_journal((3, 40, 1))
    ('TRUNCATE', 'EXTRA')
    >>> safe_journal((3, 51, 3))
    ('WAL', 'FULL')
    """
    mended = version >= (3, 51, 3) or (3, 44, 6) <= version < (3, 45, 0) or (3, 50, 7) <= version < (3, 51, 0)
    return ("WAL", "FULL") if mended else ("TRUNCATE", "EXTRA")


class WriterTransaction(SQLiteTransaction):
    """A transaction on the one writer. Cancelled callers never leave it open: BEGIN and COMMIT are seen through."""

    __slots__ = ()
    engine: "PooledSQLiteEngine"

    async def __aenter__(self) -> "SQLiteTransaction":
        """Wait for the writer, then BEGIN."""
        if self._parent is not None:
            return self._parent
        engine = self.engine
        await engine.open()
        await engine.writer_lock.acquire()
        self.connection = engine.writer
        begin = asyncio.ensure_future(self.begin())
        try:
            await asyncio.shield(begin)
        except BaseException:

            async def undo() -> None:
                try:
                    await begin
                except Exception:
                    return
                else:
                    await self.connection.execute("ROLLBACK")
                finally:
                    engine.writer_lock.release()

            engine.keep(undo())
            raise
        self.context = engine.current_transaction.set(self)
        return self

    async def rollback(self) -> None:
        """ROLLBACK, unless a full or failing disk made SQLite do so: asking again would hide that error."""
        if self.connection.in_transaction:
            await self.connection.execute("ROLLBACK")
        self._rolled_back = True

    async def __aexit__(self, exception_type: Any, exception: Any, traceback: Any) -> bool:
        """COMMIT, or ROLLBACK when the block raised."""
        if self._parent is not None:
            return exception is None

        async def finish() -> None:
            try:
                if self._committed or self._rolled_back:
                    return
                if exception is not None:
                    await self.rollback()
                    return
                try:
                    await self.commit()
                except BaseException:
                    await self.rollback()
                    raise
            finally:
                self.engine.writer_lock.release()

        self.engine.current_transaction.reset(self.context)
        await asyncio.shield(self.engine.keep(finish()))
        return exception is None


class PooledSQLiteEngine(SQLiteEngine):
    """See the module's text."""

    __slots__ = ("background", "loop", "opening", "readers", "writer", "writer_lock")

    def __init__(self, path: str) -> None:
        super().__init__(path=path, timeout=BUSY_TIMEOUT_S)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.opening: asyncio.Task[None] | None = None
        self.background: set[asyncio.Future[None]] = set()

    def keep(self, work: Coroutine[Any, Any, None]) -> "asyncio.Future[None]":
        """Run to its end whatever happens to the caller; the reference keeps it from being collected."""
        task = asyncio.ensure_future(work)
        self.background.add(task)
        task.add_done_callback(self.background.discard)
        return task

    async def _connect(self) -> aiosqlite.Connection:
        connection = aiosqlite.connect(**self.connection_kwargs)
        connection._thread.daemon = True  # Otherwise every command that forgets to close hangs at its end.
        await connection
        connection.row_factory = dict_factory  # type: ignore[assignment]
        journal, synchronous = safe_journal(sqlite3.sqlite_version_info)
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_S * 1000}",
            f"journal_mode={journal}",
            f"synchronous={synchronous}",
            "foreign_keys=1",
        ):
            await connection.execute(f"PRAGMA {pragma}")
        return connection

    async def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        self.writer_lock = asyncio.Lock()
        self.readers: asyncio.LifoQueue[aiosqlite.Connection] = asyncio.LifoQueue()
        self.writer = await self._connect()
        for _ in range(READERS):
            self.readers.put_nowait(await self._connect())
        self.loop = loop

    async def open(self) -> None:
        """Open the connections once per event loop, however many callers ask at the same time."""
        loop = asyncio.get_running_loop()
        if self.loop is loop:
            return
        if self.opening is None or self.opening.get_loop() is not loop:
            self.opening = loop.create_task(self._open(loop))
        await asyncio.shield(self.opening)

    async def close(self) -> None:
        """Finish what is under way and close the connections."""
        if self.loop is None:
            return
        if self.background:
            await asyncio.gather(*self.background, return_exceptions=True)
        await self.writer.close()
        while not self.readers.empty():
            await self.readers.get_nowait().close()
        self.loop = self.opening = None

    async def _run_in_new_connection(
        self, query: str, args: list[Any] | None = None, query_type: str = "generic", table: Any = None
    ) -> Any:
        await self.open()
        if query.lstrip()[:6].upper() == "SELECT":
            reader = await self.readers.get()
            try:
                return await reader.execute_fetchall(query, args or [])
            finally:
                self.readers.put_nowait(reader)
        async with self.writer_lock:
            return await self.writer.execute_fetchall(query, args or [])

    async def _run_in_existing_connection(
        self,
        connection: aiosqlite.Connection,
        query: str,
        args: list[Any] | None = None,
        query_type: str = "generic",
        table: Any = None,
    ) -> Any:
        return await connection.execute_fetchall(query, args or [])

    def transaction(
        self, transaction_type: TransactionType = TransactionType.immediate, allow_nested: bool = True
    ) -> WriterTransaction:
        """Begin a write transaction; it waits its turn behind the others of this process."""
        return WriterTransaction(engine=self, transaction_type=TransactionType.immediate, allow_nested=allow_nested)
