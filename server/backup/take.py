"""
Take a backup while the server works (备份).

The database first, then the photos: photos are never altered and never removed, so the bytes of every row in the saved
database are still there when their turn comes. Then the manifest, then a restore on trial; only what stood it counts.
"""

import asyncio
import contextlib
import fcntl
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from uuid import uuid4

import asyncpg

from server.actions.note_loss import note_lost
from server.backup.copying import Copied, copy_photos
from server.backup.durable import digest_of, leave_memory, write_whole
from server.backup.errors import BackupDamaged, BackupRefused
from server.backup.findings import Progress, Report
from server.backup.lists import added_since, listed, write_list
from server.backup.manifest import (
    Check,
    DatabaseFile,
    Manifest,
    PhotoList,
    newest_checked,
    write_manifest,
)
from server.backup.originals import next_in_turn
from server.backup.place import doubts_about
from server.backup.pruning import TRIAL_PREFIX, prune
from server.backup.snapshots import (
    SUFFIX,
    Snapshot,
    drop_abandoned_trials,
    kind_of,
    saved,
    table_names,
    unpacked,
)
from server.backup.verify import silent, verify
from server.backup.watermark import publish
from server.chain import Head, seal_events
from server.database import AnyEngine, bind, engine, opened
from server.keys import read_secret, receipt_key
from server.settings import Settings
from server.storage import PhotoStore
from server.storage.interface import is_hash
from server.storage.local import LocalStore
from server.storage.wholeness import look_at
from server.tables import PhotoTable

CHECK_SAMPLE = 1000
KEEP = 48
TURN = "checked_up_to"
_INCOMPLETE = """SELECT receipt_no FROM submission WHERE received_photos < expected_photos
UNION SELECT receipt_no FROM submission WHERE id IN (SELECT submission FROM photo WHERE lost_at IS NOT NULL)"""


def backup_store(folder: Path) -> LocalStore:
    """Return the photos of a backup folder."""
    return LocalStore(folder / "photos")


async def take_backup(
    settings: Settings,
    photos: PhotoStore,
    folder: Path,
    *,
    check_sample: int | None = CHECK_SAMPLE,
    keep: int = KEEP,
    trial_url: str = "",
    progress: Progress = silent,
    warn: Progress = silent,
) -> Manifest:
    """
    Save everything into a folder, check it by restoring it, and publish the mark; the database must be open.

    Args:
        settings: Of the installation.
        photos: Its photo store.
        folder: On another disk; made when missing. What earlier backups left there is used and kept.
        check_sample: Of the photos that stood a check before, the check hashes as many, in turn from one run to the
            next; None hashes all. The others it always reads back.
        keep: How many databases to keep; photos are kept for ever.
        trial_url: A PostgreSQL server, with an account that may create databases, for the check; "" is the real one.
        progress: Told now and then how far it is.
        warn: Told what is doubtful about the folder; that stops nothing.

    Returns:
        The manifest as written; `photos.absent` names photos that are missing or damaged in the installation.

    Raises:
        BackupRefused: Another backup is at work there, a tool is missing, or an account may not do what is needed.
        BackupDamaged: It did not stand its check and does not count.
        StorageRefused: The folder's disk is full.
    """
    with _alone(folder):
        doubts = await doubts_about(photos, folder)
        for doubt in doubts:
            warn(doubt.detail)
        await _clear(settings, folder, keep, trial_url)
        manifest, copied = await _save(settings, photos, folder, progress)
        write_manifest(folder, manifest)
        await check_backup(manifest, folder, photos, settings, copied, check_sample, trial_url, progress)
        write_manifest(folder, manifest)
        assert manifest.checked_at is not None
        await publish(manifest, at=manifest.checked_at, doubts=doubts)
        prune(folder, keep)
    return manifest


async def _clear(settings: Settings, folder: Path, keep: int, trial_url: str) -> None:
    """Remove what earlier runs left behind: after weeks of failures there would be no room to succeed."""
    await asyncio.to_thread(prune, folder, keep)
    await backup_store(folder).expire(datetime.now(UTC))
    if kind_of(engine()) == "postgres":
        # Whether the trial's server answers is asked when its turn comes: the data are saved first.
        with contextlib.suppress(OSError, asyncpg.PostgresError):
            await drop_abandoned_trials(trial_url or settings.database_url)


async def _save(settings: Settings, photos: PhotoStore, folder: Path, progress: Progress) -> tuple[Manifest, set[str]]:
    """Write everything but the manifest; return it, and the hashes of the photos that were copied."""
    started_at = datetime.now(UTC)
    name = started_at.strftime("%Y%m%dT%H%M%S.%fZ")
    await seal_events(at=started_at)
    kind = kind_of(engine())
    database = folder / "databases" / f"{name}.{SUFFIX[kind]}"
    listing = folder / "lists" / f"{name}.sha256"
    async with saved(engine(), database) as moment:
        rows = {table: await _number(moment, f'SELECT count(*) FROM "{table}"') for table in table_names()}  # noqa: S608
        newest = await _number(moment, "SELECT coalesce(max(receipt_no), 0) FROM submission")
        incomplete = {row[0] async for row in moment.rows(_INCOMPLETE)}
        heads = [Head(*row) async for row in moment.rows("SELECT no, digest FROM seal ORDER BY no DESC LIMIT 1")]
        sizes = await write_list(moment, listing)
    progress(f"database saved: {database.stat().st_size // 1_000_000} MB")
    copied = await copy_photos(photos, backup_store(folder), zip(listed(listing), sizes, strict=True), progress)
    incomplete |= await _holders(copied)
    await _note_absent(copied, photos)
    manifest = Manifest(
        id=uuid4(),
        name=name,
        software=version("yanshou"),
        database=DatabaseFile(kind, *await _described(folder, database)),
        photos=PhotoList(
            *(await _described(folder, listing))[:2], len(sizes), sum(sizes), len(copied.photos), copied.absent
        ),
        rows=rows,
        newest_receipt_no=newest,
        incomplete=sorted(incomplete),
        seal_head=str(heads[0]) if heads else None,
        receipt_kid=receipt_key(read_secret(settings)).kid,
        started_at=started_at,
        finished_at=datetime.now(UTC),
    )
    return manifest, copied.photos


async def check_backup(
    manifest: Manifest,
    folder: Path,
    photos: PhotoStore,
    settings: Settings,
    copied: set[str],
    sample: int | None,
    trial_url: str,
    progress: Progress,
) -> None:
    """
    Restore a backup on trial, verify it, and note that in the manifest.

    A photo that rots on the backup's disk is copied anew from the installation. One that was copied a moment ago and
    is not there any more is set aside, for the next run to copy: such a disk may have lost more than was looked at.

    Raises:
        BackupDamaged: It is not whole; the text names the first finding.
        BackupRefused: The trial cannot be made.
    """
    begun = time.monotonic()
    report, turn = await _on_trial(manifest, folder, settings, copied, sample, trial_url, progress)
    rotten = sorted(set(report.subjects("photo.damaged", "photo.missing")) - set(manifest.photos.absent))
    if rotten:
        await asyncio.to_thread(_set_aside, rotten, folder)
        mended = await _mend([sha256 for sha256 in rotten if sha256 not in copied], photos, folder)
        report.findings = [one for one in report.findings if one.subject not in mended]
    report.findings = [one for one in report.findings if one.subject not in manifest.photos.absent]
    if report.findings:
        first = report.findings[0]
        raise BackupDamaged(
            f"backup {manifest.name} does not count, {len(report.findings)} findings; the first: "
            f"{first.code} {first.subject}: {first.detail}"
        )
    if turn:
        write_whole(folder / TURN, f"{turn[-1]}\n".encode())
    manifest.checked_at = datetime.now(UTC)
    manifest.check = Check(report.photos_hashed, len(rotten), report.events, round(time.monotonic() - begun, 3))


async def _on_trial(
    manifest: Manifest,
    folder: Path,
    settings: Settings,
    copied: set[str],
    sample: int | None,
    trial_url: str,
    progress: Progress,
) -> tuple[Report, list[str]]:
    """Return what was found, and those of the older photos whose turn it was."""
    file = folder / manifest.database.file
    # What was written a moment ago is in memory still, and memory says nothing about the disk.
    await asyncio.to_thread(leave_memory, file)
    if await asyncio.to_thread(digest_of, file) != manifest.database.sha256:
        raise BackupDamaged(f"{file.name} is not what was written a moment ago: is the disk failing?")
    heads = [Head.parse(manifest.seal_head)] if manifest.seal_head else []
    with tempfile.TemporaryDirectory(prefix=TRIAL_PREFIX, dir=folder) as scratch:
        url = trial_url or settings.database_url
        async with unpacked(manifest.database.kind, file, url=url, folder=Path(scratch)) as trial, instead(trial):
            turn = await next_in_turn(_turn_before(folder), sample or 0)
            chosen = await asyncio.to_thread(_never_checked, folder, manifest)
            chosen.update(copied, turn)
            await asyncio.to_thread(_leave_memory, chosen, folder)
            report = await verify(
                backup_store(folder),
                at=datetime.now(UTC),
                chosen=None if sample is None else chosen,
                published=heads,
                orphans=False,
                noting=False,
                progress=progress,
            )
    if report.rows != manifest.rows:
        report.add("backup.rows", manifest.name, f"restored {report.rows}, saved {manifest.rows}")
    return report, turn


def _never_checked(folder: Path, manifest: Manifest) -> set[str]:
    """Photos that no check has read back: of this run, and of runs before it that did not come so far."""
    before = newest_checked(folder)
    earlier = folder / before.photos.file if before else None
    return added_since(earlier, folder / manifest.photos.file).union(before.photos.absent if before else ())


def _leave_memory(chosen: set[str], folder: Path) -> None:
    store = backup_store(folder)
    for sha256 in chosen:
        leave_memory(store.path(sha256))


def _turn_before(folder: Path) -> str:
    try:
        said = (folder / TURN).read_text().strip()
    except FileNotFoundError:
        return ""
    return said if is_hash(said) else ""


@asynccontextmanager
async def instead(other: AnyEngine) -> AsyncIterator[None]:
    """Let the tables speak to another database for the length of a block; never in a process that serves."""
    usual = engine()
    try:
        async with opened(other):
            yield
    finally:
        bind(usual)


def _set_aside(rotten: list[str], folder: Path) -> None:
    """Take photos out of the backup, so that copying finds them missing."""
    for sha256 in rotten:
        path = backup_store(folder).path(sha256)
        if path.exists():
            path.rename(path.with_suffix(".damaged"))


async def _mend(missing: list[str], photos: PhotoStore, folder: Path) -> set[str]:
    """Copy photos anew and read them back; return those that are whole."""
    store = backup_store(folder)
    copied = await copy_photos(photos, store, [(sha256, 0) for sha256 in missing], silent)
    await _note_absent(copied, photos)
    return {sha256 for sha256 in copied.photos if (await look_at(store, sha256))[0] is None}


async def _note_absent(copied: Copied, photos: PhotoStore) -> None:
    for sha256 in copied.absent:
        wrong, _ = await look_at(photos, sha256)
        if wrong is not None:
            await note_lost(sha256, wrong, photos=photos, at=datetime.now(UTC))


async def _holders(copied: Copied) -> set[int]:
    """Receipt numbers of the submissions whose photos could not be copied: they are in the backup in part only."""
    numbers: set[int] = set()
    for sha256 in copied.absent:
        rows = await PhotoTable.select(PhotoTable.submission.receipt_no).where(PhotoTable.sha256 == sha256)
        numbers.update(row["submission.receipt_no"] for row in rows)
    return numbers


async def _described(folder: Path, file: Path) -> tuple[str, str, int]:
    """Return a file's place in the folder, its SHA-256 and its size in bytes."""
    sha256 = await asyncio.to_thread(digest_of, file)
    return str(file.relative_to(folder)), sha256, (await asyncio.to_thread(file.stat)).st_size


async def _number(moment: Snapshot, sql: str) -> int:
    rows = [row async for row in moment.rows(sql)]
    return int(rows[0][0])


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupRefused(f"another backup into {folder} is at work") from error
        yield
