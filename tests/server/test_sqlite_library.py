"""One SQLite for the whole process, and one that is new enough for its write-ahead log."""

import platform
import re
import sys
from datetime import UTC, datetime

import pytest

from server.database import in_one_transaction, make_engine, migrate, opened
from server.events import event_row
from server.sqlite_engine import safe_journal
from server.sqlite_library import sqlite3
from server.statements import insert
from server.tables import EventTable
from tests.support.source import ROOT

AT = datetime(2026, 11, 26, 8, 0, 0, 123456, tzinfo=UTC)


@pytest.mark.skipif((sys.platform, platform.machine()) != ("linux", "x86_64"), reason="no wheel of pysqlite3 for this")
def test_the_version_here_is_safe_with_a_write_ahead_log():
    """The lock names a package for this platform: it must be the one in use, and bring a mended version."""
    assert sqlite3.__name__ == "pysqlite3"
    assert safe_journal(sqlite3.sqlite_version_info) == ("WAL", "FULL")


async def test_what_the_query_builder_reads_has_its_types(sqlite_url: str):
    """It tells Python's own library how columns are read; the one in use is told too."""
    async with opened(make_engine(sqlite_url)):
        await migrate()
        row = event_row("test.told", "test", "a", actor=None, before=None, after={"n": 1}, at=AT)
        await in_one_transaction(lambda: insert(EventTable, [row]))

        (found,) = await EventTable.select(EventTable.at)

        assert found["at"] == AT


def test_nothing_else_opens_a_database_by_itself():
    """Two SQLite libraries on one file drop each other's locks."""
    own = re.compile(r"^\s*(import|from) sqlite3\b", re.MULTILINE)
    modules = [file for folder in ("server", "geo", "inspections") for file in (ROOT / folder).rglob("*.py")]

    direct = [file.relative_to(ROOT).as_posix() for file in modules if own.search(file.read_text(encoding="utf-8"))]

    assert direct == ["server/sqlite_library.py"]
