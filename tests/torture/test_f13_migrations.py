"""F13: `yanshou migrate` is killed at random points; in the end the schema is that of an unkilled run."""

import contextlib
import os
import random
import signal
import time
from pathlib import Path

import pytest

from tests.torture.audit import rows
from tests.torture.figures import report
from tests.torture.servers import Site, Sites
from tests.torture.sizes import size

SCHEMA = {
    "sqlite": ["SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY 1, 2"],
    "postgres": [
        "SELECT table_name::text, column_name::text, data_type::text, is_nullable::text, column_default::text"
        " FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2",
        "SELECT tablename::text, indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2",
        "SELECT conname::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid::regclass::text"
        " NOT LIKE 'pg_%' ORDER BY 1, 2",
    ],
}


async def schema(site: Site) -> list[tuple[object, ...]]:
    """Everything that is a table, a column, an index or a constraint."""
    return [row for sql in SCHEMA[site.engine] for row in await rows(site.database_url, sql)]


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_a_killed_migration_is_finished_by_the_next(engine: str, sites: Sites, tmp_path: Path):
    """Nobody has to mend a database by hand because the power failed during an update."""
    chance = random.Random(size("SEED"))
    unkilled = sites.empty(engine, tmp_path)
    began = time.monotonic()
    assert unkilled.run("migrate") == 0, unkilled.log.read_text()[-2000:]
    takes_s = time.monotonic() - began
    wanted = await schema(unkilled)
    kills = finished = differing = broken = 0
    while kills < size("MIGRATION_KILLS"):
        site = sites.empty(engine, tmp_path)
        for _ in range(chance.randint(1, 3)):
            pid = site.nursery.start(["migrate"], site.environment, site.log)
            time.sleep(chance.uniform(0.02, takes_s))
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            kills += site.nursery.wait(pid) == -signal.SIGKILL
        broken += site.run("migrate") != 0
        finished += 1
        differing += await schema(site) != wanted
        if engine == "postgres":
            sites.cluster.drop(site.database_url)
    report("F13", engine=engine, kills=kills, databases=finished, broken=broken, differing=differing)

    assert len(wanted) > 10
    assert broken == differing == 0
