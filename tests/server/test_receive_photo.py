import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID, uuid4

import asyncpg
import pytest

from server.actions.receive_photo import receive_photo
from server.actions.receive_submission import Stored, receive_submission
from server.errors import PhotoDigestMismatch, PhotoNotInManifest, SubmissionNotFound
from server.roles import Identity
from server.tables import EventTable, PhotoTable, QuarantineTable, SubmissionTable
from tests.server.world import AT, World, encoded, five_pictures, manifest, picture
from tests.support.stores import damage, everything_in


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def in_chunks(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 100):
        yield data[start : start + 100]


async def send(world: World, submission_id: UUID, data: bytes, inspector: Identity, *, under: str = "") -> bool:
    sha256, chunks = under or digest(data), in_chunks(data)
    stored = await receive_photo(submission_id, sha256, chunks, photos=world.photos, inspector=inspector, at=AT)
    assert sha256 in stored.submission.photos
    return stored.created


async def begun(world: World, person: str = "inspector") -> tuple[UUID, Identity]:
    submission_id, inspector = uuid4(), await world.person(person)
    await receive_submission(submission_id, encoded(manifest(submission_id)), inspector=inspector, at=AT)
    return submission_id, inspector


async def test_a_submission_is_complete_with_its_last_photo_and_not_before(world: World):
    """ "Complete" is counted by the server from what it holds; nobody's word is taken for it."""
    submission_id, inspector = await begun(world)
    states = []

    for data in five_pictures().values():
        await send(world, submission_id, data, inspector)
        row = await SubmissionTable.select(SubmissionTable.state, SubmissionTable.complete_at).first()
        assert row is not None
        states.append((row["state"], row["complete_at"] is not None))

    assert states == [("receiving", False)] * 4 + [("awaiting_review", True)]


async def test_a_photo_sent_twice_counts_once(world: World):
    """A lost answer makes the phone send again."""
    submission_id, inspector = await begun(world)
    data = five_pictures()["tree"]

    first = await send(world, submission_id, data, inspector)
    second = await send(world, submission_id, data, inspector)

    row = await SubmissionTable.select(SubmissionTable.received_photos).first()
    assert (first, second) == (True, False)
    assert row == {"received_photos": 1}
    assert await world.photos.read(digest(data)) == data


@pytest.mark.parametrize("migrated_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_the_answer_knows_the_photo_that_another_server_took_in_at_the_same_moment(world: World):
    """Its row was not there yet when this one began to wait for the submission; a phone would send it once more."""
    submission_id, inspector = await begun(world)
    first, elsewhere, here = list(five_pictures().values())[:3]
    await send(world, submission_id, first, inspector)
    other = await asyncpg.connect(world.settings.database_url)
    await other.execute("BEGIN")
    copied = "jsonb_populate_record(photo, jsonb_build_object('id', gen_random_uuid(), 'sha256', $1::text))"
    await other.execute(f"INSERT INTO photo SELECT ({copied}).* FROM photo", digest(elsewhere))
    await other.execute("UPDATE submission SET received_photos = received_photos + 1")

    chunks = in_chunks(here)
    answer = asyncio.create_task(
        receive_photo(submission_id, digest(here), chunks, photos=world.photos, inspector=inspector, at=AT)
    )
    while not await other.fetchval("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
        assert not answer.done()
        await asyncio.sleep(0.01)
    await other.execute("COMMIT")
    await other.close()

    assert set((await answer).submission.photos) == {digest(first), digest(elsewhere), digest(here)}


async def test_damaged_bytes_leave_nothing_behind(world: World):
    """A photo with the wrong hash is no evidence; the phone reads it again and resends."""
    submission_id, inspector = await begun(world)
    sha256 = digest(five_pictures()["tree"])

    with pytest.raises(PhotoDigestMismatch):
        await send(world, submission_id, picture("damaged on the way"), inspector, under=sha256)

    assert await everything_in(world.photos) == []
    assert await PhotoTable.count() == 0


async def test_a_photo_nobody_announced_is_refused(world: World):
    """The manifest is the list of the evidence: nothing slips in beside it."""
    submission_id, inspector = await begun(world)

    with pytest.raises(PhotoNotInManifest):
        await send(world, submission_id, picture("another"), inspector)


async def test_another_townships_submission_is_not_there(world: World):
    """A record outside one's regions looks exactly like one that does not exist."""
    submission_id, _inspector = await begun(world)
    stranger = await world.person("west_inspector")

    with pytest.raises(SubmissionNotFound):
        await send(world, submission_id, five_pictures()["tree"], stranger)
    with pytest.raises(SubmissionNotFound):
        await send(world, uuid4(), five_pictures()["tree"], stranger)


async def test_an_inspector_who_moved_to_another_township_ends_what_they_began(world: World):
    """The photos are on that phone and nowhere else; manifest and receipt are answered as before, too."""
    submission_id, inspector = await begun(world)
    body = encoded(manifest(submission_id))
    moved = replace(inspector, grants=(await world.person("west_inspector")).grants)

    again = await receive_submission(submission_id, body, inspector=moved, at=AT)
    fresh = await send(world, submission_id, five_pictures()["tree"], moved)

    assert isinstance(again, Stored) and not again.created
    assert fresh
    assert await QuarantineTable.count() == 0


async def test_the_same_picture_in_two_submissions_is_stored_once_and_listed_twice(world: World):
    """Bytes are named by their hash; each submission still has its own row."""
    first, inspector = await begun(world)
    second, _ = await begun(world)
    data = five_pictures()["tree"]

    await send(world, first, data, inspector)
    await send(world, second, data, inspector)

    assert await PhotoTable.count() == 2
    assert [sha256 async for sha256 in world.photos.hashes()] == [digest(data)]
    assert len(await everything_in(world.photos)) == 1


async def test_whoever_announces_anothers_photo_must_hold_it(world: World):
    """A hash is no secret; naming one must not put another's picture into one's own submission."""
    first, inspector = await begun(world)
    second, _ = await begun(world)
    data = five_pictures()["tree"]
    await send(world, first, data, inspector)

    with pytest.raises(PhotoDigestMismatch):
        await receive_photo(second, digest(data), in_chunks(b""), photos=world.photos, inspector=inspector, at=AT)

    assert await PhotoTable.count() == 1
    assert await world.photos.read(digest(data)) == data


async def test_a_server_that_lost_its_photos_is_refilled_by_the_phones(world: World):
    """Restored from yesterday's copy, rows may stand without bytes; the phone still has them and sends again."""
    submission_id, inspector = await begun(world)
    data = five_pictures()["tree"]
    await send(world, submission_id, data, inspector)
    await damage(world.photos, digest(data), None)

    again = await send(world, submission_id, data, inspector)

    assert again is False
    assert await world.photos.read(digest(data)) == data
    assert await PhotoTable.count() == 1


async def test_each_photo_leaves_an_event_that_asks_for_its_pictures(world: World):
    """The audit trail is the job queue: what is on record gets done."""
    submission_id, inspector = await begun(world)

    await send(world, submission_id, five_pictures()["tree"], inspector)

    events = await EventTable.select().where(EventTable.action == "photo.received")
    assert [(event["job"], event["actor"]) for event in events] == [("derive", inspector.user_id)]
