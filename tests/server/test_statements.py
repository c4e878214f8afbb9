"""Statements written as SQL: the same text on both engines, and reads that hold up nobody."""

import asyncio
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.database import in_one_transaction, make_engine, migrate, opened, transaction
from server.events import event_row
from server.sqlite_library import sqlite3
from server.statements import Row, ask, insert
from server.tables import CounterTable, EventTable

AT = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)


def told(subject: str) -> Row:
    return event_row("test.told", "test", subject, actor=None, before=None, after={"n": 1}, at=AT)


async def test_what_is_inserted_is_read_back_with_its_types(database_url: str):
    """The query builder reads these rows elsewhere: nothing may depend on who wrote them."""
    async with opened(make_engine(database_url)):
        await migrate()

        rows = await in_one_transaction(lambda: insert(EventTable, [told("a"), told("b")], "RETURNING seq, subject_id"))

        assert [row["subject_id"] for row in rows] == ["a", "b"]
        built = await EventTable.select().where(EventTable.subject_id == "a").first()
        asked = (await ask("SELECT * FROM event WHERE subject_id = {}", "a"))[0]
        assert built is not None
        assert asked == built
        assert asked["at"] == AT
        assert asked["job_attempts"] == 0


async def test_lists_and_single_values_find_their_places(database_url: str):
    """A value that takes its neighbour's place is a receipt for somebody else's photo."""
    async with opened(make_engine(database_url)):
        await migrate()
        await in_one_transaction(lambda: insert(EventTable, [told(name) for name in "abcd"]))

        rows = await ask(
            "SELECT subject_id FROM event WHERE action = {} AND subject_id IN ({*}) AND subject_id <> {} ORDER BY seq",
            "test.told",
            ["a", "c", "d"],
            "c",
        )

        assert [row["subject_id"] for row in rows] == ["a", "d"]


async def test_a_value_is_never_part_of_the_statement(database_url: str):
    """Braces, quotes and placeholders in what a phone sends are text."""
    odd = """'; DROP TABLE event; -- {} {*} ? $1"""
    async with opened(make_engine(database_url)):
        await migrate()
        await in_one_transaction(lambda: insert(EventTable, [told(odd[:64])]))

        assert [row["n"] for row in await ask("SELECT count(*) AS n FROM event WHERE subject_id = {}", odd[:64])] == [1]


async def test_what_was_asked_in_a_failed_transaction_is_undone(database_url: str):
    """The way in writes several rows: all of them or none."""

    async def fail() -> None:
        await insert(EventTable, [told("half")])
        raise RuntimeError("the disk is on fire")

    async with opened(make_engine(database_url)):
        await migrate()
        with pytest.raises(RuntimeError):
            await in_one_transaction(fail)
        with pytest.raises(RuntimeError):
            async with transaction():
                await fail()

        assert await ask("SELECT seq FROM event WHERE subject_id = {}", "half") == []


async def test_the_embedded_database_is_not_written_without_a_transaction(sqlite_url: str):
    """The connection that answers at once is for reading: a write beside the one writer would be refused at random."""
    async with opened(make_engine(sqlite_url)):
        await migrate()

        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            await ask("UPDATE counter SET value = 7 WHERE name = 'receipt'")

        row = await CounterTable.select(CounterTable.value).where(CounterTable.name == "receipt").first()
        assert row == {"value": 0}


async def test_a_commit_of_another_process_is_waited_for_beside_the_event_loop(sqlite_url: str, without_log: None):
    """Without a write-ahead log a command holds the file for a moment: phones that are sending must not stand still."""
    async with opened(make_engine(sqlite_url)):
        await migrate()
        locked, done = threading.Event(), threading.Event()

        def hold() -> None:
            other = sqlite3.connect(Path(sqlite_url.removeprefix("sqlite:///")), isolation_level=None)
            other.execute("BEGIN EXCLUSIVE")
            locked.set()
            done.wait(20)
            other.execute("COMMIT")
            other.close()

        holder = asyncio.create_task(asyncio.to_thread(hold))
        await asyncio.to_thread(locked.wait)
        asked = asyncio.create_task(ask("SELECT value FROM counter WHERE name = 'receipt'"))

        # The loop goes on: were it blocked, this would not be reached before the other gives up.
        for _ in range(20):
            await asyncio.sleep(0.01)
        assert not asked.done()
        done.set()

        assert await asyncio.wait_for(asked, 20) == [{"value": 0}]
        await holder


async def test_with_a_write_ahead_log_a_read_waits_for_nobody(sqlite_url: str, with_log: None):
    """Another process that writes, and a transaction of this one that thinks, hold up no phone that asks."""
    async with opened(make_engine(sqlite_url)):
        await migrate()
        other = sqlite3.connect(Path(sqlite_url.removeprefix("sqlite:///")), isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")

        asked = ask("SELECT value FROM counter WHERE name = 'receipt'")
        assert await asyncio.wait_for(asked, 5) == [{"value": 0}]
        queried = CounterTable.select(CounterTable.value).where(CounterTable.name == "receipt").first()
        assert await asyncio.wait_for(queried, 5) == {"value": 0}

        other.execute("COMMIT")
        other.close()


async def test_reads_at_once_see_every_commit_that_was_answered(sqlite_url: str, either_journal: None):
    """A phone that was told "received" and asks again on the next line must find it there."""
    async with opened(make_engine(sqlite_url)):
        await migrate()

        async def go(name: str) -> None:
            for k in range(20):
                subject = f"{name}{k}"
                await in_one_transaction(lambda subject=subject: insert(EventTable, [told(subject)]))
                assert len(await ask("SELECT seq FROM event WHERE subject_id = {}", subject)) == 1

        await asyncio.gather(*[go(name) for name in "abcdef"])

        assert (await ask("SELECT count(*) AS n FROM event WHERE action = {}", "test.told"))[0]["n"] == 120
