"""F10, the restore drill: many visits, a backup, a restore into nothing, and every hash; at any size."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path

from server.backup.restore import restore
from server.backup.take import take_backup
from server.database import bind, engine
from server.settings import Settings
from server.storage import open_photo_store
from tests.server.backup.visits import write_visits
from tests.server.world import World


@dataclass(frozen=True, slots=True)
class Drill:
    """What it counted, and how long each step took."""

    inspections: int
    photos: int
    restored_inspections: int
    restored_photos: int
    photos_hashed: int
    findings: int
    build_s: float
    backup_s: float
    restore_s: float

    def __str__(self) -> str:
        """One line for the record."""
        return " ".join(f"{name}={value}" for name, value in asdict(self).items())


async def restore_drill(world: World, size: int, *, folder: Path, empty_url: str, photo_bytes: int = 4000) -> Drill:
    """
    Write `size` visits into a world, back it up into `folder`, restore it, and verify all of it.

    Args:
        world: Open and without visits.
        size: How many visits, of four photos each.
        folder: For the backup and the restored installation.
        empty_url: An empty database of the world's kind.
        photo_bytes: How large each photo is.
    """
    clock = [time.monotonic()]
    await write_visits(world.photos, size, photo_bytes=photo_bytes)
    clock.append(time.monotonic())
    manifest = await take_backup(world.settings, world.photos, folder / "backup", check_sample=0)
    clock.append(time.monotonic())
    other = restored_settings(world.settings, folder / "restored", empty_url)
    with keeping_bound():
        done = await restore(other, open_photo_store(other), folder / "backup")
    clock.append(time.monotonic())
    build_s, backup_s, restore_s = (round(b - a, 2) for a, b in pairwise(clock))
    return Drill(
        manifest.rows["submission"],
        manifest.photos.count,
        done.report.rows["submission"],
        done.report.photos,
        done.report.photos_hashed,
        len(done.report.findings),
        build_s,
        backup_s,
        restore_s,
    )


def restored_settings(settings: Settings, folder: Path, empty_url: str) -> Settings:
    """Settings of an installation that is still empty."""
    return replace(settings, data=folder, photos_url=f"file://{folder / 'photos'}", database_url=empty_url)


@contextmanager
def keeping_bound() -> Iterator[None]:
    """Give the tables back to the test's own database after a command that opened another."""
    usual = engine()
    try:
        yield
    finally:
        bind(usual)
