"""F13: `yanshou migrate` is killed at random points; in the end the schema is that of an unkilled run."""

import contextlib
import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.torture.audit import rows
from tests.torture.figures import report
from tests.torture.phone.builds import earlier_release
from tests.torture.servers import Site, Sites
from tests.torture.sizes import size

# The release that is updated from; see tests/torture/phone/releases.
BEFORE = "bd3831e"
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


# Its photos are under no test here, and to sync each takes longer than the rest.
DEMO = "import os; os.fsync = lambda _file: None; from server.cli import main; main(['demo'])"
KILLED = "die_before_a_migration_is_noted"


@pytest.mark.parametrize(("faults", "mended"), [((KILLED,), True), ((KILLED, "migrate_in_pieces"), False)])
async def test_a_migration_and_the_note_of_it_are_one(
    faults: tuple[str, ...], mended: bool, sites: Sites, tmp_path: Path
):
    """The worst place to be killed at; a server that commits in between needs a person afterwards, and is seen."""
    site = sites.empty("sqlite", tmp_path)
    code = site.nursery.wait(site.nursery.start(["migrate"], site.environment, site.log, faults))
    broken = site.run("migrate") != 0
    if not mended:
        report("F13 control", engine="sqlite", fault="migrate_in_pieces", broken=int(broken))

    assert code == -signal.SIGKILL
    assert broken == (not mended)


def released(engine: str, sites: Sites, folder: Path) -> Site:
    """What a county has that updates: the schema of the release before, with the rows of its demonstration."""
    site = sites.empty(engine, folder)
    done = subprocess.run(
        [sys.executable, "-c", DEMO],
        cwd=earlier_release(BEFORE, folder / "source"),
        env={"PATH": os.environ["PATH"], **site.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return site


async def columns_of(site: Site) -> dict[str, list[str]]:
    """Every table but the list of migrations, with its columns."""
    sql = {
        "sqlite": "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c"
        " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'",
        "postgres": "SELECT table_name::text, column_name::text FROM information_schema.columns"
        " WHERE table_schema = 'public'",
    }[site.engine]
    found: dict[str, list[str]] = {}
    for table, column in await rows(site.database_url, sql):
        if table != "migration":
            found.setdefault(table, []).append(column)
    return found


async def digests_of(site: Site, columns: dict[str, list[str]]) -> dict[str, tuple[int, str]]:
    """Of each table: how many rows, and the SHA-256 of what these columns hold."""
    found = {}
    for table, names in columns.items():
        listed = ", ".join(f'"{name}"' for name in names)
        held = sorted(map(repr, await rows(site.database_url, f'SELECT {listed} FROM "{table}"')))
        found[table] = (len(held), hashlib.sha256("\n".join(held).encode()).hexdigest())
    return found


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_a_killed_update_of_a_released_database_alters_no_row(engine: str, sites: Sites, tmp_path: Path):
    """All that was in the tables is there afterwards, to the letter, whatever the update adds."""
    chance = random.Random(size("SEED"))
    model = released(engine, sites, tmp_path)
    columns = await columns_of(model)
    before = await digests_of(model, columns)
    unkilled = sites.copy(model, tmp_path)
    old = await schema(unkilled)
    began = time.monotonic()
    assert unkilled.run("migrate") == 0, unkilled.log.read_text()[-2000:]
    takes_s = time.monotonic() - began
    wanted = await schema(unkilled)
    kills = databases = broken = differing = altered = 0
    while kills < size("UPDATE_KILLS"):
        site = sites.copy(model, tmp_path)
        # First at the worst place, then wherever: a run that was quick may be over by then.
        for faults in ((KILLED,), ()):
            pid = site.nursery.start(["migrate"], site.environment, site.log, faults)
            if not faults:
                time.sleep(chance.uniform(0.02, takes_s))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            kills += site.nursery.wait(pid) == -signal.SIGKILL
            altered += await digests_of(site, columns) != before
        broken += site.run("migrate") != 0
        databases += 1
        differing += await schema(site) != wanted
        altered += await digests_of(site, columns) != before
        if engine == "postgres":
            sites.cluster.drop(site.database_url)
    held = sum(count for count, _ in before.values())
    counts = {"kills": kills, "databases": databases, "tables": len(columns), "rows": held}
    report("F13 update", engine=engine, **counts, broken=broken, differing=differing, altered=altered)

    assert old != wanted and held > 1_000
    assert broken == differing == altered == 0
    # The comparison's own control: one word in one row.
    one = "SELECT id FROM household LIMIT 1"
    await rows(unkilled.database_url, f"UPDATE household SET head_name = 'x' WHERE id = ({one}) RETURNING 1")
    assert await digests_of(unkilled, columns) != before
