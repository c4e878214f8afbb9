import asyncio
import random
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import aiosqlite
import pytest
from piccolo.engine.sqlite import SQLiteEngine

from server.database import bind, engine, in_one_transaction, make_engine, migrate, opened, transaction
from server.sqlite_engine import BUSY_TIMEOUT_S, Gate, PooledSQLiteEngine, safe_journal
from server.sqlite_library import sqlite3
from server.tables import CounterTable


async def count_up() -> None:
    """Read, think, write: what most actions do."""
    async with transaction():
        row = await CounterTable.select(CounterTable.value).where(CounterTable.name == "receipt").first()
        assert row is not None
        await asyncio.sleep(0)
        await CounterTable.update({CounterTable.value: row["value"] + 1}).where(CounterTable.name == "receipt").run()


async def value() -> int:
    row = await CounterTable.select(CounterTable.value).where(CounterTable.name == "receipt").first()
    assert row is not None
    return int(row["value"])


async def test_many_transactions_at_once_all_succeed_and_none_is_lost(sqlite_url: str, either_journal: None):
    """Reading and then writing is what loses updates, or fails with "database is locked"."""
    async with opened(make_engine(sqlite_url)):
        await migrate()

        await asyncio.gather(*[count_up() for _ in range(64)])

        assert await value() == 64


async def test_the_stock_engine_fails_the_same_load(sqlite_url: str, tmp_path: Path):
    """The negative control: without the one writer the test above would not pass."""
    async with opened(make_engine(sqlite_url)):
        await migrate()
    bind(SQLiteEngine(path=sqlite_url.removeprefix("sqlite:///")))  # type: ignore[arg-type]

    results = await asyncio.gather(*[count_up() for _ in range(64)], return_exceptions=True)

    assert any(isinstance(result, aiosqlite.OperationalError) for result in results)


async def test_callers_that_go_away_leave_no_transaction_open(sqlite_url: str, either_journal: None):
    """A phone that loses its network cancels its request in the middle of BEGIN or COMMIT."""
    chance = random.Random(7)
    async with opened(make_engine(sqlite_url)):
        await migrate()
        done = 0
        for _ in range(150):
            tasks = [asyncio.create_task(count_up()) for _ in range(3)]
            await asyncio.sleep(chance.random() * 0.003)
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(result is None or isinstance(result, asyncio.CancelledError) for result in results)
            done += sum(result is None for result in results)

        # A commit is seen through although its caller was cancelled: the first of these waits behind it.
        await count_up()
        before = await value()
        await count_up()

        assert before >= done + 1
        assert await value() == before + 1


async def count_up_in_one_visit() -> None:
    async def work() -> None:
        row = await CounterTable.select(CounterTable.value).where(CounterTable.name == "receipt").first()
        assert row is not None
        await CounterTable.update({CounterTable.value: row["value"] + 1}).where(CounterTable.name == "receipt").run()

    await in_one_transaction(work)


async def test_transactions_in_one_visit_and_others_take_turns(sqlite_url: str, either_journal: None):
    """The way of the photos and the way of everything else share one writer; readers look on meanwhile."""
    async with opened(make_engine(sqlite_url)):
        await migrate()

        await asyncio.gather(*[count() for _ in range(32) for count in (count_up, value, count_up_in_one_visit, value)])

        assert await value() == 64


async def test_a_visit_that_fails_leaves_nothing_and_the_next_is_free(sqlite_url: str):
    """Also one that would wait for something else while the writer's thread is held: it is refused, not stuck."""

    async def fail() -> None:
        await CounterTable.update({CounterTable.value: 99}).where(CounterTable.name == "receipt").run()
        raise LookupError("half way")

    async def wait() -> None:
        await CounterTable.update({CounterTable.value: 99}).where(CounterTable.name == "receipt").run()
        await asyncio.sleep(0)

    async with opened(make_engine(sqlite_url)):
        await migrate()
        with pytest.raises(LookupError, match="half way"):
            await in_one_transaction(fail)
        with pytest.raises(RuntimeError, match="waited for something else"):
            await in_one_transaction(wait)

        await count_up_in_one_visit()

        assert await value() == 1


async def set_to_one() -> None:
    await CounterTable.update({CounterTable.value: 1}).where(CounterTable.name == "receipt").run()


@pytest.mark.parametrize("change", [count_up_in_one_visit, count_up, set_to_one])
async def test_the_event_loop_goes_on_while_another_process_writes(
    change: Callable[[], Awaitable[None]], sqlite_url: str, either_journal: None
):
    """A backup or a second server may hold the file for long; only who writes waits for it, and is not refused."""
    await change_while_another_process("BEGIN IMMEDIATE", change, sqlite_url)


@pytest.mark.parametrize("change", [count_up_in_one_visit, count_up, set_to_one])
async def test_a_commit_waits_for_another_process_that_reads(
    change: Callable[[], Awaitable[None]], sqlite_url: str, without_log: None
):
    """Without a write-ahead log a reader of another process, a backup, keeps a commit from being made for a while."""
    await change_while_another_process("BEGIN; SELECT count(*) FROM counter", change, sqlite_url)


async def change_while_another_process(holds: str, change: Callable[[], Awaitable[None]], sqlite_url: str) -> None:
    async with opened(make_engine(sqlite_url)):
        await migrate()
        with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
            for statement in holds.split("; "):
                other.execute(statement).fetchall()
            waiting = asyncio.ensure_future(change())

            # An event loop that waits itself is asleep for all of the busy timeout.
            async with asyncio.timeout(BUSY_TIMEOUT_S / 2):
                for _ in range(20):
                    await asyncio.sleep(0.01)
                    assert not waiting.done()
            other.execute("COMMIT")
        await waiting

        assert await value() == 1


async def test_a_caller_who_goes_away_during_a_visit_has_it_seen_through(sqlite_url: str, either_journal: None):
    """The bytes are durable by then; their row comes, whether or not the phone still listens."""
    async with opened(make_engine(sqlite_url)):
        await migrate()
        caller = asyncio.create_task(count_up_in_one_visit())
        while not caller.done() and not writer_is_busy():
            await asyncio.sleep(0)
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
        await count_up()

        assert await value() == 2


def writer_is_busy() -> bool:
    """Whether the writer has begun something."""
    bound = engine()
    assert isinstance(bound, PooledSQLiteEngine)
    return bound.writer_lock.locked()


async def test_nobody_reads_while_a_commit_is_made():
    """Else both would find the file locked, and sleep and try again instead of waiting for their turn."""
    gate, seen, now = Gate(), [], {"reading": 0, "committing": 0}

    async def stay(kind: str) -> None:
        now[kind] += 1
        seen.append(dict(now))
        await asyncio.sleep(0.001)
        now[kind] -= 1

    async def read() -> None:
        async with gate.reading():
            await stay("reading")

    async def commit() -> None:
        for _ in range(5):
            async with gate.committing():
                await stay("committing")
            await asyncio.sleep(0)

    await asyncio.gather(commit(), *[read() for _ in range(20)], readers_come_later(read))

    assert max(one["reading"] for one in seen) > 1
    assert all(not (one["reading"] and one["committing"]) for one in seen)
    assert sum(one["committing"] for one in seen) == 5


async def readers_come_later(read: Callable[[], Awaitable[None]]) -> None:
    """Readers that come while commits are being made."""
    for _ in range(10):
        await asyncio.sleep(0.0005)
        await read()


async def test_every_connection_is_as_safe_as_it_must_be(sqlite_url: str):
    """`synchronous` is a property of the connection, not of the file: each one is asked, through the engine."""
    async with opened(make_engine(sqlite_url)) as engine:
        assert isinstance(engine, PooledSQLiteEngine)
        connections = [engine.writer, *[engine.readers.get_nowait() for _ in range(engine.readers.qsize())]]
        facts = []
        for connection in connections:
            facts.append(
                [
                    next(iter((await (await connection.execute(f"PRAGMA {name}")).fetchone()).values()))
                    for name in ("synchronous", "foreign_keys", "journal_mode")
                ]
            )
            engine.readers.put_nowait(connection) if connection is not engine.writer else None

    journal, synchronous = safe_journal(sqlite3.sqlite_version_info)
    level = {"FULL": 2, "EXTRA": 3}[synchronous]
    assert facts == [[level, 1, journal.lower()]] * 5


@pytest.mark.parametrize(
    ("version", "journal"),
    [
        ((3, 40, 1), "TRUNCATE"),
        ((3, 44, 5), "TRUNCATE"),
        ((3, 44, 6), "WAL"),
        ((3, 45, 0), "TRUNCATE"),
        ((3, 50, 6), "TRUNCATE"),
        ((3, 50, 7), "WAL"),
        ((3, 51, 2), "TRUNCATE"),
        ((3, 51, 3), "WAL"),
        ((3, 53, 0), "WAL"),
    ],
)
def test_wal_is_used_only_where_its_fault_is_mended(version: tuple[int, int, int], journal: str):
    """Versions 3.7.0 to 3.51.2 can corrupt a WAL file, but for two backports."""
    assert safe_journal(version)[0] == journal


def test_a_program_that_forgets_to_close_still_ends(tmp_path: Path):
    """The connection's thread must not keep a command hanging at its end."""
    program = (
        "import asyncio\n"
        "from server.sqlite_engine import PooledSQLiteEngine\n"
        f"asyncio.run(PooledSQLiteEngine({str(tmp_path / 'a.sqlite')!r}).open())\n"
    )

    done = subprocess.run([sys.executable, "-c", program], timeout=20, check=False)

    assert done.returncode == 0
