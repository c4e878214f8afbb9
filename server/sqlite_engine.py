"""
SQLite for one machine: one writer and a few readers, kept open.

Piccolo's own engine opens a connection, and with it a thread, for every query, and its deferred transactions fail
under load (docs/decisions/0003). Here writes queue on one connection with BEGIN IMMEDIATE, in the order they came;
reads outside a transaction use a reader. One event loop at a time; `close()` before the loop ends.

Each statement is a visit to a connection's thread, and a visit costs more than most statements. In a transaction that
waits for nothing but its own statements only the commit is one, because it waits for the disk
(`in_one_transaction`); what is read by key on the way in is read without any (`ask`).
"""

import asyncio
import contextvars
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import aiosqlite
from piccolo.engine.sqlite import SQLiteEngine, SQLiteTransaction, TransactionType, dict_factory

from server.sqlite_library import sqlite3

READERS = 4
ROWS_A_VISIT = 64
LOG_LIMIT_BYTES = 64 * 1024 * 1024
# 16 MB: most pages are written again and again, and each checkpoint writes them back once.
CHECKPOINT_PAGES = 4_000
BUSY_TIMEOUT_S = 30

Result = TypeVar("Result")


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


class Gate:
    """
    Reads side by side, a commit alone.

    Without a write-ahead log SQLite has it so in any case, but its connections learn of each other by sleeping and
    trying again. Here they wait in turn and are woken. Commits follow one another already: there is one writer.
    """

    def __init__(self) -> None:
        self._reading = 0
        self._shut: asyncio.Event | None = None
        self._empty: asyncio.Event | None = None

    async def pass_by(self) -> None:
        """Return when no commit is waiting or under way; until the caller waits for something, none begins."""
        while self._shut is not None:
            await self._shut.wait()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Read, unless a commit is waiting or under way."""
        await self.pass_by()
        self._reading += 1
        try:
            yield
        finally:
            self._reading -= 1
            if not self._reading and self._empty is not None:
                self._empty.set()

    @asynccontextmanager
    async def committing(self) -> AsyncIterator[None]:
        """Let nobody begin to read, wait for those who do, and commit."""
        self._shut, self._empty = asyncio.Event(), asyncio.Event()
        try:
            if self._reading:
                await self._empty.wait()
            yield
        finally:
            self._shut.set()
            self._shut = self._empty = None


class OpenGate(Gate):
    """With a write-ahead log nobody need wait: a read sees what was committed when it began."""

    async def pass_by(self) -> None:
        """Return at once."""

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Read."""
        yield

    @asynccontextmanager
    async def committing(self) -> AsyncIterator[None]:
        """Commit."""
        yield


@dataclass(frozen=True, slots=True)
class Visit:
    """What queries of a transaction in one visit find as their transaction: they run where they are asked."""

    connection: sqlite3.Connection


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

    async def begin(self) -> None:
        """BEGIN; another process that is writing is waited for."""
        await self.engine.on_writer(f"BEGIN {self.transaction_type.value}")

    async def commit(self) -> None:
        """COMMIT; without a write-ahead log another process that is reading is waited for."""
        await self.engine.on_writer("COMMIT")
        self._committed = True

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
                    async with self.engine.gate.committing():
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

    __slots__ = ("background", "gate", "glance", "loop", "opening", "readers", "writer", "writer_lock")

    def __init__(self, path: str) -> None:
        super().__init__(path=path, timeout=BUSY_TIMEOUT_S, check_same_thread=False)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.opening: asyncio.Task[None] | None = None
        self.background: set[asyncio.Future[Any]] = set()

    def keep(self, work: Coroutine[Any, Any, Result]) -> "asyncio.Future[Result]":
        """Run to its end whatever happens to the caller; the reference keeps it from being collected."""
        task = asyncio.ensure_future(work)
        self.background.add(task)
        task.add_done_callback(self.background.discard)
        return task

    async def _connect(self) -> aiosqlite.Connection:
        connection = aiosqlite.Connection(partial(sqlite3.connect, **self.connection_kwargs), ROWS_A_VISIT)
        connection._thread.daemon = True  # Otherwise every command that forgets to close hangs at its end.
        await connection
        connection.row_factory = dict_factory  # type: ignore[assignment]
        journal, synchronous = safe_journal(sqlite3.sqlite_version_info)
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_S * 1000}",
            f"journal_mode={journal}",
            f"journal_size_limit={LOG_LIMIT_BYTES}",
            f"wal_autocheckpoint={CHECKPOINT_PAGES}",
            f"synchronous={synchronous}",
            "foreign_keys=1",
        ):
            await connection.execute(f"PRAGMA {pragma}")
        return connection

    async def get_connection(self) -> aiosqlite.Connection:
        """A connection of the caller's own, for a query read in batches."""
        return await self._connect()

    def _connect_here(self) -> sqlite3.Connection:
        """A connection for the event loop itself: it reads, and never waits for another process."""
        connection: sqlite3.Connection = sqlite3.connect(**{**self.connection_kwargs, "timeout": 0})
        connection.row_factory = dict_factory
        connection.execute("PRAGMA query_only=1")
        return connection

    async def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        journal, _ = safe_journal(sqlite3.sqlite_version_info)
        self.writer_lock, self.gate = asyncio.Lock(), OpenGate() if journal == "WAL" else Gate()
        self.readers: asyncio.LifoQueue[aiosqlite.Connection] = asyncio.LifoQueue()
        self.writer = await self._connect()
        # The event loop begins transactions on it, and must not wait; `on_writer` does.
        await self.writer.execute("PRAGMA busy_timeout=0")
        for _ in range(READERS):
            self.readers.put_nowait(await self._connect())
        self.glance = self._connect_here()
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
        self.glance.close()
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
                async with self.gate.reading():
                    return await reader.execute_fetchall(query, args or [])
            finally:
                self.readers.put_nowait(reader)
        async with self.writer_lock, self.gate.committing():
            return await self.on_writer(query, args or [])

    async def on_writer(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """Run a statement in the writer's thread, where another process that holds the file can be waited for."""
        rows: list[Any] = await self.writer._execute(_patiently, self.writer._conn, query, values)
        return rows

    async def _run_in_existing_connection(
        self,
        connection: aiosqlite.Connection | sqlite3.Connection,
        query: str,
        args: list[Any] | None = None,
        query_type: str = "generic",
        table: Any = None,
    ) -> Any:
        if isinstance(connection, sqlite3.Connection):
            return connection.execute(query, args or []).fetchall()
        return await connection.execute_fetchall(query, args or [])

    async def ask(self, query: str, values: list[Any]) -> list[dict[str, Any]]:
        """
        Run a statement in the transaction that is open, else read a few rows by their keys.

        Without one it reads in the event loop's own thread: some microseconds, where a visit to another thread is two
        changes of thread and a dozen hand-overs of the interpreter's lock. So it is for indexed look-ups alone.
        """
        transaction = self.current_transaction.get()
        if transaction is not None:
            rows = await self._run_in_existing_connection(transaction.connection, query, values)
            return list(rows)
        if self.loop is not asyncio.get_running_loop():
            await self.open()
        await self.gate.pass_by()
        try:
            return self.glance.execute(query, values).fetchall()
        except sqlite3.OperationalError as error:
            if not _is_busy(error):
                raise
        # Another process commits just now: that is waited for in a thread.
        return list(await self._run_in_new_connection(query, values))

    async def in_one_transaction(self, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """
        Make a transaction with a single visit to the writer's thread, its commit; it is seen through whatever happens
        to the caller.

        In that thread each statement would give the interpreter's lock away and wait in line for it behind the event
        loop, which takes longer than the statement.

        Args:
            work: Awaits nothing but queries; these run in the event loop's own thread.
        """
        await self.open()
        context = contextvars.copy_context()

        async def go() -> Result:
            async with self.writer_lock:
                connection: sqlite3.Connection = self.writer._conn
                if not _begun_at_once(connection):
                    await self.on_writer("BEGIN IMMEDIATE")
                try:
                    context.run(self.current_transaction.set, Visit(connection))  # type: ignore[arg-type]
                    result = context.run(_drive, work())
                    async with self.gate.committing():
                        await self.on_writer("COMMIT")
                except BaseException:
                    await self.writer._execute(_roll_back, connection)
                    raise
                return result

        return await asyncio.shield(self.keep(go()))

    def transaction(
        self, transaction_type: TransactionType = TransactionType.immediate, allow_nested: bool = True
    ) -> WriterTransaction:
        """Begin a write transaction; it waits its turn behind the others of this process."""
        return WriterTransaction(engine=self, transaction_type=TransactionType.immediate, allow_nested=allow_nested)


def _is_busy(error: sqlite3.OperationalError) -> bool:
    """Whether another process holds the file."""
    return bool(error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY)


def _begun_at_once(connection: sqlite3.Connection) -> bool:
    """BEGIN, unless another process is writing just now: the event loop does not wait for it."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if not _is_busy(error):
            raise
        return False
    return True


def _patiently(connection: sqlite3.Connection, query: str, values: Sequence[Any]) -> list[Any]:
    """Run a statement on a connection that never waits, and where that is needed let it."""
    try:
        return connection.execute(query, values).fetchall()
    except sqlite3.OperationalError as error:
        if not _is_busy(error):
            raise
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_S * 1000}")
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.execute("PRAGMA busy_timeout=0")


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:  # A full or failing disk made SQLite roll back by itself.
        connection.execute("ROLLBACK")


def _drive(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine that never waits."""
    try:
        work.send(None)
    except StopIteration as end:
        result: Result = end.value
        return result
    work.close()
    raise RuntimeError("a transaction in one visit waited for something else than its own statements")
