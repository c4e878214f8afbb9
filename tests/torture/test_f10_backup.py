"""F10, F11: what a backup is worth, and whether damage is found."""

import asyncio
import json
import random
import subprocess
import sys
from pathlib import Path

from tests.support.source import ROOT
from tests.torture.audit import audit, photo_file
from tests.torture.figures import report
from tests.torture.phones import Item, Memory, Phone, make_item
from tests.torture.servers import Site, Sites
from tests.torture.sizes import size

PHONES = 20


async def fill(site: Site, memory: Memory, items: list[Item]) -> None:
    """Send these, several at once, and leave the server stopped."""
    server = site.server()
    server.start()
    left = list(items)
    async with Phone(server.url, site.token, memory) as first:
        keys = await first.learn_keys()

    async def send() -> None:
        async with Phone(server.url, site.token, memory, keys) as phone:
            while left:
                await phone.deliver(left.pop())

    await asyncio.gather(*[send() for _ in range(size("CLIENTS"))])
    server.stop()


def verify(site: Site) -> dict[str, list[dict[str, str]]]:
    """`yanshou verify --json`."""
    done = subprocess.run(
        [sys.executable, "-m", "server.cli", "verify", "--json"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **site.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, list[dict[str, str]]] = json.JSONDecoder().raw_decode(done.stdout[done.stdout.index("{") :])[0]
    return found


def kept_of(memory: Memory, items: list[Item]) -> Memory:
    """What a backup must bring back: of all that was acknowledged, what these items are."""
    kept = Memory()
    for item in items:
        kept.manifests[item.submission_id] = item.digest
        kept.receipt_numbers[item.submission_id] = memory.receipt_numbers[item.submission_id]
        kept.photos |= {(item.submission_id, sha256) for sha256 in item.photos}
    return kept


async def test_a_backup_comes_back_and_phones_bring_the_rest(sites: Sites, tmp_path: Path):
    """F10: all of the backup is there; what came after it is on the phones still."""
    chance = random.Random(size("SEED"))
    items = [make_item(chance, 4, 2_000) for _ in range(size("DRILL_INSPECTIONS"))]
    later = [make_item(chance, 2, 2_000) for _ in range(max(PHONES, len(items) // 10))]
    site, memory = sites.fresh("sqlite", tmp_path), Memory()
    await fill(site, memory, items)
    backup = tmp_path / "backup"
    assert site.run("backup", str(backup), "--check", "all") == 0, site.log.read_text()[-2000:]
    await fill(site, memory, later)

    restored = sites.empty("sqlite", tmp_path)
    assert restored.run("restore", str(backup)) == 0, restored.log.read_text()[-2000:]
    (restored.data / "inspector.token").write_text(site.token)
    found = await audit(restored, kept_of(memory, items))
    refilled = Memory()
    await fill(restored, refilled, later)
    after = await audit(restored, refilled)
    report(
        "F10",
        engine="sqlite",
        inspections=len(items),
        restored_lost=found.lost,
        restored_faults=found.faults,
        came_after=len(later),
        refilled=len(refilled.complete),
        faults_after=after.faults,
        findings=len(verify(restored)["findings"]),
    )

    assert found.faults == after.faults == 0
    assert found.submissions == len(items) and after.submissions == len(items) + len(later)
    assert not verify(restored)["findings"]


async def test_what_is_taken_from_a_backup_is_missed(sites: Sites, tmp_path: Path):
    """F10's control: a photo is gone, then a byte of the saved database is another."""
    chance = random.Random(size("SEED"))
    items = [make_item(chance, 2, 2_000) for _ in range(3)]
    site, memory = sites.fresh("sqlite", tmp_path), Memory()
    await fill(site, memory, items)
    backup = tmp_path / "backup"
    assert site.run("backup", str(backup), "--check", "all") == 0, site.log.read_text()[-2000:]
    taken = next(iter(items[0].photos))
    photo_file(backup / "photos", taken).unlink()

    without_photo, without_row = sites.empty("sqlite", tmp_path), sites.empty("sqlite", tmp_path)
    without_photo.run("restore", str(backup))
    found = await audit(without_photo, kept_of(memory, items))
    named = {finding["subject"] for finding in verify(without_photo)["findings"]}
    (saved,) = (backup / "databases").iterdir()
    content = bytearray(saved.read_bytes())
    content[len(content) // 2] ^= 1
    saved.chmod(0o600)
    saved.write_bytes(content)
    refused = without_row.run("restore", str(backup)) != 0
    report(
        "F10 control", fault="a photo, then a byte of the database", lost=found.lost, named=len(named), refused=refused
    )

    assert found.lost == 1 and named == {taken}
    assert refused
    assert "damaged" in without_row.log.read_text()


async def test_every_flipped_byte_is_found(sqlite_site: Site):
    """F11: exactly the photos that were altered, and before that none."""
    chance = random.Random(size("SEED"))
    memory = Memory()
    await fill(sqlite_site, memory, [make_item(chance, 4, 2_000) for _ in range(size("SCRUB_OBJECTS") // 4)])
    before = verify(sqlite_site)["findings"]
    hashes = sorted({sha256 for _, sha256 in memory.photos})
    flipped = set(chance.sample(hashes, size("SCRUB_FLIPS")))
    for sha256 in flipped:
        path = photo_file(sqlite_site.photos, sha256)
        content = bytearray(path.read_bytes())
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
    named = {finding["subject"] for finding in verify(sqlite_site)["findings"]}
    report(
        "F11",
        objects=len(hashes),
        flipped=len(flipped),
        found=len(flipped & named),
        false=len(named - flipped),
        findings_before=len(before),
    )

    assert not before
    assert named == flipped
