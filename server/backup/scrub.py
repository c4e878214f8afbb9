"""
Reading every photo again, slowly, for as long as the server runs (后台巡检): disks forget without saying so.

One process at a time holds the lease; the place is in the database, so a restart goes on where it stopped.
"""

from datetime import datetime, timedelta
from typing import Any

from server.actions.note_loss import note_found, note_lost
from server.backup.originals import page_after
from server.backup.pace import Pace
from server.database import is_postgres, transaction
from server.storage import PhotoStore
from server.storage.wholeness import look_at
from server.tables import ScrubTable

RATE_MB_PER_S = 4.0
BATCH = 20
LEASE = timedelta(minutes=10)
ROUND_EVERY = timedelta(days=7)
_NAME = "photos"


async def scrub_some(store: PhotoStore, pace: Pace, *, at: datetime) -> int:
    """
    Read the next photos; those damaged or missing are marked as lost, those that are well again no longer.

    Returns:
        How many were read; 0 when another process is at it or the round of this week is done.
    """
    claimed = await _claim(at)
    if claimed is None:
        return 0
    page = await page_after(claimed["last_sha256"], BATCH)
    damaged = 0
    for photo in page:
        wrong, size_bytes = await look_at(store, photo.sha256)
        if wrong is not None:
            damaged += 1
            await note_lost(photo.sha256, wrong, photos=store, at=at)
        elif photo.lost:
            await note_found(photo.sha256, at=at)
        await pace.spent(size_bytes)
    # A short page is the last of its round: the lease then lasts until the next is due.
    done = len(page) < BATCH
    await (
        ScrubTable.update(
            {
                ScrubTable.last_sha256: "" if done else page[-1].sha256,
                ScrubTable.checked: claimed["checked"] + len(page),
                ScrubTable.damaged: claimed["damaged"] + damaged,
                ScrubTable.leased_until: claimed["round_started_at"] + ROUND_EVERY if done else at,
            }
        )
        .where(ScrubTable.name == _NAME)
        .run()
    )
    return len(page)


async def _claim(at: datetime) -> dict[str, Any] | None:
    """Take the lease, beginning a new round when the place is at the start."""
    if not await ScrubTable.exists().where(ScrubTable.name == _NAME):
        first = ScrubTable(
            name=_NAME, last_sha256="", checked=0, damaged=0, round_started_at=at, leased_until=at - LEASE
        )
        await ScrubTable.insert(first).on_conflict(target=ScrubTable.name, action="DO NOTHING")
    due = ScrubTable.select().where((ScrubTable.name == _NAME) & (ScrubTable.leased_until <= at))
    if not await due:  # Answered by a reader: the usual case never holds the writer.
        return None
    async with transaction():
        row: dict[str, Any] | None = await (due.lock_rows("UPDATE", skip_locked=True) if is_postgres() else due).first()
        if row is None:
            return None
        if row["last_sha256"] == "":
            row.update(checked=0, damaged=0, round_started_at=at)
        await (
            ScrubTable.update(
                {
                    ScrubTable.checked: row["checked"],
                    ScrubTable.damaged: row["damaged"],
                    ScrubTable.round_started_at: row["round_started_at"],
                    ScrubTable.leased_until: at + LEASE,
                }
            )
            .where(ScrubTable.name == _NAME)
            .run()
        )
    return row
