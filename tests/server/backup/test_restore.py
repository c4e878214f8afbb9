"""What a backup holds comes back whole; what it does not hold is said."""

import asyncio
import hashlib
import json
import os
import subprocess
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from server.backup import take
from server.backup.copying import copy_photos
from server.backup.errors import BackupDamaged, BackupRefused
from server.backup.manifest import backup_names, read_manifest
from server.backup.postgres_tools import find_program, other_database
from server.backup.restore import restore
from server.backup.snapshots import load, unpacked
from server.backup.take import take_backup
from server.backup.watermark import read_watermark
from server.database import make_engine, opened
from server.storage import open_photo_store
from server.storage.local import LocalStore
from server.tables import BackupTable, EventTable, SubmissionTable
from tests.server.backup.drill import keeping_bound, restore_drill, restored_settings
from tests.server.backup.visits import send_photo, send_visit, write_visits
from tests.server.world import World, five_pictures, picture
from tests.support.stores import damage


def copying_badly(victim: Path) -> Any:
    """Copy as usual, then flip a bit of one file, as a disk does that lies."""

    async def copy(*arguments: Any) -> Any:
        copied = await copy_photos(*arguments)
        if victim.exists():
            content = bytearray(victim.read_bytes())
            content[7] ^= 1
            victim.write_bytes(content)
        return copied

    return copy


def photo_path(folder: Path, data: bytes) -> Path:
    sha256 = hashlib.sha256(data).hexdigest()
    return folder / sha256[:2] / sha256


async def test_a_restored_installation_has_every_row_and_every_hash(world: World, tmp_path: Path, empty_url: str):
    """F10 in its short form."""
    drill = await restore_drill(world, 25, folder=tmp_path, empty_url=empty_url)

    print(f"F10 {drill}")
    assert (drill.inspections, drill.photos, drill.findings) == (25, 100, 0)
    assert (drill.restored_inspections, drill.restored_photos, drill.photos_hashed) == (25, 100, 100)


async def test_a_second_backup_copies_only_what_is_new(world: World, tmp_path: Path):
    """Hourly on a county's disk."""
    folder = tmp_path / "backup"
    await send_visit(world, salt="1")
    first = await take_backup(world.settings, world.photos, folder)
    await send_visit(world, salt="2")

    second = await take_backup(world.settings, world.photos, folder, check_sample=None)
    third = await take_backup(world.settings, world.photos, folder, keep=2)

    assert (first.photos.copied, second.photos.copied, third.photos.copied) == (5, 5, 0)
    assert second.check is not None and second.check.photos_hashed == 10
    assert backup_names(folder) == [second.name, third.name]
    assert not (folder / first.database.file).exists()
    # Without this program too.
    subprocess.run(["sha256sum", "--check", "--quiet", folder / third.photos.file], cwd=folder, check=True)


async def test_the_mark_is_published_only_with_what_is_whole(world: World, tmp_path: Path):
    """A phone lets go of its copy below the mark: a photo that came later is not in the backup."""
    await send_visit(world, salt="1")
    incomplete = await send_visit(world, salt="2", photos_sent=4)
    await send_visit(world, salt="3")
    assert await read_watermark() is None

    await take_backup(world.settings, world.photos, tmp_path / "backup")
    await send_photo(world, incomplete, picture("household") + b"2")
    await send_visit(world, salt="4")

    mark = await read_watermark()
    assert mark is not None
    assert (mark.newest, mark.incomplete, mark.floor) == (3, {2}, 1)
    assert [mark.for_submission(number) >= number for number in (1, 2, 3, 4)] == [True, False, True, False]
    assert await EventTable.exists().where(EventTable.action == "backup.checked")

    await take_backup(world.settings, world.photos, tmp_path / "backup")
    mark = await read_watermark()
    assert mark is not None
    assert (mark.floor, mark.incomplete) == (4, frozenset())


async def test_a_backup_that_does_not_stand_its_check_does_not_count(world: World, tmp_path: Path):
    """A row altered behind the server's back: saved as it is, and told."""
    submission_id = await send_visit(world)
    await SubmissionTable.update({SubmissionTable.received_photos: 9}).where(SubmissionTable.id == submission_id).run()

    with pytest.raises(BackupDamaged, match="does not count"):
        await take_backup(world.settings, world.photos, tmp_path / "backup")

    assert await read_watermark() is None
    assert read_manifest(tmp_path / "backup").checked_at is None


async def test_a_photo_damaged_here_keeps_only_its_own_submission_below_the_mark(world: World, tmp_path: Path):
    """One bad photo must not stop the backup of all others, and the phone that has it keeps it."""
    await send_visit(world, salt="1")
    await send_visit(world, salt="2")
    await damage(world.photos, hashlib.sha256(picture("tree") + b"1").hexdigest(), b"rotten")

    manifest = await take_backup(world.settings, world.photos, tmp_path / "backup")

    assert len(manifest.photos.absent) == 1
    mark = await read_watermark()
    assert mark is not None
    assert (mark.newest, mark.incomplete) == (2, {1})


async def test_a_photo_that_rots_in_the_backup_is_copied_anew(world: World, tmp_path: Path):
    """Backup disks forget as well."""
    await send_visit(world)
    await take_backup(world.settings, world.photos, tmp_path / "backup")
    rotten = photo_path(tmp_path / "backup" / "photos", picture("tree"))
    rotten.write_bytes(bytes(len(picture("tree"))))

    manifest = await take_backup(world.settings, world.photos, tmp_path / "backup", check_sample=None)

    assert manifest.check is not None and manifest.check.photos_mended == 1
    assert rotten.read_bytes() == picture("tree")


async def test_what_was_copied_a_moment_ago_is_read_back_or_nothing_counts(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A disk that loses what it was just given may have lost more: phones must not let go of their copies for it."""
    folder = tmp_path / "backup"
    await send_visit(world, salt="1")
    await take_backup(world.settings, world.photos, folder)
    await send_visit(world, salt="2")
    rotten = photo_path(folder / "photos", picture("tree") + b"2")
    with monkeypatch.context() as failing:
        failing.setattr(take, "copy_photos", copying_badly(rotten))
        # Of the older photos none is looked at: what is new is read back whatever the number.
        with pytest.raises(BackupDamaged, match=f"photo.damaged {rotten.name}"):
            await take_backup(world.settings, world.photos, folder, check_sample=0)
    mark = await read_watermark()
    assert mark is not None and mark.newest == 1

    manifest = await take_backup(world.settings, world.photos, folder, check_sample=0)

    # The rotten one is copied anew, and the four that came beside it in the run that failed are read back as well.
    assert manifest.check is not None
    assert (manifest.photos.copied, manifest.check.photos_hashed) == (1, 5)
    assert rotten.read_bytes() == picture("tree") + b"2"


@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="only Linux can be asked to forget a file")
async def test_what_is_read_back_comes_from_the_disk(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Memory still holds what was written a moment ago, and would say that a lying disk has it."""
    folder, left = tmp_path / "backup", set()
    await send_visit(world)

    def leave(handle: int, *_: int) -> None:
        left.add(Path(f"/proc/self/fd/{handle}").readlink())

    monkeypatch.setattr(os, "posix_fadvise", leave)
    manifest = await take_backup(world.settings, world.photos, folder)

    photos = {photo_path(folder / "photos", data) for data in five_pictures().values()}
    # The others are those being written, under the names they had then.
    assert {path for path in left if path.parent.name != "partial"} == {folder / manifest.database.file, *photos}


async def test_an_old_photo_that_rots_in_the_backup_is_found_within_so_many_runs(world: World, tmp_path: Path):
    """By turns and not by chance: 12 photos, 5 a run, so each is read in one of any 3 runs in a row."""
    folder, slice_size = tmp_path / "backup", 5
    await write_visits(world.photos, 3)
    await take_backup(world.settings, world.photos, folder, check_sample=slice_size)
    hashes = sorted([sha256 async for sha256 in world.photos.hashes()])
    runs = -(-len(hashes) // slice_size)

    for sha256 in (hashes[0], hashes[-1]):
        path = folder / "photos" / sha256[:2] / sha256
        path.write_bytes(bytes(path.stat().st_size))
        checks = [
            (await take_backup(world.settings, world.photos, folder, check_sample=slice_size)).check
            for _ in range(runs)
        ]
        assert [check.photos_hashed for check in checks if check] == [slice_size] * runs
        assert sum(check.photos_mended for check in checks if check) == 1
        assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256


async def test_what_failed_runs_left_behind_is_gone_after_the_next(world: World, tmp_path: Path):
    """A run that was killed says nothing more; hour after hour its databases would fill the disk."""
    folder, name = tmp_path / "backup", "20260101T000000.000000Z"
    await send_visit(world)
    first = await take_backup(world.settings, world.photos, folder)
    left = [
        folder / "databases" / f"{name}.sqlite",
        folder / "databases" / f".{name}.sqlite.partial",
        folder / "databases" / f".{name}.dump.partial",
        folder / "lists" / f"{name}.sha256",
        folder / "manifests" / f".{name}.json.partial",
        folder / ".trial-abc" / "yanshou_trial_0.sqlite",
    ]
    (folder / ".trial-abc").mkdir()
    others = [folder / "databases" / "note.txt", folder / "databases" / "before-the-move.sqlite"]
    for path in (*left, *others):
        path.write_bytes(b"left")

    second = await take_backup(world.settings, world.photos, folder)

    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in others)
    assert all((folder / one.database.file).exists() for one in (first, second))


async def test_runs_that_fail_keep_no_more_databases_than_others_and_the_last_that_counts(world: World, tmp_path: Path):
    """Weeks of failing checks neither fill the disk nor push out the one backup that was restored on trial."""
    folder = tmp_path / "backup"
    submission_id = await send_visit(world)
    good = await take_backup(world.settings, world.photos, folder, keep=2)
    await SubmissionTable.update({SubmissionTable.received_photos: 9}).where(SubmissionTable.id == submission_id).run()

    for _ in range(4):
        with pytest.raises(BackupDamaged):
            await take_backup(world.settings, world.photos, folder, keep=2)

    # The run at work, the two that are kept, and the one that counts.
    assert len(list((folder / "databases").iterdir())) == len(backup_names(folder)) == 4
    assert read_manifest(folder).name == good.name
    assert (folder / good.database.file).exists()


@pytest.mark.parametrize("migrated_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_trial_databases_of_killed_runs_are_dropped_and_no_others(world: World, tmp_path: Path):
    """Each is as large as the county's own; but another run may be at its trial on the same server."""
    url = world.settings.database_url
    abandoned, like, used, held = (
        f"yanshou_trial_{digits}" for digits in ("0" * 12, "of_somebody", "1" * 12, "2" * 12)
    )
    connection = await asyncpg.connect(url)
    at_work = await asyncpg.connect(url, server_settings={"application_name": used})
    for name in (abandoned, like, used, held):
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    inside = await asyncpg.connect(other_database(url, held))
    try:
        await take_backup(world.settings, world.photos, tmp_path / "backup")
        there = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
    finally:
        await inside.close()
        await at_work.close()
        for name in (abandoned, like, used, held):
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.close()

    assert abandoned not in there
    assert {like, used, held} <= there
    assert sum(name.startswith("yanshou_trial_") for name in there) == 3


@pytest.mark.parametrize("migrated_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_the_data_are_saved_also_when_the_trial_has_no_server(world: World, tmp_path: Path):
    """It does not count then, and is there all the same."""
    await send_visit(world)

    with pytest.raises(OSError, match="Connect call failed"):
        await take_backup(world.settings, world.photos, tmp_path / "backup", trial_url="postgres://me@127.0.0.1:1/x")

    assert read_manifest(tmp_path / "backup").photos.copied == 5
    assert await read_watermark() is None


def test_a_database_of_any_size_is_brought_back_in_pieces(tmp_path: Path):
    """A county's file outgrows the memory of its machine."""
    file, size = tmp_path / "saved.sqlite", 64 * 1024 * 1024
    with file.open("wb") as sparse:
        sparse.truncate(size)

    async def both() -> None:
        await load("sqlite", file, f"sqlite:///{tmp_path / 'here' / 'yanshou.sqlite'}")
        async with unpacked("sqlite", file, url="", folder=tmp_path):
            pass

    tracemalloc.start()
    asyncio.run(both())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (tmp_path / "here" / "yanshou.sqlite").stat().st_size == size
    assert peak < size // 8


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
async def test_the_trial_lies_beside_the_backup(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The folder for temporary files is often memory; where the backup fits, its trial does too."""
    await send_visit(world)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "no such folder"))

    manifest = await take_backup(world.settings, world.photos, tmp_path / "backup")

    assert manifest.checked_at
    assert not list((tmp_path / "backup").glob(".trial-*"))


async def test_a_backup_beside_the_data_is_warned_of(world: World, tmp_path: Path):
    """The wrong disk, or a second one that is not mounted: both look like any other folder."""
    await send_visit(world)
    told: list[str] = []
    await take_backup(world.settings, world.photos, tmp_path / "backup", warn=told.append)
    beside = [sentence for sentence in told if "same disk" in sentence]
    event = await EventTable.select(EventTable.after).where(EventTable.action == "backup.checked").first()

    # PostgreSQL and a bucket are not on a disk of this machine.
    alone = not isinstance(world.photos, LocalStore)
    assert event is not None
    assert json.loads(event["after"])["doubts"] == ([] if alone else ["backup.same_disk"])
    assert len(beside) == len(told) == (0 if alone else 1)

    await take_backup(world.settings, world.photos, tmp_path / "empty mount point", warn=told.append)
    assert "holds no backup yet" in told[-1]


async def test_restore_refuses_to_write_over_anything(world: World, tmp_path: Path):
    """The wrong window, the wrong machine."""
    await send_visit(world)
    await take_backup(world.settings, world.photos, tmp_path / "backup")

    with pytest.raises(BackupRefused, match=r"not empty|there already"):
        await restore(world.settings, world.photos, tmp_path / "backup")


async def test_an_interrupted_restore_is_begun_again(world: World, tmp_path: Path, empty_url: str):
    """Whatever was copied is kept; a database appears only when all photos are there."""
    await send_visit(world)
    await take_backup(world.settings, world.photos, tmp_path / "backup")
    there = tmp_path / "restored"
    other = restored_settings(world.settings, there, empty_url)
    copy = photo_path(there / "photos", picture("tree"))
    copy.parent.mkdir(parents=True)
    copy.write_bytes(picture("tree"))

    with keeping_bound():
        done = await restore(other, open_photo_store(other), tmp_path / "backup")

    assert (done.photos_copied, done.photos_present, done.report.findings, done.same_key) == (4, 1, [], True)


async def test_a_damaged_backup_is_refused_before_anything_is_written(world: World, tmp_path: Path, empty_url: str):
    """One flipped byte of the database."""
    await send_visit(world)
    manifest = await take_backup(world.settings, world.photos, tmp_path / "backup")
    file = tmp_path / "backup" / manifest.database.file
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    other = restored_settings(world.settings, tmp_path / "restored", empty_url)

    with pytest.raises(BackupDamaged, match="damaged"):
        await restore(other, open_photo_store(other), tmp_path / "backup")

    assert not (tmp_path / "restored" / "photos").exists()


async def test_a_restored_server_knows_the_mark_of_the_backup_before(world: World, tmp_path: Path, empty_url: str):
    """The mark of a backup is written after it: phones above it send again, and nothing is missing in the end."""
    await send_visit(world, salt="1")
    await take_backup(world.settings, world.photos, tmp_path / "backup")
    await send_visit(world, salt="2")
    await take_backup(world.settings, world.photos, tmp_path / "backup")
    other = restored_settings(world.settings, tmp_path / "restored", empty_url)

    with keeping_bound():
        await restore(other, open_photo_store(other), tmp_path / "backup")
        async with opened(make_engine(empty_url)):
            mark = await read_watermark()
            backups = await BackupTable.count()

    assert mark is not None
    assert (mark.newest, backups) == (1, 1)


def test_a_missing_tool_is_said_in_a_sentence(tmp_path: Path):
    """No half backup of PostgreSQL by other means."""
    with pytest.raises(BackupRefused, match="postgresql-client"):
        find_program("pg_dump", programs=tmp_path, search_path=str(tmp_path))


def test_an_unknown_backup_is_refused(tmp_path: Path):
    with pytest.raises(BackupRefused, match="holds no backup"):
        read_manifest(tmp_path)
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "2026.json").write_text(json.dumps({"id": str(uuid4())}))
    with pytest.raises(BackupDamaged, match="cannot be read"):
        read_manifest(tmp_path, "2026")
