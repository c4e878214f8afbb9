"""What a backup says of itself; its last file."""

import contextlib
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from server.backup.durable import write_whole
from server.backup.errors import BackupDamaged, BackupRefused

FORMAT = 1


class DatabaseFile(Struct, forbid_unknown_fields=True):
    """The database as SQLite or pg_dump wrote it."""

    kind: Literal["sqlite", "postgres"]
    file: str
    sha256: str
    size_bytes: int


class PhotoList(Struct, forbid_unknown_fields=True):
    """The photos: the list's own digest fixes every one of them."""

    file: str
    sha256: str
    count: int
    size_bytes: int
    copied: int
    absent: list[str]


class Check(Struct, forbid_unknown_fields=True):
    """What the restore check read."""

    photos_hashed: int
    photos_mended: int
    events: int
    seconds: float


class Manifest(Struct, forbid_unknown_fields=True, kw_only=True):
    """
    One backup.

    `incomplete` names the receipt numbers up to `newest_receipt_no` whose photos are not all in it (not arrived yet, or
    damaged on the server), or are not all on the server any more. `receipt_kid` tells which secret
    key belongs to it; the key itself is kept elsewhere.
    """

    format: int = FORMAT
    id: UUID
    name: str
    software: str
    database: DatabaseFile
    photos: PhotoList
    rows: dict[str, int]
    newest_receipt_no: int
    incomplete: list[int]
    seal_head: str | None
    receipt_kid: str
    started_at: datetime
    finished_at: datetime
    checked_at: datetime | None = None
    check: Check | None = None


def manifest_path(folder: Path, name: str) -> Path:
    """Where the manifest of a name is."""
    return folder / "manifests" / f"{name}.json"


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it, durable; from now on the backup is there."""
    write_whole(manifest_path(folder, manifest.name), msgspec.json.format(msgspec.json.encode(manifest), indent=2))


def backup_names(folder: Path) -> list[str]:
    """Name the backups in a folder, oldest first."""
    return sorted(path.stem for path in (folder / "manifests").glob("[0-9]*.json"))


def read_manifest(folder: Path, name: str | None = None) -> Manifest:
    """
    Read one manifest: the named one, or the newest that was checked, or else the newest.

    Raises:
        BackupRefused: There is none.
        BackupDamaged: It cannot be read.
    """
    if name is not None:
        return _read(manifest_path(folder, name))
    found = [_read(manifest_path(folder, one)) for one in reversed(backup_names(folder))]
    if not found:
        raise BackupRefused(f"{folder} holds no backup: there is no manifests/*.json in it")
    return next((one for one in found if one.checked_at), found[0])


def newest_checked(folder: Path) -> Manifest | None:
    """Read the newest manifest of a backup that stood its check; one that cannot be read counts as none."""
    for name in reversed(backup_names(folder)):
        with contextlib.suppress(BackupDamaged):
            found = _read(manifest_path(folder, name))
            if found.checked_at:
                return found
    return None


def _read(path: Path) -> Manifest:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError as error:
        raise BackupRefused(f"there is no backup of that name: {path}") from error
    except msgspec.MsgspecError as error:
        raise BackupDamaged(f"{path.name} cannot be read: {error}") from error
