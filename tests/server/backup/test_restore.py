"""What a backup holds comes back whole; what it does not hold is said."""

import hashlib
import json
import subprocess
from pathlib import Path
from uuid import uuid4

import pytest

from server.backup.errors import BackupDamaged, BackupRefused
from server.backup.manifest import backup_names, read_manifest
from server.backup.postgres_tools import find_program
from server.backup.restore import restore
from server.backup.take import take_backup
from server.backup.watermark import read_watermark
from server.database import make_engine, opened
from server.storage import open_photo_store
from server.tables import BackupTable, EventTable, SubmissionTable
from tests.server.backup.drill import keeping_bound, restore_drill, restored_settings
from tests.server.backup.visits import send_photo, send_visit
from tests.server.world import World, picture
from tests.support.stores import damage


def photo_path(folder: Path, data: bytes) -> Path:
    sha256 = hashlib.sha256(data).hexdigest()
    return folder / sha256[:2] / sha256[2:4] / sha256


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
