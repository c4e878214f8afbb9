"""Visits for the tests of backup: a few sent the phone's way, or many written as rows with real files."""

import hashlib
import json
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

from server.actions.receive_photo import receive_photo
from server.actions.receive_submission import receive_submission
from server.database import transaction
from server.storage import PhotoStore
from server.storage.local import LocalStore
from server.tables import CounterTable, EventTable, PhotoTable, SubmissionTable
from tests.server.world import (
    AT,
    EAST,
    EAST_VILLAGE,
    HOUSEHOLD,
    PLOT,
    TASK,
    World,
    encoded,
    five_pictures,
    manifest,
    named,
)

KINDS = ("panorama", "spacing", "groundwork", "tree")
ROWS_AT_ONCE = 200


async def send_visit(world: World, *, photos_sent: int = 5, salt: str = "") -> UUID:
    """Send one visit as a phone does; without its last photos it stays incomplete."""
    submission_id, inspector = uuid4(), await world.person("inspector")
    pictures = {kind: data + salt.encode() for kind, data in five_pictures().items()}
    await receive_submission(submission_id, encoded(manifest(submission_id, pictures)), inspector=inspector, at=AT)
    for data in list(pictures.values())[:photos_sent]:
        await send_photo(world, submission_id, data)
    return submission_id


async def send_photo(world: World, submission_id: UUID, data: bytes) -> None:
    """Send one photo."""
    sha256, inspector = hashlib.sha256(data).hexdigest(), await world.person("inspector")
    await receive_photo(submission_id, sha256, _whole(data), photos=world.photos, inspector=inspector, at=AT)


async def write_visits(photos: PhotoStore, count: int, *, photo_bytes: int = 4000, seed: int = 1) -> None:
    """Write complete visits of four photos each into an open, empty county; the files are not synced."""
    chance = random.Random(seed)
    for start in range(0, count, ROWS_AT_ONCE):
        submissions, rows, events = [], [], []
        for number in range(start, min(start + ROWS_AT_ONCE, count)):
            pictures = {kind: b"\xff\xd8\xff" + chance.randbytes(photo_bytes) for kind in KINDS}
            submission_id = UUID(int=chance.getrandbits(128), version=4)
            _add_visit(submission_id, number + 1, pictures, submissions, rows, events)
            for data in pictures.values():
                await _write(photos, data)
        async with transaction():
            await SubmissionTable.insert(*submissions).run()
            await PhotoTable.insert(*rows).run()
            await EventTable.insert(*events).run()
            done = start + len(submissions)
            await CounterTable.update({CounterTable.value: done}).where(CounterTable.name == "receipt").run()


def _add_visit(
    submission_id: UUID,
    receipt_no: int,
    pictures: dict[str, bytes],
    submissions: list[SubmissionTable],
    rows: list[PhotoTable],
    events: list[EventTable],
) -> None:
    body = encoded(manifest(submission_id, pictures))
    digest = hashlib.sha256(body).hexdigest()
    submissions.append(
        SubmissionTable(
            id=submission_id,
            task=TASK,
            plot=PLOT,
            inspector=named("inspector"),
            township_code=EAST,
            village_code=EAST_VILLAGE,
            policy_version=1,
            content_sha256=digest,
            manifest=body,
            expected_photos=len(pictures),
            received_photos=len(pictures),
            receipt_no=receipt_no,
            state="awaiting_review",
            finished_at=AT,
            received_at=AT,
            complete_at=AT,
        )
    )
    events.append(_event("submission.received", "submission", submission_id, {"content_sha256": digest}))
    for index, (kind, data) in enumerate(pictures.items()):
        photo_id, sha256 = uuid4(), hashlib.sha256(data).hexdigest()
        rows.append(
            PhotoTable(
                id=photo_id,
                submission=submission_id,
                sha256=sha256,
                size_bytes=len(data),
                media_type="image/jpeg",
                kind=kind,
                source="file",
                taken_at=AT + timedelta(seconds=index),
                width=4000,
                height=3000,
                township_code=EAST,
                village_code=EAST_VILLAGE,
                household=HOUSEHOLD,
                plot=PLOT,
                received_at=AT,
            )
        )
        events.append(_event("photo.received", "photo", photo_id, {"sha256": sha256}))


def _event(action: str, kind: str, subject: UUID, after: dict[str, str]) -> EventTable:
    return EventTable(
        at=AT, actor=None, action=action, subject_kind=kind, subject_id=str(subject), after=json.dumps(after)
    )


async def _write(photos: PhotoStore, data: bytes) -> None:
    sha256 = hashlib.sha256(data).hexdigest()
    if not isinstance(photos, LocalStore):
        await photos.put(sha256, _whole(data), max_bytes=len(data))
        return
    path = photos.path(sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


async def _whole(data: bytes) -> AsyncIterator[bytes]:
    yield data
