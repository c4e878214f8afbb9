"""
The backup mark (备份水位): what a checked backup holds, so that a phone may let go of its copy.

A receipt number alone does not tell: a submission may have come before the backup and its photos after. So a backup
also names the numbers it holds only in part, and a phone asks about each submission of its own.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from server.backup.findings import Finding
from server.backup.manifest import Manifest
from server.database import AnyEngine, engine, transaction
from server.events import record
from server.tables import BackupTable

RECENT_S = 5.0


@dataclass(frozen=True, slots=True)
class Watermark:
    """What the last checked backup holds: every receipt up to `newest`, whole, except those in `incomplete`."""

    newest: int
    incomplete: frozenset[int]

    @property
    def floor(self) -> int:
        """The number up to which every submission is in the backup, whole."""
        return min(self.incomplete) - 1 if self.incomplete else self.newest

    def for_submission(self, receipt_no: int) -> int:
        """
        Return the mark to tell a phone that holds this submission: at or above its number exactly when it is safe.

        >>> mark = Watermark(newest=9, incomplete=frozenset({4}))
        >>> [mark.for_submission(number) for number in (3, 4, 5, 9, 10)]
        [3, 3, 5, 9, 3]
        """
        held = receipt_no <= self.newest and receipt_no not in self.incomplete
        return max(self.floor, receipt_no) if held else min(self.floor, receipt_no - 1)


_recent: tuple[AnyEngine, float, Watermark | None] | None = None


async def recent_watermark() -> Watermark | None:
    """
    Return the mark as it was at most some seconds ago, for answers that are given many times a second.

    A mark rises while a server runs, so an old one is a careful one. It falls for a submission that lost a photo since,
    and of that one the same answer says that it is not complete.
    """
    global _recent
    bound, now = engine(), time.monotonic()
    if _recent is None or _recent[0] is not bound or now - _recent[1] > RECENT_S:
        _recent = (bound, now, await read_watermark())
    return _recent[2]


async def read_watermark() -> Watermark | None:
    """Return the mark of the last backup that was checked; None before the first."""
    row = await (
        BackupTable.select(BackupTable.newest_receipt_no, BackupTable.incomplete)
        .order_by(BackupTable.no, ascending=False)
        .first()
    )
    if row is None:
        return None
    return Watermark(row["newest_receipt_no"], frozenset(msgspec.json.decode(row["incomplete"], type=list[int])))


async def publish(manifest: Manifest, *, at: datetime, doubts: Sequence[Finding] = ()) -> None:
    """Say that a backup was checked and counts from now on, and what is doubtful about its place."""
    global _recent
    _recent = None
    async with transaction():
        last = await BackupTable.select(BackupTable.no).order_by(BackupTable.no, ascending=False).first()
        await BackupTable.insert(
            BackupTable(
                no=(last["no"] if last else 0) + 1,
                id=manifest.id,
                newest_receipt_no=manifest.newest_receipt_no,
                incomplete=msgspec.json.encode(manifest.incomplete).decode(),
                photos=manifest.photos.count,
                started_at=manifest.started_at,
                checked_at=at,
            )
        ).run()
        await record(
            "backup.checked",
            "backup",
            manifest.id,
            actor=None,
            before=None,
            after={
                "name": manifest.name,
                "newest_receipt_no": manifest.newest_receipt_no,
                "incomplete": len(manifest.incomplete),
                "photos": manifest.photos.count,
                "database_sha256": manifest.database.sha256,
                "photo_list_sha256": manifest.photos.sha256,
                "doubts": [doubt.code for doubt in doubts],
            },
            at=at,
        )
