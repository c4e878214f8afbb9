"""Every photo the rows name: is it there, has it its size, has it its hash (原件核验)."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Container
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from server.actions.note_loss import note_found, note_lost
from server.backup.findings import Progress, Report
from server.backup.pace import Pace
from server.storage import PhotoStore
from server.storage.wholeness import Damage, look_at
from server.tables import PhotoTable

AT_ONCE = 4
PAGE = 500
WRONG_SIZE = "photo.size"
ORPHAN_AFTER = timedelta(days=7)


class Named(NamedTuple):
    """A photo the rows name; `lost`: marked so on any of them."""

    sha256: str
    size_bytes: int
    lost: bool


async def check_originals(
    store: PhotoStore,
    report: Report,
    *,
    pace: Pace,
    chosen: Container[str] | None,
    noting_at: datetime | None,
    progress: Progress,
) -> None:
    """
    Read the photos and note what is missing or damaged.

    Args:
        store: Where they are.
        report: Where to note it.
        pace: How fast to read.
        chosen: Hash these, and those marked as lost; only ask for the size of the others. None hashes all.
        noting_at: Now, to mark rows of lost photos and take marks away; None leaves the rows alone.
        progress: Told now and then how far it is.
    """
    async for page in named_pages():
        for start in range(0, len(page), AT_ONCE):
            group = page[start : start + AT_ONCE]
            told = await asyncio.gather(
                *[_look(store, photo, chosen is None or photo.lost or photo.sha256 in chosen) for photo in group]
            )
            for photo, (damage, hashed_bytes) in zip(group, told, strict=True):
                report.photos += 1
                report.photos_hashed += hashed_bytes is not None
                report.bytes_hashed += hashed_bytes or 0
                if damage:
                    report.add(damage.code, photo.sha256, damage.detail)
                if noting_at:
                    await _note(store, photo, damage, hashed_bytes is not None, noting_at)
            await pace.spent(sum(hashed_bytes or 0 for _, hashed_bytes in told))
        progress(f"photos {report.photos}, hashed {report.photos_hashed}, {report.bytes_hashed // 1_000_000} MB")


async def _note(store: PhotoStore, photo: Named, damage: Damage | None, hashed: bool, at: datetime) -> None:
    if damage and damage.code != WRONG_SIZE:
        await note_lost(photo.sha256, damage, photos=store, at=at)
    elif photo.lost and hashed:
        await note_found(photo.sha256, at=at)


async def named_pages(after: str = "") -> AsyncIterator[list[Named]]:
    """Every photo the rows name, by hash, in pages."""
    while page := await page_after(after, PAGE):
        yield page
        after = page[-1].sha256


async def page_after(after: str, limit: int) -> list[Named]:
    """Return the next photos in the order of their hashes, each once however many submissions hold it."""
    rows = await PhotoTable.raw(
        "SELECT sha256, min(size_bytes) AS size_bytes, count(lost_at) AS lost FROM photo WHERE sha256 > {} "
        "GROUP BY sha256 ORDER BY sha256 LIMIT {}",
        after,
        limit,
    )
    return [Named(row["sha256"], row["size_bytes"], row["lost"] > 0) for row in rows]


async def pick(count: int) -> set[str]:
    """Choose photos by chance: the next one behind a random hash, and hashes are spread evenly."""
    chosen: set[str] = set()
    for _ in range(count):
        found = await page_after(secrets.token_hex(32), 1) or await page_after("", 1)
        chosen.update(photo.sha256 for photo in found)
    return chosen


async def next_in_turn(after: str, count: int) -> list[str]:
    """
    Choose the photos that follow on a hash, and after the last the first again.

    Args:
        after: Where the turn before ended; empty at the very first.
        count: How many; fewer when there are no more.
    """
    found = await page_after(after, count) if count else []
    if len(found) < count:
        found += await page_after("", count - len(found))
    return list(dict.fromkeys(photo.sha256 for photo in found))


async def find_orphans(store: PhotoStore, report: Report, *, at: datetime) -> None:
    """Note photos that no row names and that are older than a week; younger ones may still get their row."""
    waiting: list[str] = []
    async for sha256 in store.hashes():
        waiting.append(sha256)
        if len(waiting) == PAGE:
            report.orphans += await _unnamed(store, waiting, at)
            waiting = []
    report.orphans += await _unnamed(store, waiting, at)
    report.orphans.sort()


async def _unnamed(store: PhotoStore, hashes: list[str], at: datetime) -> list[str]:
    if not hashes:
        return []
    rows = await PhotoTable.select(PhotoTable.sha256).where(PhotoTable.sha256.is_in(hashes))
    unnamed = set(hashes) - {row["sha256"] for row in rows}
    return [sha256 for sha256 in unnamed if (_stored_at(store, sha256) or at - ORPHAN_AFTER) <= at - ORPHAN_AFTER]


def _stored_at(store: PhotoStore, sha256: str) -> datetime | None:
    """When a local file came; a bucket does not say, and then it is told whatever its age."""
    path = getattr(store, "path", None)
    if path is None:
        return None
    file: Path = path(sha256)
    return datetime.fromtimestamp(file.stat().st_mtime, UTC) if file.exists() else None


async def _look(store: PhotoStore, photo: Named, hashing: bool) -> tuple[Damage | None, int | None]:
    """What is wrong with a photo, if anything, and how many bytes were hashed; None where only the size was asked."""
    if not hashing:
        # Anything but the right size is looked into: row or bytes, one of them is wrong.
        with contextlib.suppress(OSError):
            if await store.size(photo.sha256) == photo.size_bytes:
                return None, None
    damage, read_bytes = await look_at(store, photo.sha256)
    if damage is None and read_bytes != photo.size_bytes:
        damage = Damage(WRONG_SIZE, f"its row says {photo.size_bytes} bytes, it has {read_bytes}")
    counted = hashing and not (damage and damage.code == "photo.missing")
    return damage, read_bytes if counted else None
