"""F4: the disk is full at random moments. It is said (507), nothing is half stored, and sending goes on afterwards."""

import asyncio
import contextlib
import hashlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from server.storage.interface import NAME_KEY
from tests.torture.audit import audit, photo_file
from tests.torture.disks import DiskMissing, LoopDisk, loop_disk
from tests.torture.figures import not_run, report
from tests.torture.phones import Crowd, Item, NoAnswer, Phone, make_item
from tests.torture.servers import KillableServer, Site, Sites
from tests.torture.sizes import size

DISK_MB, ROUNDS_A_DISK = 400, 8
# So large that the server writes some of it before all has come.
HALFWAY_BYTES = 3_000_000
RECOVERS_WITHIN_S = 5.0


def half_named(photos: Path) -> Iterator[Path]:
    """Files under a hash that is not theirs; there may be none at any moment."""
    for path in photos.glob("??/*"):
        if hashlib.sha256(path.read_bytes()).hexdigest() != path.name:
            yield path


def left_over(photos: Path) -> Iterator[Path]:
    """Files that are no photos, and not the store's name; nobody will finish them when nobody is sending."""
    for path in photos.rglob("*"):
        if path.is_file() and path.name != NAME_KEY and (len(path.name) != 64 or "parts" in path.parts):
            yield path


async def meet_a_full_disk(phone: Phone, item: Item, site: Site, disk: LoopDisk) -> None:
    """Fill the disk when the beginning of a photo is written; the rest of it comes afterwards."""
    sha256, data = next(iter(item.photos.items()))
    half = len(data) // 2

    def begun() -> bool:
        written = [*(site.photos / "partial").glob(f"{sha256}*"), photo_file(site.photos, sha256)]
        return any(path.exists() and path.stat().st_size for path in written)

    async def pieces() -> AsyncIterator[bytes]:
        yield data[:half]
        for _ in range(1_000):
            if begun():
                break
            await asyncio.sleep(0.005)
        await asyncio.to_thread(disk.fill)
        yield data[half:]

    path = f"/api/submissions/{item.submission_id}/photos/{sha256}"
    with contextlib.suppress(NoAnswer):
        await phone.ask("PUT", path, content=pieces(), headers={"Content-Length": str(len(data))})


async def is_got_over(crowd: Crowd, phone: Phone, item: Item, server: KillableServer) -> bool:
    """Whether, now that there is room, the phones finish something and the photo that was refused comes through."""
    done = crowd.finished
    for _ in range(int(RECOVERS_WITHIN_S / 0.05)):
        if item.submission_id in crowd.memory.complete:
            if crowd.finished > done:
                return True
        else:
            try:
                await phone.deliver(item)
            except NoAnswer:
                # It says itself that it stores nothing more: waiting would not help.
                if await asyncio.to_thread(server.health) == 503:
                    return False
        await asyncio.sleep(0.05)
    return False


async def fill_again_and_again(sites: Sites, folder: Path, rounds: int, seed: int, *faults: str) -> Counter[str]:
    """Let a crowd send and fill the disk under it, each time in the middle of one photo; return the counts."""
    chance = random.Random(seed)
    counts: Counter[str] = Counter()
    with loop_disk(folder, DISK_MB) as disk:
        site = sites.fresh("sqlite", disk.mount, logs=folder)
        server = site.server(*faults)
        server.start()
        crowd = Crowd(server.url, site.token, clients=3, seed=chance.getrandbits(32))
        crowd.pause_s = 0.05
        # The parts of a photo that came whole in the end are looked for by nobody: they would count as halves.
        crowd.part_bytes = None
        await crowd.begin()
        async with Phone(server.url, site.token, crowd.memory, crowd.keys) as phone:
            # Whoever did not get over one full disk has shown it.
            while counts["recovered"] == counts["rounds"] < rounds:
                crowd.up.set()
                await asyncio.sleep(chance.uniform(0.1, 0.4))
                item = make_item(chance, photos=1, photo_bytes=HALFWAY_BYTES)
                await phone.announce(item)
                before = crowd.memory.answers[507]
                await meet_a_full_disk(phone, item, site, disk)
                await asyncio.sleep(chance.uniform(0.2, 0.5))
                # Now: what is sent again takes the place of a half.
                counts["half_stored"] += len(await asyncio.to_thread(lambda: list(half_named(site.photos))))
                await asyncio.to_thread(disk.empty)
                counts["rounds"] += 1
                counts["refusals"] += crowd.memory.answers[507] - before
                counts["recovered"] += await is_got_over(crowd, phone, item, server)
        if counts["recovered"] == rounds:
            await crowd.end()
        else:
            with contextlib.suppress(TimeoutError):
                await crowd.end(within_s=0)
        server.stop()
        counts["half_stored"] += len([*half_named(site.photos), *left_over(site.photos)])
        counts["faults"] += (await audit(site, crowd.memory)).faults
        counts["server_errors"] += crowd.memory.server_errors + len(crowd.refusals)
    return counts


def said(counts: Counter[str]) -> dict[str, int]:
    """All counts, also those of what never happened."""
    return {
        name: counts[name] for name in ("rounds", "refusals", "recovered", "half_stored", "faults", "server_errors")
    }


async def test_a_full_disk_is_refused_and_got_over(sites: Sites, tmp_path):
    """Without a restart: a full disk is not a failing one."""
    chance = random.Random(size("SEED"))
    rounds = size("DISK_FULLS")
    counts: Counter[str] = Counter()
    for start in range(0, rounds, ROUNDS_A_DISK):
        folder = tmp_path / str(start)
        folder.mkdir()
        try:
            counts += await fill_again_and_again(
                sites, folder, min(ROUNDS_A_DISK, rounds - start), chance.getrandbits(32)
            )
        except DiskMissing as missing:
            not_run("F4", str(missing))
    report("F4", engine="sqlite", **said(counts))

    assert counts["refusals"] >= counts["rounds"] == rounds
    assert counts["recovered"] == counts["rounds"]
    assert counts["half_stored"] == counts["faults"] == counts["server_errors"] == 0


@pytest.mark.parametrize(
    ("fault", "finding"),
    [
        ("write_under_the_name", "half_stored"),
        ("leave_what_did_not_fit", "half_stored"),
        ("close_on_a_full_disk", "not_recovered"),
    ],
)
async def test_a_server_that_a_full_disk_leaves_its_mark_on_is_caught(
    fault: str, finding: str, sites: Sites, tmp_path: Path
):
    """F4's controls: all of them say 507, as they should."""
    try:
        counts = await fill_again_and_again(sites, tmp_path, 1, 1, fault)
    except DiskMissing as missing:
        not_run("F4 control", str(missing))
    report("F4 control", engine="sqlite", fault=fault, **said(counts))

    counts["not_recovered"] = counts["rounds"] - counts["recovered"]
    assert counts["refusals"] > 0
    assert counts[finding] > 0
