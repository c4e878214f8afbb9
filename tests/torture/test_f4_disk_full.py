"""F4: the disk is full at random moments. It is said (507), nothing is half stored, and sending goes on afterwards."""

import asyncio
import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

from tests.torture.audit import audit
from tests.torture.disks import DiskMissing, loop_disk
from tests.torture.figures import not_run, report
from tests.torture.phones import Crowd
from tests.torture.servers import Sites
from tests.torture.sizes import size

DISK_MB, ROUNDS_A_DISK = 400, 8


def half_stored(photos: Path) -> Iterator[Path]:
    """Files under a hash that is not theirs, and files nobody will finish."""
    for path in photos.rglob("*"):
        if path.is_file():
            is_photo = len(path.name) == 64 and "parts" not in path.parts
            if not is_photo or hashlib.sha256(path.read_bytes()).hexdigest() != path.name:
                yield path


async def test_a_full_disk_is_refused_and_got_over(sites: Sites, tmp_path):
    """Without a restart: a full disk is not a failing one."""
    chance = random.Random(size("SEED"))
    rounds = size("DISK_FULLS")
    totals = {"rounds": 0, "refusals": 0, "recovered": 0, "half_stored": 0, "faults": 0, "server_errors": 0}
    for batch, start in enumerate(range(0, rounds, ROUNDS_A_DISK)):
        folder = tmp_path / str(batch)
        folder.mkdir()
        try:
            with loop_disk(folder, DISK_MB) as disk:
                site = sites.fresh("sqlite", disk.mount, logs=folder)
                server = site.server()
                server.start()
                crowd = Crowd(server.url, site.token, clients=3, seed=chance.getrandbits(32))
                crowd.pause_s = 0.05
                # The parts of a photo that came whole in the end are looked for by nobody: they would count as halves.
                crowd.part_bytes = None
                await crowd.begin()
                for _ in range(min(ROUNDS_A_DISK, rounds - start)):
                    crowd.up.set()
                    await asyncio.sleep(chance.uniform(0.1, 0.4))
                    before = crowd.memory.answers[507]
                    await asyncio.to_thread(disk.fill)
                    await asyncio.sleep(chance.uniform(0.2, 0.5))
                    await asyncio.to_thread(disk.empty)
                    totals["rounds"] += 1
                    totals["refusals"] += crowd.memory.answers[507] - before
                    done = crowd.finished
                    for _wait in range(100):
                        if crowd.finished > done:
                            break
                        await asyncio.sleep(0.05)
                    totals["recovered"] += crowd.finished > done
                await crowd.end()
                server.stop()
                totals["half_stored"] += len(list(half_stored(site.photos)))
                totals["faults"] += (await audit(site, crowd.memory)).faults
                totals["server_errors"] += crowd.memory.server_errors + len(crowd.refusals)
        except DiskMissing as missing:
            not_run("F4", str(missing))
    report("F4", engine="sqlite", **totals)

    assert totals["refusals"] > 0
    assert totals["recovered"] == totals["rounds"]
    assert totals["half_stored"] == totals["faults"] == totals["server_errors"] == 0
