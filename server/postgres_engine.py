"""
PostgreSQL with a pool that gets every connection back.

Piccolo's own transaction keeps its connection when BEGIN, COMMIT or ROLLBACK fails or is cancelled: eight of those, and
the pool is empty, every request waits and the server does not end. Here the connection goes back whatever happened;
the pool itself throws away one that is broken.

Asking the pool and giving back takes longer than a look-up by key. So the way in (`ask`, `in_one_transaction`) keeps a
few connections at hand between two uses.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncpg
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

logger = logging.getLogger("yanshou.database")

CLOSE_WITHIN_S = 5.0
# Fewer than the pool has: whoever asks it finds the others.
AT_HAND = 3
# Longer than between two requests of a busy hour, shorter than any firewall forgets a line.
AT_HAND_S = 60.0

Result = TypeVar("Result")


async def _as_it_is(connection: Any) -> None:
    """Leave a returned connection alone; asyncpg itself has rolled back a transaction that was left open."""


class PooledTransaction(PostgresTransaction):
    """A transaction that is seen through, COMMIT and ROLLBACK included, whatever happens to the caller."""

    __slots__ = ()
    engine: "PooledPostgresEngine"

    async def __aenter__(self) -> "PostgresTransaction":
        """Take a connection, then BEGIN."""
        if self._parent is not None:
            return self._parent
        self.connection = await self.get_connection()  # type: ignore[no-untyped-call]
        try:
            self.transaction = self.connection.transaction()
            await self.begin()  # type: ignore[no-untyped-call]
        except BaseException:
            await self._give_back()
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(self, exception_type: Any, exception: Any, traceback: Any) -> bool:
        """COMMIT, or ROLLBACK when the block raised; then the connection goes back."""
        if self._parent is not None:
            return exception is None
        self.engine.current_transaction.reset(self.context)
        await asyncio.shield(self.engine.keep(self._finish(failed=exception is not None)))
        return exception is None

    async def _finish(self, *, failed: bool) -> None:
        try:
            if failed and not self._rolled_back:
                # A connection that is gone has rolled back by itself; the block's own error says more.
                with contextlib.suppress(Exception):
                    await self.rollback()  # type: ignore[no-untyped-call]
            elif not failed and not self._committed and not self._rolled_back:
                await self.commit()  # type: ignore[no-untyped-call]
        finally:
            await self._give_back()

    async def _give_back(self) -> None:
        if self.engine.pool:
            await self.engine.pool.release(self.connection)
        else:
            await self.connection.close()


class PooledPostgresEngine(PostgresEngine):
    """See the module's text."""

    __slots__ = ("at_hand", "background", "room")

    def __init__(self, url: str) -> None:
        super().__init__(config={"dsn": url}, extensions=())
        self.background: set[asyncio.Future[None]] = set()
        # With the moment it was last used at, in seconds of the event loop.
        self.at_hand: list[tuple[Any, float]] = []
        self.room = 0

    def keep(self, work: Coroutine[Any, Any, None]) -> "asyncio.Future[None]":
        """Run to its end whatever happens to the caller; the reference keeps it from being collected."""
        task = asyncio.ensure_future(work)
        self.background.add(task)
        task.add_done_callback(self.background.discard)
        return task

    async def ask(self, query: str, values: list[Any]) -> list[dict[str, Any]]:
        """Run a statement in the transaction that is open, else on a connection at hand."""
        transaction = self.current_transaction.get()
        if transaction is not None:
            return [dict(row) for row in await transaction.connection.fetch(query, *values)]
        async with self._connection() as connection:
            return [dict(row) for row in await connection.fetch(query, *values)]

    async def in_one_transaction(self, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """Make a transaction on a connection at hand. See `server.database`."""
        async with self._connection() as connection, connection.transaction():
            inside = PooledTransaction(engine=self)
            inside.connection = connection
            outside = self.current_transaction.set(inside)
            try:
                return await work()
            finally:
                self.current_transaction.reset(outside)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        """Lend a connection; one on which anything failed goes back to the pool, which looks at it."""
        pool, now_s = self.pool, asyncio.get_running_loop().time()
        assert pool is not None
        connection = self._usable(now_s) or await pool.acquire()
        try:
            yield connection
        except BaseException:
            await pool.release(connection)
            raise
        if len(self.at_hand) < self.room:
            self.at_hand.append((connection, now_s))
        else:
            await pool.release(connection)

    def _usable(self, now_s: float) -> Any:
        """Take a connection at hand that is open and was used a while ago at most; None when there is none."""
        while self.at_hand:
            connection, used_s = self.at_hand.pop()
            with contextlib.suppress(asyncpg.InterfaceError):  # It ended by itself, and the pool has it back.
                if now_s - used_s < AT_HAND_S and not connection.is_closed():
                    return connection
                connection.terminate()
        return None

    async def start_connection_pool(self, **kwargs: Any) -> None:
        """Open the pool. Nothing of ours changes a session, so a connection is not reset at each return."""
        await super().start_connection_pool(reset=_as_it_is, **kwargs)
        self.room = AT_HAND

    async def close_connection_pool(self) -> None:
        """Finish what is under way and close; a query that hangs is cut off rather than waited for."""
        if self.pool is None:
            return
        self.room = 0
        while self.at_hand:
            await self.pool.release(self.at_hand.pop()[0])
        try:
            await asyncio.wait_for(self.pool.close(), CLOSE_WITHIN_S)
        except TimeoutError:
            logger.warning("a query did not end within %s s and was cut off", CLOSE_WITHIN_S)
            self.pool.terminate()
        finally:
            self.pool = None

    def transaction(self, allow_nested: bool = True) -> PooledTransaction:
        """Begin a transaction on a connection of the pool."""
        return PooledTransaction(engine=self, allow_nested=allow_nested)
