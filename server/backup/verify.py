"""Verify everything that is stored: photos, rows, the chain over the events (核验)."""

import time
from collections.abc import Container, Sequence
from datetime import datetime

from server.backup.findings import Progress, Report
from server.backup.originals import check_originals, find_orphans
from server.backup.pace import Pace
from server.backup.records import check_records
from server.chain import Head, check_chain
from server.storage import PhotoStore


def silent(_: str) -> None:
    """Tell nobody."""


async def verify(
    store: PhotoStore,
    *,
    at: datetime,
    rate_mb_per_s: float | None = None,
    chosen: Container[str] | None = None,
    published: Sequence[Head] = (),
    orphans: bool = True,
    noting: bool = True,
    progress: Progress = silent,
) -> Report:
    """
    Verify the database that is open and a photo store.

    Args:
        store: Where the photos are; for a backup, the backup's.
        at: Now.
        rate_mb_per_s: How fast photos are read, in 10^6 bytes; None reads as fast as the disk gives.
        chosen: Hash these photos only; of the others existence and size. None hashes every one.
        published: Heads of the chain that were kept elsewhere.
        orphans: Whether to look for bytes without a row.
        noting: Whether rows are marked where their photo is lost or well again; not in a backup on trial.
        progress: Told now and then how far it is.
    """
    begun = time.monotonic()
    report = Report()
    chain = await check_chain(published)
    report.seals, report.events, report.events_unsealed = chain.seals, chain.events, chain.unsealed
    report.head = str(chain.head) if chain.head else None
    for number, detail in chain.broken:
        report.add("chain.broken", f"seal {number}", detail)
    progress(f"chain of {chain.seals} seals over {chain.events} events: looked")
    await check_records(report, progress)
    noting_at = at if noting else None
    await check_originals(
        store, report, pace=Pace(rate_mb_per_s), chosen=chosen, noting_at=noting_at, progress=progress
    )
    if orphans:
        await find_orphans(store, report, at=at)
    report.seconds = round(time.monotonic() - begun, 3)
    return report
