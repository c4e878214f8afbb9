"""How SQLite answers the lists: it has no statistics, so what it plans for an empty county it does for a full one."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from server.database import engine, make_engine, migrate, opened
from server.settings import Settings
from server.sqlite_engine import PooledSQLiteEngine
from server.tables import PhotoTable
from tests.server.test_archive import archived
from tests.server.test_desk_plans import GROWING, LISTS
from tests.server.world import build_world


@pytest.fixture
async def county(sqlite_url: str, tmp_path: Path) -> AsyncIterator[None]:
    """A small county on SQLite with one submission and its photos."""
    settings = Settings(
        data=tmp_path, database_url=sqlite_url, photos_url=f"file://{tmp_path / 'photos'}", secret_key="k" * 40
    )
    async with opened(make_engine(sqlite_url)):
        await migrate()
        await archived(await build_world(settings))
        yield


@contextmanager
def queries() -> Iterator[list[Any]]:
    """Record what is asked of the database in a block."""
    asked: list[Any] = []
    run = PooledSQLiteEngine.run_querystring

    async def recorded(bound: PooledSQLiteEngine, querystring: Any, *arguments: Any, **named: Any) -> Any:
        asked.append(querystring)
        return await run(bound, querystring, *arguments, **named)

    with patch.object(PooledSQLiteEngine, "run_querystring", recorded):
        yield asked


async def faults(asked: list[Any]) -> list[str]:
    """Scans of a table that grows with the years, and sorts."""
    found = []
    for querystring in asked:
        text, arguments = querystring.compile_string(engine_type="sqlite")
        plan = await engine()._run_in_new_connection(f"EXPLAIN QUERY PLAN {text}", arguments)  # type: ignore[union-attr]
        for step in (row["detail"] for row in plan):
            word, _, rest = step.partition(" ")
            if "TEMP B-TREE" in step or (word == "SCAN" and rest.split()[0] in GROWING and "INDEX" not in rest):
                found.append(f"{step}: {text}")
    return found


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_is_read_from_an_index_in_its_order(county: None, name: str):
    """The embedded database serves a whole county: no list of it may be sorted or read through."""
    with queries() as asked:
        await LISTS[name]()

    assert asked
    assert await faults(asked) == []


async def test_the_check_sees_a_scan_and_a_sort(county: None):
    """Else the tests above would pass on anything."""
    with queries() as asked:
        await PhotoTable.select(PhotoTable.id).where(PhotoTable.size_bytes == 5).order_by(PhotoTable.media_type)

    assert [fault.split(":")[0] for fault in await faults(asked)] == ["SCAN photo", "USE TEMP B-TREE FOR ORDER BY"]
