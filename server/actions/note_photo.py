"""Put a photo on record whose bytes are durable; with its last photo a submission is complete."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from inspections.submissions import ManifestPhoto
from server.actions.note_loss import found_again
from server.database import in_one_transaction
from server.events import event_row
from server.failpoints import fail_at, fail_here
from server.grouping import in_groups
from server.statements import Row, ask, insert
from server.store.intake import KNOWN_COLUMNS, Stored, find_all_known, known_of
from server.tables import EventTable, PhotoTable

# One that was returned meanwhile is complete and stays returned.
_COUNT = f"""
UPDATE submission SET
  received_photos = received_photos + {{}},
  complete_at = CASE WHEN received_photos + {{}} = expected_photos THEN {{}} ELSE complete_at END,
  state = CASE
    WHEN received_photos + {{}} = expected_photos AND state = 'receiving' THEN 'awaiting_review' ELSE state
  END
WHERE id = {{}} RETURNING received_photos, expected_photos, {KNOWN_COLUMNS}
"""  # noqa: S608 - names of ours.


@dataclass(frozen=True, slots=True)
class DurablePhoto:
    """A photo in the store, and all its row will say; `target` is a row of `server.store.intake.find_photo_target`."""

    target: dict[str, Any]
    announced: ManifestPhoto
    size_bytes: int
    inspector_id: UUID
    at: datetime


async def note_photo(photo: DurablePhoto) -> Stored:
    """
    Write the photo's row, its event and the count, in one transaction that it may share with other photos.

    Returns:
        The submission as that transaction leaves it: what a phone is told needs no further look.
    """
    return await _note(photo)


async def _commit(photos: list[DurablePhoto]) -> list[Stored]:
    stored = await in_one_transaction(lambda: _write(photos))
    await fail_here("row.committed")
    return stored


async def _write(photos: list[DurablePhoto]) -> list[Stored]:
    fail_at("row.begin")
    rows = {uuid4(): photo for photo in photos}
    once = "ON CONFLICT (submission, sha256) DO NOTHING RETURNING id"
    inserted = await insert(PhotoTable, [_row(photo_id, photo) for photo_id, photo in rows.items()], once)
    fresh = {row["id"]: rows[row["id"]] for row in inserted}
    counted = await _count(list(fresh.values()))
    events = [_received(photo_id, photo) for photo_id, photo in fresh.items()]
    events += [_completed(row, last) for row, last in counted if row["received_photos"] == row["expected_photos"]]
    # What was on record and came again was lost: its bytes are whole now, in whatever submission they are.
    again = {photo.announced.sha256: photo for photo_id, photo in rows.items() if photo_id not in fresh}
    for sha256, photo in sorted(again.items()):
        events += await found_again(sha256, actor=photo.inspector_id, at=photo.at)
    if events:
        await insert(EventTable, events)
    fail_at("row.written")
    known = {row["id"]: known_of(row) for row, _ in counted}
    # What another server put on record while this one waited for the submission, only a new look shows.
    if again or any(len(known[row["id"]].photos) != row["received_photos"] for row, _ in counted):
        known |= await find_all_known({photo.target["id"] for photo in photos})
    return [Stored(known[photo.target["id"]], photo_id in fresh) for photo_id, photo in rows.items()]


_note = in_groups(_commit)


def _row(photo_id: UUID, photo: DurablePhoto) -> Row:
    target, announced = photo.target, photo.announced
    position = announced.position
    return {
        "id": photo_id,
        "submission": target["id"],
        "sha256": announced.sha256,
        "size_bytes": photo.size_bytes,
        "media_type": announced.media_type,
        "kind": announced.kind,
        "source": announced.source,
        "taken_at": announced.taken_at,
        "clock_offset_ms": announced.clock_offset_ms,
        "lon": position.lon if position else None,
        "lat": position.lat if position else None,
        "accuracy_m": position.accuracy_m if position else None,
        "width": announced.width,
        "height": announced.height,
        "township_code": target["township_code"],
        "village_code": target["village_code"],
        "household": target["household"],
        "plot": target["plot"],
        "received_at": photo.at,
    }


def _received(photo_id: UUID, photo: DurablePhoto) -> Row:
    return event_row(
        "photo.received",
        "photo",
        photo_id,
        actor=photo.inspector_id,
        before=None,
        after={
            "submission": photo.target["id"],
            "sha256": photo.announced.sha256,
            "size_bytes": photo.size_bytes,
        },
        at=photo.at,
        job="derive",
    )


async def _count(photos: list[DurablePhoto]) -> list[tuple[Row, DurablePhoto]]:
    """Count them; "complete" is computed here, by the server, from what it holds. Each row has its last photo."""
    counts = Counter(photo.target["id"] for photo in photos)
    last = {photo.target["id"]: photo for photo in photos}
    counted = []
    # In one order in every process, so that no two wait for each other.
    for submission_id, more in sorted(counts.items()):
        row = (await ask(_COUNT, more, more, last[submission_id].at, more, submission_id))[0]
        counted.append((row, last[submission_id]))
    return counted


def _completed(counted: Row, last: DurablePhoto) -> Row:
    state = counted["state"]
    return event_row(
        "submission.completed",
        "submission",
        counted["id"],
        actor=last.inspector_id,
        before={"state": "receiving" if state == "awaiting_review" else state},
        after={"state": state, "photos": counted["received_photos"]},
        at=last.at,
    )
