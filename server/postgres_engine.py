"""
PostgreSQL with a pool that gets every connection back.

Piccolo's own transaction keeps its connection when BEGIN, COMMIT or ROLLBACK fails or is cancelled: eight of those, and
the pool is empty, every request waits and the server does not end. Here the connection goes back whatever happened;
the pool itself throws away one that is broken.
"""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from typing import Any

from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

logger = logging.getLogger("yanshou.database")

CLOSE_WITHIN_S = 5.0


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

    __slots__ = ("background",)

    def __init__(self, url: str) -> None:
        super().__init__(config={"dsn": url}, extensions=())
        self.background: set[asyncio.Future[None]] = set()

    def keep(self, work: Coroutine[Any, Any, None]) -> "asyncio.Future[None]":
        """Run to its end whatever happens to the caller; the reference keeps it from being collected."""
        task = asyncio.ensure_future(work)
        self.background.add(task)
        task.add_done_callback(self.background.discard)
        return task

    async def ask(self, query: str, values: list[Any]) -> list[dict[str, Any]]:
        """Run a statement in the transaction that is open, else on a connection of the pool."""
        transaction = self.current_transaction.get()
        if transaction is not None:
            return [dict(row) for row in await transaction.connection.fetch(query, *values)]
        return [dict(row) for row in await self._run_in_pool(query, values)]

    async def start_connection_pool(self, **kwargs: Any) -> None:
        """Open the pool. Nothing of ours changes a session, so a connection is not reset at each return."""
        await super().start_connection_pool(reset=_as_it_is, **kwargs)

    async def close_connection_pool(self) -> None:
        """Finish what is under way and close; a query that hangs is cut off rather than waited for."""
        if self.pool is None:
            return
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
