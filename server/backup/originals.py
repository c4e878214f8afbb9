"""Every photo the rows name: is it there, has it its size, has it its hash (原件核验)."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Container
from datetime import UTC, datetime, timedelta
from pathlib import Path

from server.backup.findings import Progress, Report
from server.backup.pace import Pace
from server.storage import PhotoStore
from server.tables import PhotoTable

AT_ONCE = 4
PAGE = 500
ORPHAN_AFTER = timedelta(days=7)


async def check_originals(
    store: PhotoStore, report: Report, *, pace: Pace, chosen: Container[str] | None, progress: Progress
) -> None:
    """
    Read the photos and note what is missing or damaged.

    Args:
        store: Where they are.
        report: Where to note it.
        pace: How fast to read.
        chosen: Hash these, and only ask for the size of the others; None hashes all.
        progress: Told now and then how far it is.
    """
    async for page in named_pages():
        for start in range(0, len(page), AT_ONCE):
            group = page[start : start + AT_ONCE]
            told = await asyncio.gather(
                *[_look(store, sha256, size, chosen is None or sha256 in chosen) for sha256, size in group]
            )
            for (sha256, _), (code, detail, hashed_bytes) in zip(group, told, strict=True):
                report.photos += 1
                report.photos_hashed += hashed_bytes is not None
                report.bytes_hashed += hashed_bytes or 0
                if code:
                    report.add(code, sha256, detail)
            await pace.spent(sum(hashed_bytes or 0 for _, _, hashed_bytes in told))
        progress(f"photos {report.photos}, hashed {report.photos_hashed}, {report.bytes_hashed // 1_000_000} MB")


async def named_pages(after: str = "") -> AsyncIterator[list[tuple[str, int]]]:
    """Hash and size of every photo the rows name, by hash, in pages."""
    while page := await page_after(after, PAGE):
        yield page
        after = page[-1][0]


async def page_after(after: str, limit: int) -> list[tuple[str, int]]:
    """Return the next photos in the order of their hashes, each once however many submissions hold it."""
    rows = await PhotoTable.raw(
        "SELECT sha256, min(size_bytes) AS size_bytes FROM photo WHERE sha256 > {} GROUP BY sha256 "
        "ORDER BY sha256 LIMIT {}",
        after,
        limit,
    )
    return [(row["sha256"], row["size_bytes"]) for row in rows]


async def damage(store: PhotoStore, sha256: str) -> tuple[str | None, int]:
    """Hash one photo; return what is wrong with it, if anything, and the bytes read."""
    digest, size_bytes = hashlib.sha256(), 0
    try:
        async for chunk in store.open(sha256):
            digest.update(chunk)
            size_bytes += len(chunk)
    except FileNotFoundError:
        return "its bytes are not in the store", 0
    except OSError as error:
        return f"its bytes cannot be read: {error}", size_bytes
    if digest.hexdigest() != sha256:
        return f"its bytes have the hash {digest.hexdigest()}", size_bytes
    return None, size_bytes


async def pick(count: int) -> set[str]:
    """Choose photos by chance: the next one behind a random hash, and hashes are spread evenly."""
    chosen: set[str] = set()
    for _ in range(count):
        found = await page_after(secrets.token_hex(32), 1) or await page_after("", 1)
        chosen.update(sha256 for sha256, _ in found)
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
    return list(dict.fromkeys(sha256 for sha256, _ in found))


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


async def _look(store: PhotoStore, sha256: str, size_bytes: int, hashing: bool) -> tuple[str, str, int | None]:
    if hashing:
        wrong, read_bytes = await damage(store, sha256)
        code = "" if wrong is None else "photo.missing" if "not in the store" in wrong else "photo.damaged"
        if wrong is None and read_bytes != size_bytes:
            code, wrong = "photo.size", f"its row says {size_bytes} bytes, it has {read_bytes}"
        return code, wrong or "", None if code == "photo.missing" else read_bytes
    try:
        stored_bytes = await store.size(sha256)
    except FileNotFoundError:
        return "photo.missing", "its bytes are not in the store", None
    if stored_bytes != size_bytes:
        return "photo.damaged", f"its row says {size_bytes} bytes, it has {stored_bytes}", None
    return "", "", None
