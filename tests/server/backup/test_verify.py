"""Verification tells what is wrong, all of it and nothing else."""

import hashlib
import os
import time
from datetime import timedelta

import pytest

from server.backup.pace import Pace
from server.backup.scrub import BATCH, LEASE, ROUND_EVERY, scrub_some
from server.backup.verify import verify
from server.chain import Head, seal_events
from server.database import is_postgres, transaction
from server.events import record
from server.storage.local import LocalStore
from server.tables import EventTable, PhotoTable, SubmissionTable
from tests.server.backup.deeds import do_everything, sql, unlock
from tests.server.backup.flips import flip_bytes
from tests.server.backup.visits import send_visit, write_visits
from tests.server.world import AT, World, picture
from tests.support.stores import damage


async def all_hashes(world: World) -> list[str]:
    return [sha256 async for sha256 in world.photos.hashes()]


async def test_nothing_is_found_where_nothing_is_wrong(world: World):
    """A false alarm would be ignored the next time, and the true one with it."""
    await send_visit(world, salt="1")
    await send_visit(world, salt="2", photos_sent=3)
    await seal_events(at=AT)

    report = await verify(world.photos, at=AT)

    assert report.findings == []
    assert (report.photos, report.photos_hashed, report.rows["submission"], report.events_unsealed) == (8, 8, 2, 0)


async def test_every_flipped_byte_is_found_and_no_other(world: World):
    """F11 in its short form."""
    await write_visits(world.photos, 15)
    flipped = await flip_bytes(world.photos, await all_hashes(world), 10)

    report = await verify(world.photos, at=AT)

    assert set(report.subjects("photo.damaged")) == flipped
    assert len(report.findings) == len(flipped)
    print(f"F11 objects={report.photos} flipped={len(flipped)} found={len(report.findings)} false=0")


async def test_a_missing_photo_is_found_also_when_only_a_sample_is_hashed(world: World):
    await send_visit(world)
    gone, short = (hashlib.sha256(picture(kind)).hexdigest() for kind in ("tree", "spacing"))
    await damage(world.photos, gone, None)
    await damage(world.photos, short, b"cut")

    report = await verify(world.photos, at=AT, chosen=())

    assert (report.subjects("photo.missing"), report.subjects("photo.damaged")) == ([gone], [short])
    assert report.photos_hashed == 0


async def test_rows_altered_behind_the_server_are_found(world: World):
    """By their counts, by the bytes received, and by the events."""
    first, second, third = [await send_visit(world, salt=salt) for salt in "123"]
    await SubmissionTable.update({SubmissionTable.received_photos: 4}).where(SubmissionTable.id == first).run()
    await SubmissionTable.update({SubmissionTable.content_sha256: "0" * 64}).where(SubmissionTable.id == second).run()
    photo = await PhotoTable.select(PhotoTable.id).where(PhotoTable.submission == third).first()
    assert photo is not None
    await PhotoTable.delete().where(PhotoTable.id == photo["id"]).run()

    report = await verify(world.photos, at=AT)

    found = {(one.code, one.subject) for one in report.findings}
    assert found == {
        ("submission.photo_count", str(first)),
        ("submission.complete", str(first)),
        ("submission.digest", str(second)),
        ("submission.changed", str(second)),
        ("submission.photo_count", str(third)),
        ("photo.gone", str(photo["id"])),
    }


LOST = {
    "attempt": {"attempt.gone"},
    "evaluation": {"evaluation.gone", "submission.evaluation"},
    "found_plot": {"found_plot.gone"},
    "mending": {"mending.gone"},
    "quarantine": {"quarantine.gone"},
    "review": {"review.gone", "submission.review"},
}
ALTERED = {
    "attempt": ("reason = 'rain'", {"attempt.changed"}),
    "evaluation": ("engine_version = '0'", {"evaluation.changed"}),
    "found_plot": ("note = 'ours'", {"found_plot.changed"}),
    "mending": ("body = {other}", {"mending.digest"}),
    "quarantine": ("body = {other}", {"quarantine.digest"}),
    "review": ("reason = 'well done'", {"review.changed"}),
}
WHICH = {
    "mending": "TRUE",
    "quarantine": "id NOT IN (SELECT quarantine FROM mending)",
}


async def test_nothing_is_found_where_everything_was_done_the_usual_way(world: World):
    """Of every kind of row that an event tells of there is one, and each agrees with its event."""
    await do_everything(world)

    assert (await verify(world.photos, at=AT)).findings == []


@pytest.mark.parametrize("table", LOST)
async def test_a_lost_row_of_any_kind_is_found(world: World, table: str):
    """A body in quarantine or a visit noted in the field is somebody's work, though no other row refers to it."""
    subject = (await do_everything(world))[table]
    await unlock(table)
    await sql(f"DELETE FROM {table} WHERE {WHICH.get(table, 'TRUE')}")

    report = await verify(world.photos, at=AT)

    assert {one.code for one in report.findings} == LOST[table]
    assert report.subjects(f"{table}.gone") == [subject]


@pytest.mark.parametrize("table", ALTERED)
async def test_an_altered_row_of_any_kind_is_found(world: World, table: str):
    """By the digest of its bytes, or by what the event of its arrival said."""
    await do_everything(world)
    await unlock(table)
    change, codes = ALTERED[table]
    other = "'\\x7b7d'" if is_postgres() else "x'7b7d'"
    await sql(f"UPDATE {table} SET {change.replace('{other}', other)} WHERE {WHICH.get(table, 'TRUE')}")

    report = await verify(world.photos, at=AT)

    assert {one.code for one in report.findings} == codes


async def test_an_event_that_names_no_row_at_all_is_a_finding_and_no_crash(world: World):
    """Whoever can alter an event can write anything into it."""
    async with transaction():
        await record("plot.visited", "plot", "x", actor=None, before=None, after={"attempt": "y"}, at=AT)
        await record("photo.received", "photo", "?", actor=None, before=None, after=None, at=AT)

    report = await verify(world.photos, at=AT)

    assert {(one.code, one.subject) for one in report.findings} == {("attempt.gone", "y"), ("photo.gone", "?")}


async def test_a_rewritten_chain_is_found_by_the_head_kept_elsewhere(world: World):
    await send_visit(world)
    await seal_events(at=AT)

    report = await verify(world.photos, at=AT, published=[Head(1, "ab" * 32)])

    assert report.subjects("chain.broken") == ["seal 1"]


async def test_bytes_without_a_row_are_told_after_a_week(world: World):
    """Until then their row may still come."""
    data = picture("nobody's")
    sha256 = hashlib.sha256(data).hexdigest()

    async def whole():
        yield data

    await world.photos.put(sha256, whole(), max_bytes=len(data))
    if isinstance(world.photos, LocalStore):
        os.utime(world.photos.path(sha256), (AT.timestamp(), AT.timestamp()))
        assert (await verify(world.photos, at=AT + timedelta(days=6))).orphans == []

    report = await verify(world.photos, at=AT + timedelta(days=8))

    assert (report.orphans, report.findings) == ([sha256], [])


async def test_the_scrub_goes_on_where_it_stopped_and_tells_of_damage(world: World):
    """A few photos at a time, one round a week, in whichever process."""
    await write_visits(world.photos, 2 * BATCH // 4)
    flipped = await flip_bytes(world.photos, await all_hashes(world), 3)
    pace = Pace(None)

    read = [await scrub_some(world.photos, pace, at=AT + timedelta(seconds=step)) for step in range(4)]
    events = await EventTable.select(EventTable.subject_id).where(EventTable.action == "photo.damaged")

    assert read == [BATCH, BATCH, 0, 0]
    assert {row["subject_id"] for row in events} == flipped
    assert await scrub_some(world.photos, pace, at=AT + ROUND_EVERY + LEASE) == BATCH


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
async def test_reading_keeps_to_its_rate(world: World):
    """Four photos of 50 kB at 1 MB/s take a fifth of a second."""
    await write_visits(world.photos, 1, photo_bytes=50_000)
    begun = time.monotonic()

    await verify(world.photos, at=AT, rate_mb_per_s=1)

    assert 0.19 < time.monotonic() - begun < 2
