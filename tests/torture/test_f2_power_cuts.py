"""F2: the power fails while phones send. Nothing acknowledged is missing when the disk is mounted again."""

import asyncio
import os
import random

import pytest

from tests.torture.audit import Findings, audit, still_there
from tests.torture.disks import DiskMissing, LoopDisk, loop_disk
from tests.torture.figures import not_run, report
from tests.torture.phones import Crowd
from tests.torture.servers import Site, Sites
from tests.torture.sizes import size

DISK_MB = 2_048
# Whatever else the machine does may write in time what was not synced: a backup beside it syncs every disk.
CONTROL_CUTS = 8


async def cut_again_and_again(
    site: Site, disk: LoopDisk, cuts: int, fault: tuple[str, ...] = (), until: str = ""
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
        # A machine without power tells nobody, so the server stands still first.
        server.freeze()
        await asyncio.to_thread(disk.cut)
        server.kill()
        crowd.up.clear()
        await asyncio.sleep(0.02)
        disk.off()
        disk.on()
        server.start()
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


async def test_nothing_acknowledged_is_lost_when_the_power_fails(sites: Sites, tmp_path):
    """All of it was synced before the answer: photo, part, its name, its folder, and the row."""
    try:
        with loop_disk(tmp_path, DISK_MB) as disk:
            site = sites.fresh("sqlite", disk.mount, logs=tmp_path)
            os.sync()  # What a test copies there is no server's promise.
            counts = await cut_again_and_again(site, disk, size("POWER_CUTS"))
    except DiskMissing as missing:
        not_run("F2", str(missing))
    report("F2", engine="sqlite", **counts)

    assert counts["acknowledged"] > counts["cuts"] and counts["offsets"] > 0
    for name in ("lost", "offsets_lost", "doubled", "rows_without_bytes", "gaps", "contradictions", "refused"):
        assert counts[name] == 0, (name, counts)


@pytest.mark.parametrize(("fault", "finding"), [("no_fsync", "lost"), ("parts_unsynced", "offsets_lost")])
async def test_without_fsync_much_is_lost(fault: str, finding: str, sites: Sites, tmp_path):
    """Else the test above would pass on a disk that cannot be cut, or on parts that only the memory holds."""
    try:
        with loop_disk(tmp_path, DISK_MB) as disk:
            site = sites.fresh("sqlite", disk.mount, logs=tmp_path)
            os.sync()  # What a test copies there is no server's promise.
            counts = await cut_again_and_again(site, disk, CONTROL_CUTS, (fault,), until=finding)
    except DiskMissing as missing:
        not_run("F2 control", str(missing))
    report("F2 control", engine="sqlite", fault=fault, **counts)

    assert counts[finding] > 0
