"""The list of a backup's photos, in the form that `sha256sum -c` reads from the backup's folder; ordered by hash."""

import asyncio
from array import array
from collections.abc import Iterator
from pathlib import Path

from server.backup.durable import beside, settle
from server.backup.snapshots import Snapshot

_PHOTOS = "SELECT sha256, min(size_bytes) FROM photo GROUP BY sha256 ORDER BY sha256"


async def write_list(moment: Snapshot, listing: Path) -> "array[int]":
    """Write the list, durable; return the sizes in bytes in its order."""
    sizes = array("q")
    temporary = beside(listing)
    with temporary.open("w") as out:
        async for sha256, size_bytes in moment.rows(_PHOTOS):
            out.write(f"{sha256}  photos/{sha256[:2]}/{sha256}\n")
            sizes.append(size_bytes)
    await asyncio.to_thread(settle, temporary, listing)
    return sizes


def listed(listing: Path) -> Iterator[str]:
    """Read the hashes of a list."""
    with listing.open() as lines:
        for line in lines:
            yield line[:64]


def added_since(earlier: Path | None, listing: Path) -> set[str]:
    """Return the hashes of a list that an earlier one does not have: all, when there is none or it is gone."""
    known = listed(earlier) if earlier is not None and earlier.exists() else iter(())
    added, held = set(), next(known, "")
    # Side by side, for both are in order: no more of them is in memory than is new.
    for sha256 in listed(listing):
        while held and held < sha256:
            held = next(known, "")
        if held != sha256:
            added.add(sha256)
    return added
