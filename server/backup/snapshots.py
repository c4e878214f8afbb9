"""
One moment of the database: saved to a file, and asked what it held at exactly that moment.

SQLite writes a copy with VACUUM INTO (which also proves that every page can be read) and the copy is asked.
PostgreSQL exports a snapshot; pg_dump and our questions look through the same one.
"""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal, Protocol
from uuid import uuid4

import asyncpg
from piccolo.engine.postgres import PostgresEngine

from server import tables
from server.backup.durable import beside, copy_whole, settle
from server.backup.errors import BackupDamaged, BackupRefused
from server.backup.postgres_tools import other_database, run_program
from server.database import AnyEngine, make_engine
from server.sqlite_engine import BUSY_TIMEOUT_S, PooledSQLiteEngine
from server.sqlite_library import sqlite3

Kind = Literal["sqlite", "postgres"]
TRIAL_PREFIX = "yanshou_trial_"
# A run that is at work holds a connection under the name of its trial, from before the trial is made until it is gone.
_ABANDONED = """SELECT datname FROM pg_database
    WHERE datname ~ $1 AND pg_get_userbyid(datdba) = current_user AND NOT EXISTS (
        SELECT FROM pg_stat_activity AS session
        WHERE session.application_name = pg_database.datname OR session.datname = pg_database.datname)"""
SUFFIX: dict[Kind, str] = {"sqlite": "sqlite", "postgres": "dump"}


class Snapshot(Protocol):
    """A moment of the database."""

    def rows(self, sql: str) -> AsyncIterator[tuple[Any, ...]]:
        """Ask it."""


def kind_of(engine: AnyEngine) -> Kind:
    """Say which kind of database an engine speaks to."""
    return "postgres" if isinstance(engine, PostgresEngine) else "sqlite"


def table_names() -> list[str]:
    """Name the tables of the program."""
    return sorted(getattr(tables, name)._meta.tablename for name in tables.__all__)


@contextlib.asynccontextmanager
async def saved(engine: AnyEngine, target: Path) -> AsyncIterator[Snapshot]:
    """
    Save the database to a file, durable, and hold the moment open for questions.

    Raises:
        BackupRefused: pg_dump is missing or refuses.
        BackupDamaged: A page of the SQLite file cannot be read.
    """
    temporary = beside(target)
    temporary.unlink(missing_ok=True)
    if isinstance(engine, PostgresEngine):
        async with _exported(engine) as (connection, name):
            arguments = ["--format=custom", "--compress=1", "--no-owner", "--no-privileges"]
            await run_program(
                "pg_dump",
                _dsn(engine),
                *arguments,
                f"--snapshot={name}",
                f"--file={temporary}",
                "--lock-wait-timeout=60s",
            )
            await asyncio.to_thread(settle, temporary, target)
            yield _Exported(connection)
    else:
        await asyncio.to_thread(_vacuum, engine.path, temporary)
        await asyncio.to_thread(settle, temporary, target)
        yield _Copied(target)


@contextlib.asynccontextmanager
async def unpacked(kind: Kind, file: Path, *, url: str, folder: Path) -> AsyncIterator[AnyEngine]:
    """
    Restore a saved database on trial, beside the real one, for the length of a block; nothing is bound or open yet.

    Args:
        kind: What wrote the file.
        file: The saved database.
        url: Where the real PostgreSQL is; the trial gets a database of its own there.
        folder: Where a trial copy of SQLite may be written.

    Raises:
        BackupRefused: The account may not create a database.
    """
    name = f"{TRIAL_PREFIX}{uuid4().hex[:12]}"
    if kind == "sqlite":
        copy = folder / f"{name}.sqlite"
        try:
            await asyncio.to_thread(shutil.copyfile, file, copy)
            yield make_engine(f"sqlite:///{copy}")
        finally:
            for suffix in ("", "-journal", "-wal", "-shm"):
                copy.with_name(copy.name + suffix).unlink(missing_ok=True)
        return
    connection = await asyncpg.connect(url, server_settings={"application_name": name})
    try:
        try:
            await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        except asyncpg.InsufficientPrivilegeError as error:
            raise BackupRefused(
                "the restore check needs a database of its own on the server, and this account may not create one: "
                "ALTER ROLE … CREATEDB, or give --trial-url"
            ) from error
        try:
            await load(kind, file, other_database(url, name))
            yield make_engine(other_database(url, name))
        finally:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close()


async def drop_abandoned_trials(url: str) -> list[str]:
    """
    Drop the trial databases of runs that were killed; one that a run uses, here or on another machine, is left alone.

    Args:
        url: Of a PostgreSQL server's account; only what this account made is looked at.

    Returns:
        Their names.
    """
    dropped = []
    connection = await asyncpg.connect(url)
    try:
        for row in await connection.fetch(_ABANDONED, f"^{TRIAL_PREFIX}[0-9a-f]{{12}}$"):
            # Without FORCE: of two runs that clear up at once one finds it gone, and a session nobody told of keeps it.
            with contextlib.suppress(asyncpg.InvalidCatalogNameError, asyncpg.ObjectInUseError):
                await connection.execute(f'DROP DATABASE "{row["datname"]}"')
                dropped.append(row["datname"])
    finally:
        await connection.close()
    return dropped


async def load(kind: Kind, file: Path, url: str) -> None:
    """
    Put a saved database in place: whole or not at all.

    Args:
        kind: What wrote the file; `url` must be of the same kind.
        file: The saved database.
        url: An empty PostgreSQL database, or an SQLite file that does not exist.
    """
    if kind == "postgres":
        arguments = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
        await run_program("pg_restore", url, *arguments, str(file))
        return
    await asyncio.to_thread(copy_whole, file, Path(sqlite_path(url)))


def sqlite_path(url: str) -> str:
    """Return the file an SQLite address names."""
    engine = make_engine(url)
    assert isinstance(engine, PooledSQLiteEngine)
    path: str = engine.path
    return path


class _Copied:
    """Questions to a copy of an SQLite database."""

    def __init__(self, file: Path) -> None:
        self.file = file

    async def rows(self, sql: str) -> AsyncIterator[tuple[Any, ...]]:
        """See Snapshot."""
        with contextlib.closing(sqlite3.connect(f"file:{self.file}?mode=ro&immutable=1", uri=True)) as connection:
            for row in connection.execute(sql):
                yield row


class _Exported:
    """Questions to PostgreSQL through the snapshot pg_dump used."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def rows(self, sql: str) -> AsyncIterator[tuple[Any, ...]]:
        """See Snapshot."""
        async for row in self.connection.cursor(sql, prefetch=2000):
            yield tuple(row)


@contextlib.asynccontextmanager
async def _exported(engine: PostgresEngine) -> AsyncIterator[tuple[Any, str]]:
    connection = await engine.get_new_connection()
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            name = await connection.fetchval("SELECT pg_export_snapshot()")
            yield connection, name
    finally:
        await connection.close()


def _vacuum(source: str, target: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(source, timeout=BUSY_TIMEOUT_S, isolation_level=None)) as connection:
            connection.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.DatabaseError as error:
        target.unlink(missing_ok=True)
        raise BackupDamaged(f"SQLite could not copy {source}: {error}") from error


def _dsn(engine: PostgresEngine) -> str:
    dsn: str = engine.config["dsn"]
    return dsn
