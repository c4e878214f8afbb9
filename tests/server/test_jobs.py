import asyncio
import io
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from PIL import Image

from server import jobs
from server.database import transaction
from server.events import record
from server.jobs import LEASE, MAX_ATTEMPTS, Workshop, at_work, run_all_due, run_due_job
from server.tables import EventTable, PhotoTable
from tests.server.test_receive_photo import begun, send
from tests.server.world import AT, World, five_pictures
from tests.support.stores import damage


async def ask_for(job: str) -> str:
    subject = str(uuid4())
    async with transaction():
        await record("test.asked", "test", subject, actor=None, before=None, after=None, at=AT, job=job)
    return subject


async def received_photo(world: World) -> UUID:
    submission_id, inspector = await begun(world)
    await send(world, submission_id, five_pictures()["tree"], inspector)
    row = await PhotoTable.select(PhotoTable.id).first()
    assert row is not None
    return row["id"]


async def the_event() -> dict:
    row = await EventTable.select().where(EventTable.action == "test.asked").first()
    assert row is not None
    return row


async def test_a_job_is_done_once_and_is_then_no_longer_due(world: World, monkeypatch):
    """The event stays as history; only what is to be done because of it is over."""
    seen: list[str] = []

    async def note(subject_id: str, _workshop: Workshop) -> None:
        seen.append(subject_id)

    monkeypatch.setitem(jobs.JOBS, "note", note)
    subject = await ask_for("note")
    workshop = Workshop(world.settings, world.photos)

    assert await run_due_job(workshop, at=AT) is True
    assert await run_due_job(workshop, at=AT + timedelta(days=1)) is False
    assert seen == [subject]
    assert (await the_event())["job_due_at"] is None


async def test_bytes_that_are_no_picture_are_noted_once_and_stay_evidence(world: World):
    """A damaged photo is still what the phone sent: it is kept, and the archive says why it shows no picture."""
    photo_id = await received_photo(world)

    await run_all_due(Workshop(world.settings, world.photos))

    row = await PhotoTable.select(PhotoTable.problem, PhotoTable.sha256).where(PhotoTable.id == photo_id).first()
    assert row is not None and row["problem"]
    assert await world.photos.exists(row["sha256"])
    assert await EventTable.count().where(EventTable.action == "photo.unreadable") == 1


async def test_no_picture_is_made_of_other_bytes_than_the_phone_sent(world: World):
    """It would be shown in the photo's name, and for good; and what is lost is no reason to try five times."""
    photo_id = await received_photo(world)
    row = await PhotoTable.select(PhotoTable.sha256).where(PhotoTable.id == photo_id).first()
    assert row is not None
    file = io.BytesIO()
    Image.new("RGB", (400, 300)).save(file, "JPEG")
    await damage(world.photos, row["sha256"], file.getvalue())

    await run_all_due(Workshop(world.settings, world.photos))

    photo = await PhotoTable.select(PhotoTable.problem, PhotoTable.lost_at).where(PhotoTable.id == photo_id).first()
    assert photo is not None and photo["lost_at"] and photo["problem"] is None
    assert not list((world.settings.data / "renditions").rglob("*.jpg"))
    assert not await EventTable.exists().where(EventTable.job_error.is_not_null())


async def test_a_job_whose_process_died_is_due_again_after_the_lease(world: World, monkeypatch):
    """Killing a server in the middle of a job must not lose the job."""

    async def die(_subject_id: str, _workshop: Workshop) -> None:
        raise SystemExit("killed")

    monkeypatch.setitem(jobs.JOBS, "note", die)
    await ask_for("note")
    workshop = Workshop(world.settings, world.photos)
    with pytest.raises(SystemExit):
        await run_due_job(workshop, at=AT)

    assert await run_due_job(workshop, at=AT + LEASE / 2) is False

    done: list[str] = []

    async def note(subject_id: str, _workshop: Workshop) -> None:
        done.append(subject_id)

    monkeypatch.setitem(jobs.JOBS, "note", note)
    assert await run_due_job(workshop, at=AT + LEASE) is True
    assert len(done) == 1


async def test_a_job_that_takes_its_process_down_is_given_up_too(world: World, monkeypatch):
    """A picture that exhausts the memory must not kill the server every two minutes for ever."""

    async def die(_subject_id: str, _workshop: Workshop) -> None:
        raise SystemExit("killed")

    monkeypatch.setitem(jobs.JOBS, "note", die)
    await ask_for("note")
    workshop = Workshop(world.settings, world.photos)
    at = AT
    for _ in range(MAX_ATTEMPTS):
        with pytest.raises(SystemExit):
            await run_due_job(workshop, at=at)
        at += LEASE

    assert await run_due_job(workshop, at=at) is True
    assert await run_due_job(workshop, at=at + LEASE) is False
    event = await the_event()
    assert event["job_attempts"] == MAX_ATTEMPTS
    assert "ended during the job" in event["job_error"]


async def test_a_server_that_is_asked_to_end_hands_its_job_back(world: World, monkeypatch):
    """During an update nobody waits two minutes for an area, and the interrupted try does not count."""
    begun_it = asyncio.Event()

    async def take_long(_subject_id: str, _workshop: Workshop) -> None:
        begun_it.set()
        await asyncio.sleep(3600)

    monkeypatch.setitem(jobs.JOBS, "note", take_long)
    await ask_for("note")
    workshop = Workshop(world.settings, world.photos)
    async with at_work(workshop):
        await asyncio.wait_for(begun_it.wait(), 30)

    event = await the_event()
    assert event["job_attempts"] == 0
    assert event["job_due_at"] <= datetime.now(UTC)


@pytest.mark.parametrize("step", ["_claim", "_finish"])
async def test_a_server_that_is_asked_to_end_while_it_notes_a_job_keeps_none(step: str, world: World, monkeypatch):
    """A claim that is written is handed back, and what is done is noted as done: nobody waits for a lease to end."""
    at_it = asyncio.Event()
    really = getattr(jobs, step)

    async def slowly(*args: object) -> object:
        found = None if step == "_finish" else await really(*args)
        if step == "_finish" or found is not None:
            at_it.set()
            await asyncio.sleep(0.05)
        return await really(*args) if step == "_finish" else found

    async def note(_subject_id: str, _workshop: Workshop) -> None:
        """Done."""

    monkeypatch.setattr(jobs, step, slowly)
    monkeypatch.setitem(jobs.JOBS, "note", note)
    await ask_for("note")
    async with at_work(Workshop(world.settings, world.photos)):
        await asyncio.wait_for(at_it.wait(), 30)

    event = await the_event()
    if step == "_claim":
        assert event["job_attempts"] == 0
        assert event["job_due_at"] <= datetime.now(UTC)
    else:
        assert event["job_due_at"] is None


async def test_a_server_that_cannot_hand_its_job_back_ends_all_the_same(world: World, monkeypatch):
    """The database may have gone before it: the lease will end, and so must the server."""
    begun_it = asyncio.Event()

    async def take_long(_subject_id: str, _workshop: Workshop) -> None:
        begun_it.set()
        # Whatever is said about a job from here on meets this.
        monkeypatch.setattr(EventTable, "update", gone)
        await asyncio.sleep(3600)

    def gone(*_: object) -> None:
        raise ConnectionError("the database has gone")

    monkeypatch.setitem(jobs.JOBS, "note", take_long)
    await ask_for("note")
    async with asyncio.timeout(30), at_work(Workshop(world.settings, world.photos)):
        await begun_it.wait()

    assert (await the_event())["job_due_at"] > datetime.now(UTC)


async def test_a_job_that_keeps_failing_is_left_for_a_person_with_its_error(world: World, monkeypatch):
    """Five tries, further and further apart; then it waits, and says why."""

    async def fail(_subject_id: str, _workshop: Workshop) -> None:
        raise ValueError("no such luck")

    monkeypatch.setitem(jobs.JOBS, "note", fail)
    await ask_for("note")
    workshop = Workshop(world.settings, world.photos)
    at, tries = AT, 0
    while await run_due_job(workshop, at=at):
        tries += 1
        at += timedelta(hours=1)

    event = await the_event()
    assert tries == MAX_ATTEMPTS
    assert event["job_attempts"] == MAX_ATTEMPTS
    assert "no such luck" in event["job_error"]
    assert event["job_due_at"] is None
