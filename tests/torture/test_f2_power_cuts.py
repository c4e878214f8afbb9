"""F2: the power fails while phones send. Nothing acknowledged is missing when the disk is mounted again."""

import asyncio
import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import SQLITE_AND_POSTGRES
from tests.support.postgres import Cluster, private_cluster
from tests.torture.audit import Findings, audit, still_there
from tests.torture.disks import DiskMissing, LoopDisk, loop_disk
from tests.torture.figures import not_run, report
from tests.torture.phones import Crowd
from tests.torture.servers import Nursery, Site, Sites
from tests.torture.sizes import size

DISK_MB = 2_048
# Whatever else the machine does may write in time what was not synced: a backup beside it syncs every disk.
CONTROL_CUTS = 8
# PostgreSQL as quick as one that need not keep its word; it stays whole, and loses the last ten seconds.
FORGETFUL = {"synchronous_commit": "off", "wal_writer_delay": "10s"}


@contextmanager
def site_on_a_disk(
    engine: str, sites: Sites, nursery: Nursery, logs: Path, settings: dict[str, str] | None = None
) -> Iterator[tuple[Site, LoopDisk, list[Cluster]]]:
    """
    An installation of which everything lies on a disk that can be cut: with PostgreSQL, that too.

    Yields:
        The site, its disk, and the PostgreSQL on it.

    Raises:
        DiskMissing: See `loop_disk`.
    """
    # Not the tests' own folder, which only they may enter: PostgreSQL runs as somebody else.
    with tempfile.TemporaryDirectory(prefix="yanshou-disk-") as folder:
        Path(folder).chmod(0o711)
        with loop_disk(Path(folder), DISK_MB) as disk:
            if engine == "sqlite":
                site, clusters = sites.fresh(engine, disk.mount, logs=logs), []
                os.sync()  # What a test copies there is no server's promise.
                yield site, disk, clusters
                return
            with private_cluster(disk.mount, settings) as cluster:
                site = Sites(nursery, logs / "model", cluster).fresh(engine, disk.mount, logs=logs)
                os.sync()
                yield site, disk, [cluster]


async def cut_again_and_again(
    site: Site, disk: LoopDisk, clusters: list[Cluster], cuts: int, fault: tuple[str, ...] = (), until: str = ""
) -> dict[str, int]:
    """Let a crowd send and cut the disk under the server, a control until it has found something; return the counts."""
    chance = random.Random(size("SEED"))
    server = site.server(*fault)
    server.start()
    crowd = Crowd(server.url, site.token, clients=4, seed=size("SEED"))
    if fault:  # Few cuts must do: at nearly every moment each phone is in the middle of a photo.
        crowd.part_bytes, crowd.part_share = size("PHOTO_BYTES") // 8, 1.0
    await crowd.begin()
    finding, acknowledged_before, done = {"lost": 0, "offsets_lost": 0}, set(), 0
    while done < cuts and not finding.get(until):
        crowd.up.set()
        await crowd.memory.photos_beyond(len(acknowledged_before))
        await asyncio.sleep(chance.uniform(0.2, 0.8))
        # A disk that is cut may still say "synced": ext4 does, if its journal was given up a moment before it is asked.
        # A machine without power tells nobody, so what answers stands still first.
        for program in (server, *clusters):
            program.freeze()
        await asyncio.to_thread(disk.cut)
        for program in (server, *clusters):
            program.kill()
        crowd.up.clear()
        await asyncio.sleep(0.02)
        disk.off()
        disk.on()
        for program in (*clusters, server):
            await asyncio.to_thread(program.start)
        fresh = crowd.memory.photos - acknowledged_before
        finding["lost"] += await still_there(site, crowd.memory.manifests.items(), fresh)
        finding["offsets_lost"] += await crowd.lost_offsets(server.url)
        acknowledged_before |= fresh
        done += 1
    found = Findings()
    if not fault:  # The control has shown what it shows; its phones could try for ever.
        await crowd.end()
        found = await audit(site, crowd.memory)
    else:
        for task in crowd.tasks:
            task.cancel()
        found.acknowledged = crowd.memory.acknowledged
    server.stop()
    return {
        "cuts": done,
        **found.counts(),
        **finding,
        "lost": max(finding["lost"], found.lost),
        "offsets": len(crowd.memory.offsets),
        "refused": len(crowd.refusals),
    }


@pytest.mark.parametrize("engine", SQLITE_AND_POSTGRES)
async def test_nothing_acknowledged_is_lost_when_the_power_fails(
    engine: str, sites: Sites, nursery: Nursery, tmp_path: Path
) -> None:
    """All of it was synced before the answer: photo, part, its name, its folder, and the row."""
    try:
        with site_on_a_disk(engine, sites, nursery, tmp_path) as (site, disk, clusters):
            counts = await cut_again_and_again(site, disk, clusters, size("POWER_CUTS"))
    except DiskMissing as missing:
        not_run("F2", str(missing))
    report("F2", engine=engine, **counts)

    assert counts["acknowledged"] > counts["cuts"] and counts["offsets"] > 0
    for name in ("lost", "offsets_lost", "doubled", "rows_without_bytes", "gaps", "contradictions", "refused"):
        assert counts[name] == 0, (name, counts)


@pytest.mark.parametrize(
    ("engine", "fault", "finding"),
    [
        ("sqlite", "no_fsync", "lost"),
        ("sqlite", "parts_unsynced", "offsets_lost"),
        pytest.param("postgres", "any_postgres_will_do", "lost", marks=pytest.mark.postgres),
    ],
)
async def test_without_fsync_much_is_lost(
    engine: str, fault: str, finding: str, sites: Sites, nursery: Nursery, tmp_path: Path
) -> None:
    """Else the test above would pass on a disk that cannot be cut, or on parts and rows that only the memory holds."""
    try:
        with site_on_a_disk(engine, sites, nursery, tmp_path, FORGETFUL) as (site, disk, clusters):
            counts = await cut_again_and_again(site, disk, clusters, CONTROL_CUTS, (fault,), until=finding)
    except DiskMissing as missing:
        not_run("F2 control", str(missing))
    report("F2 control", engine=engine, fault=fault, **counts)

    assert counts[finding] > 0
