"""
Bring a backup back into an empty installation (恢复).

Photos first, each hashed on the way; the database last and all at once. Until then the installation is still empty, so
an interrupted restore is simply begun again, and copies only what is missing.
"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from msgspec import Struct

from server.actions.name_store import name_store
from server.backup.copying import copy_photos
from server.backup.durable import digest_of
from server.backup.errors import BackupDamaged, BackupRefused
from server.backup.findings import Progress, Report
from server.backup.lists import listed
from server.backup.manifest import Manifest, read_manifest
from server.backup.snapshots import kind_of, load, sqlite_path
from server.backup.take import backup_store
from server.backup.verify import silent, verify
from server.chain import Head
from server.database import make_engine, migrate, opened, transaction
from server.events import record
from server.keys import read_secret, receipt_key
from server.settings import Settings
from server.storage import PhotoStore


class Restored(Struct):
    """What was brought back, and the verification of all of it. `same_key`: receipts keep their signer."""

    manifest: Manifest
    photos_copied: int
    photos_present: int
    photos_absent: list[str]
    same_key: bool
    report: Report


async def restore(
    settings: Settings, photos: PhotoStore, folder: Path, *, name: str | None = None, progress: Progress = silent
) -> Restored:
    """
    Restore a backup and verify every photo of it; no database may be open.

    Args:
        settings: Of the empty installation.
        photos: Its photo store; photos that survived there are used.
        folder: The backup's.
        name: Which backup; None takes the newest that was checked.
        progress: Told now and then how far it is.

    Raises:
        BackupRefused: The database is not empty or of another kind, or there is no such backup.
        BackupDamaged: The backup's files are not what its manifest says.
        StorageRefused: The disk is full; make room and begin again.
    """
    manifest = read_manifest(folder, name)
    _same_kind(settings, manifest)
    await require_empty(settings.database_url)
    database, listing = folder / manifest.database.file, folder / manifest.photos.file
    for file, sha256 in ((database, manifest.database.sha256), (listing, manifest.photos.sha256)):
        if not file.exists() or await asyncio.to_thread(digest_of, file) != sha256:
            raise BackupDamaged(f"{file.name} is missing or damaged; another backup may be whole: --name")
    copied = await copy_photos(backup_store(folder), photos, _wanted(folder, listing), progress)
    await load(manifest.database.kind, database, settings.database_url)
    progress("database in place")
    async with opened(make_engine(settings.database_url)):
        await migrate()
        await name_store(photos, at=datetime.now(UTC))
        heads = [Head.parse(manifest.seal_head)] if manifest.seal_head else []
        report = await verify(photos, at=datetime.now(UTC), published=heads, progress=progress)
        await _tell(manifest, report)
    return Restored(manifest, len(copied.photos), copied.present, copied.absent, has_key_of(settings, manifest), report)


async def require_empty(database_url: str) -> None:
    """
    Refuse to restore over anything.

    Raises:
        BackupRefused: There are tables, or what a running or killed SQLite left behind.
    """
    if kind_of(make_engine(database_url)) == "postgres":
        connection = await asyncpg.connect(database_url)
        try:
            tables = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        finally:
            await connection.close()
        if tables:
            raise BackupRefused("the database is not empty; restore into a new one: createdb …")
        return
    file = Path(sqlite_path(database_url))
    for left in (file, *(file.with_name(file.name + suffix) for suffix in ("-journal", "-wal"))):
        # A journal left by another database would be played back into the restored one.
        if left.exists() and left.stat().st_size > 0:
            raise BackupRefused(f"{left} is there already; restore into an empty data folder, or move it away first")
        left.unlink(missing_ok=True)


def has_key_of(settings: Settings, manifest: Manifest) -> bool:
    """Whether the installation's secret is the one that signed the backup's receipts; makes none."""
    if not settings.secret_key and not (settings.data / "secret.key").exists():
        return False
    return receipt_key(read_secret(settings)).kid == manifest.receipt_kid


def _same_kind(settings: Settings, manifest: Manifest) -> None:
    kind = kind_of(make_engine(settings.database_url))
    if kind != manifest.database.kind:
        raise BackupRefused(f"the backup is of {manifest.database.kind}; YANSHOU_DATABASE_URL names {kind}")


def _wanted(folder: Path, listing: Path) -> Iterator[tuple[str, int]]:
    """Hash and size of the photos on the list, as the backup's own files have it."""
    store = backup_store(folder)
    for sha256 in listed(listing):
        path = store.path(sha256)
        yield sha256, path.stat().st_size if path.exists() else 0


async def _tell(manifest: Manifest, report: Report) -> None:
    async with transaction():
        await record(
            "backup.restored",
            "backup",
            manifest.id,
            actor=None,
            before=None,
            after={
                "name": manifest.name,
                "newest_receipt_no": manifest.newest_receipt_no,
                "photos": report.photos,
                "findings": len(report.findings),
            },
            at=datetime.now(UTC),
        )
