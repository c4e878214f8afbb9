"""The database: which engine, bound to the tables, brought to the newest migration."""

import asyncio
import contextlib
import io
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from piccolo.apps.migrations.commands.forwards import run_forwards
from piccolo.apps.migrations.tables import Migration

from server import tables
from server.postgres_engine import PooledPostgresEngine
from server.settings import name_piccolo_conf
from server.sqlite_engine import PooledSQLiteEngine

AnyEngine = PooledSQLiteEngine | PooledPostgresEngine
Result = TypeVar("Result")

POOL_MIN, POOL_MAX = 2, 8
# Any 64-bit number that nothing else in the database uses.
MIGRATION_LOCK = 7_309_404_223_041


class DatabaseUnusable(Exception):
    """The database address is wrong or a migration failed; the text says which."""


def make_engine(url: str) -> AnyEngine:
    """
    Build the engine an address names; nothing is opened yet.

    Args:
        url: `sqlite:///path` or `postgres://user:password@host:port/name`.

    Raises:
        DatabaseUnusable: Another scheme.

    >>> make_engine("sqlite:////srv/yanshou.sqlite").path
    '/srv/yanshou.sqlite'
    """
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        return PooledSQLiteEngine(path=rest.removeprefix("/") if rest.startswith(("/:", "//")) else rest)
    if scheme in {"postgres", "postgresql"}:
        return PooledPostgresEngine(url)
    raise DatabaseUnusable(f"YANSHOU_DATABASE_URL must begin with sqlite:/// or postgres://, not {scheme}://")


def bind(engine: AnyEngine) -> None:
    """Make every table speak to this engine; the last call wins."""
    for name in tables.__all__:
        getattr(tables, name)._meta._db = engine
    Migration._meta._db = engine
    conf = sys.modules.get("server.piccolo_conf")
    if conf is not None:
        conf.DB = engine  # type: ignore[attr-defined]


def engine() -> AnyEngine:
    """Return the engine the tables speak to."""
    bound: AnyEngine = tables.EventTable._meta.db  # type: ignore[assignment]
    return bound


def is_postgres() -> bool:
    """Whether the bound engine is PostgreSQL."""
    return isinstance(engine(), PooledPostgresEngine)


def transaction() -> Any:
    """Begin a transaction on the bound engine; every action opens exactly one."""
    return engine().transaction()


async def in_one_transaction(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """
    Make a transaction as cheaply as the engine can, for a task that nobody cancels (`server.grouping`).

    Args:
        work: Makes the changes; it waits for nothing but its own statements.
    """
    return await engine().in_one_transaction(work)


@asynccontextmanager
async def opened(bound: AnyEngine) -> AsyncIterator[AnyEngine]:
    """Hold the engine's connections open for the length of a block, in the running event loop."""
    bind(bound)
    if isinstance(bound, PooledPostgresEngine):
        await bound.start_connection_pool(min_size=POOL_MIN, max_size=POOL_MAX)
    else:
        Path(bound.path).parent.mkdir(parents=True, exist_ok=True)
        await bound.open()
    try:
        yield bound
    finally:
        if isinstance(bound, PooledPostgresEngine):
            await bound.close_connection_pool()
        else:
            await bound.close()


@asynccontextmanager
async def opened_as_it_is(url: str) -> AsyncIterator[AnyEngine]:
    """
    Open the database of an installation for the length of a block; it must be there, and is not made.

    Raises:
        DatabaseUnusable: There is none, or nothing of this program is in it.
    """
    bound = make_engine(url)
    file = Path(bound.path) if isinstance(bound, PooledSQLiteEngine) else None
    where = file or "the database of YANSHOU_DATABASE_URL"
    refusal = DatabaseUnusable(
        f"{where} holds no data of this program. Are YANSHOU_DATA and YANSHOU_DATABASE_URL those of the server "
        "(EnvironmentFile=)? A new installation is made by yanshou migrate."
    )
    if file is not None and not await asyncio.to_thread(file.exists):
        raise refusal
    async with opened(bound):
        catalogue = "pg_tables" if file is None else "(SELECT name AS tablename FROM sqlite_master) AS tables"
        if not await tables.EventTable.raw(f"SELECT 1 FROM {catalogue} WHERE tablename = 'event'"):  # noqa: S608
            raise refusal
        yield bound


async def migrate() -> None:
    """
    Apply the migrations that are missing; safe to call at every start and by several processes at once.

    Raises:
        DatabaseUnusable: A migration failed; it left nothing behind.
    """
    name_piccolo_conf()
    bound = engine()
    from server import (
        piccolo_conf,  # Imported late: it reads the settings, and the tables may be bound to another engine.
    )

    piccolo_conf.DB = bound
    printed = io.StringIO()
    # One transaction round all: Piccolo notes a migration after its commit, and killed in between would apply it twice.
    async with _alone(bound), bound.transaction():
        with contextlib.redirect_stdout(printed):
            result = await run_forwards("server")
        if not result.success:
            raise DatabaseUnusable(f"a migration failed: {result.message}\n{printed.getvalue()}")


@asynccontextmanager
async def _alone(bound: AnyEngine) -> AsyncIterator[None]:
    """Let one process migrate at a time. On SQLite each migration is an immediate transaction, which is enough."""
    if not isinstance(bound, PooledPostgresEngine):
        yield
        return
    connection = await bound.get_new_connection()
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
        yield
    finally:
        await connection.close()
