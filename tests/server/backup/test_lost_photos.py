"""A photo whose bytes are gone or altered: whoever finds out, phones are asked for it, and a sound copy ends it."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from server.actions.name_store import name_store
from server.actions.note_loss import note_lost
from server.actions.read_original import read_original
from server.backup.pace import Pace
from server.backup.restore import restore
from server.backup.scrub import LEASE, ROUND_EVERY, scrub_some
from server.backup.take import take_backup
from server.backup.verify import verify
from server.backup.watermark import read_watermark
from server.database import make_engine, opened, transaction
from server.errors import StorageFailed
from server.events import record
from server.storage import open_photo_store
from server.storage.wholeness import Damage
from server.tables import EventTable, PhotoTable, ReviewTable, SubmissionTable
from tests.server.backup.drill import keeping_bound, restored_settings
from tests.server.backup.visits import send_photo, send_visit
from tests.server.test_decide_review import submitted
from tests.server.test_queue import PAGE, enter, see
from tests.server.test_uploads import LAST, MORE, Sender
from tests.server.world import AT, World, bearer, picture
from tests.support.stores import damage

DATA = picture("tree")
SHA256 = hashlib.sha256(DATA).hexdigest()
ROTTEN = DATA[:-1] + b"\0"

Finder = Callable[[World, Path], Awaitable[Any]]


async def by_scrub(world: World, folder: Path) -> None:
    await scrub_some(world.photos, Pace(None), at=AT)


async def by_verify(world: World, folder: Path) -> None:
    await verify(world.photos, at=AT)


async def by_sample(world: World, folder: Path) -> None:
    await verify(world.photos, at=AT, chosen=set())


async def by_backup(world: World, folder: Path) -> None:
    await take_backup(world.settings, world.photos, folder / "backup")


async def by_reading(world: World, folder: Path) -> None:
    assert isinstance(await read_original(SHA256, photos=world.photos, at=AT), Damage)


async def told(client: httpx.AsyncClient, who: dict[str, str], submission_id: UUID) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.get(f"/api/submissions/{submission_id}", headers=who)).json()
    return answer


async def events_of(sha256: str = SHA256) -> list[str]:
    events = EventTable.select(EventTable.action).where(EventTable.subject_id == sha256).order_by(EventTable.seq)
    return [row["action"] for row in await events]


@pytest.mark.parametrize(
    ("found", "bytes_now", "action"),
    [
        (by_scrub, ROTTEN, "photo.damaged"),
        (by_scrub, None, "photo.missing"),
        (by_verify, ROTTEN, "photo.damaged"),
        (by_verify, None, "photo.missing"),
        (by_sample, b"cut", "photo.damaged"),
        (by_backup, ROTTEN, "photo.damaged"),
        (by_backup, None, "photo.missing"),
        (by_reading, ROTTEN, "photo.damaged"),
        (by_reading, None, "photo.missing"),
    ],
)
async def test_what_the_server_lost_the_phone_sends_again(
    world: World, client: httpx.AsyncClient, tmp_path: Path, found: Finder, bytes_now: bytes | None, action: str
):
    """The receipt names what is there; once the bytes are there again it is the one the phone had before."""
    submission_id, who = await send_visit(world), await bearer(client, "inspector")
    before = await told(client, who, submission_id)
    await damage(world.photos, SHA256, bytes_now)

    await found(world, tmp_path)
    lost = await told(client, who, submission_id)
    again = await client.put(f"/api/submissions/{submission_id}/photos/{SHA256}", content=DATA, headers=who)
    after = await told(client, who, submission_id)

    assert (before["complete"], before["missing"]) == (True, [])
    assert (lost["complete"], lost["missing"], lost["state"]) == (False, [SHA256], "awaiting_review")
    assert sorted([*lost["received"], SHA256]) == sorted(before["received"])
    assert lost["receipt"] != before["receipt"]
    assert (again.status_code, again.json()["complete"]) == (200, True)
    assert await world.photos.read(SHA256) == DATA
    assert (after["complete"], after["receipt"]) == (True, before["receipt"])
    assert await events_of() == [action, "photo.recovered"]


async def test_a_lost_photo_comes_again_in_parts(world: World, client: httpx.AsyncClient):
    """On a weak network nothing else would come through."""
    submission_id, who = await send_visit(world), await bearer(client, "inspector")
    await damage(world.photos, SHA256, ROTTEN)
    await by_verify(world, Path())
    phone, half = Sender(client, who, submission_id, SHA256), len(DATA) // 2

    begun = await phone.head()
    first = await phone.patch(0, DATA[:half], MORE)
    last = await phone.patch(half, DATA[half:], LAST)

    assert begun == (0, "?0")
    assert (first.status_code, last.status_code, last.json()["complete"]) == (204, 200, True)
    assert await phone.head() == (len(DATA), "?1")
    assert await world.photos.read(SHA256) == DATA


async def test_other_bytes_do_not_take_the_place_of_what_was_lost(world: World, client: httpx.AsyncClient):
    """The hash in the manifest is the evidence; it stays lost until exactly these bytes come."""
    submission_id, who = await send_visit(world), await bearer(client, "inspector")
    await damage(world.photos, SHA256, ROTTEN)
    await by_scrub(world, Path())

    refused = await client.put(f"/api/submissions/{submission_id}/photos/{SHA256}", content=b"other", headers=who)

    assert refused.json()["code"] == "photo_digest_mismatch"
    assert (await told(client, who, submission_id))["missing"] == [SHA256]


async def test_a_decision_stands_whatever_becomes_of_the_photos(world: World, client: httpx.AsyncClient):
    """Subsidies are paid on it; the desk is told, and decides for itself what that means."""
    submission_id, who = await submitted(world), await bearer(client, "inspector")
    await enter(client, "reviewer")
    await client.post(
        f"/desk/submissions/{submission_id}",
        data={"decision": "approved", "reason": "实地看过"},
        headers=PAGE,
    )
    well = await see(client, f"/desk/submissions/{submission_id}")
    state = (await SubmissionTable.select(SubmissionTable.state).first() or {})["state"]
    photo = await PhotoTable.select(PhotoTable.sha256).where(PhotoTable.kind == "tree").first()
    assert photo is not None
    await damage(world.photos, photo["sha256"], None)
    await by_scrub(world, Path())

    page = await see(client, f"/desk/submissions/{submission_id}")
    status = await told(client, who, submission_id)

    assert state == "approved" and await ReviewTable.count() == 1
    assert (status["state"], status["complete"], status["missing"]) == ("approved", False, [photo["sha256"]])
    assert "原件丢失" not in well.text
    assert "原件丢失或损坏；仍保存着它的手机会自动重传。" in page.text


async def test_one_phone_cures_a_photo_for_every_submission_that_has_it(world: World, client: httpx.AsyncClient):
    """The bytes are there once; each submission has a row of its own."""
    first, second = await send_visit(world), await send_visit(world)
    who = await bearer(client, "inspector")
    await damage(world.photos, SHA256, None)
    await by_verify(world, Path())
    lost = [(await told(client, who, one))["missing"] for one in (first, second)]

    await send_photo(world, first, DATA)

    assert lost == [[SHA256], [SHA256]]
    assert [(await told(client, who, one))["complete"] for one in (first, second)] == [True, True]
    assert await events_of() == ["photo.missing", "photo.recovered"]


@pytest.mark.parametrize("found", [by_verify, by_sample])
async def test_a_photo_brought_back_by_hand_is_seen_at_the_next_look(
    world: World, client: httpx.AsyncClient, found: Finder
):
    """From a backup, where no phone has it any more; also when only a sample is hashed."""
    submission_id, who = await send_visit(world), await bearer(client, "inspector")
    before = await told(client, who, submission_id)
    await damage(world.photos, SHA256, ROTTEN)
    await by_verify(world, Path())
    await damage(world.photos, SHA256, DATA)

    await found(world, Path())

    assert (await told(client, who, submission_id))["receipt"] == before["receipt"]
    assert await events_of() == ["photo.damaged", "photo.recovered"]


async def test_the_scrub_tells_of_a_loss_once_and_of_its_end(world: World):
    """A line a week for one photo would bury the next one."""
    await send_visit(world)
    await damage(world.photos, SHA256, ROTTEN)
    times = [AT + number * (ROUND_EVERY + LEASE) for number in range(3)]

    for at in times[:2]:
        await scrub_some(world.photos, Pace(None), at=at)
    await damage(world.photos, SHA256, DATA)
    await scrub_some(world.photos, Pace(None), at=times[2])

    assert await events_of() == ["photo.damaged", "photo.recovered"]
    assert not await PhotoTable.exists().where(PhotoTable.lost_at.is_not_null())


@pytest.mark.parametrize("found", [by_scrub, by_verify, by_sample, by_backup, by_reading])
async def test_where_all_of_the_store_is_gone_no_photo_is_taken_for_lost(world: World, tmp_path: Path, found: Finder):
    """A disk that is not mounted holds none of them: every phone would send everything again, to the wrong place."""
    await send_visit(world)
    await name_store(world.photos, at=AT)
    async with transaction():
        await record("store.named", "store", "another disk", actor=None, before=None, after=None, at=AT)
    await damage(world.photos, SHA256, None)

    with pytest.raises(StorageFailed):
        await found(world, tmp_path)

    assert world.photos.health.reason is not None
    assert not await PhotoTable.exists().where(PhotoTable.lost_at.is_not_null())
    assert await events_of() == []


async def test_bytes_that_came_between_the_look_and_the_mark_are_not_asked_for(world: World, client: httpx.AsyncClient):
    """The scrub reads rot, a phone replaces it, and only then the scrub writes down what it saw."""
    submission_id, who = await send_visit(world), await bearer(client, "inspector")

    await note_lost(SHA256, Damage("photo.damaged", "seen a moment ago"), photos=world.photos, at=AT)

    assert (await told(client, who, submission_id))["complete"] is True
    assert await events_of() == ["photo.damaged", "photo.recovered"]


async def test_what_a_backup_does_not_have_is_asked_for_after_a_restore(world: World, tmp_path: Path, empty_url: str):
    """The restored server has the row and not the bytes; a phone may have both."""
    await send_visit(world)
    await damage(world.photos, SHA256, None)
    await take_backup(world.settings, world.photos, tmp_path / "backup")
    other = restored_settings(world.settings, tmp_path / "restored", empty_url)

    with keeping_bound():
        done = await restore(other, open_photo_store(other), tmp_path / "backup")
        async with opened(make_engine(empty_url)):
            lost = await PhotoTable.select(PhotoTable.sha256).where(PhotoTable.lost_at.is_not_null())

    assert done.report.subjects("photo.missing") == [SHA256]
    assert lost == [{"sha256": SHA256}]


async def test_the_mark_of_the_backups_does_not_rise_over_a_lost_photo(
    world: World, client: httpx.AsyncClient, tmp_path: Path
):
    """Neither when no backup has it, nor when the backup's is the last copy there is: the phone must keep its own."""
    lost_before, lost_after = await send_visit(world, salt="1"), await send_visit(world, salt="2")
    one, other = [hashlib.sha256(DATA + salt).hexdigest() for salt in (b"1", b"2")]
    await damage(world.photos, one, None)
    backup = tmp_path / "backup"

    first = await take_backup(world.settings, world.photos, backup)
    await damage(world.photos, other, ROTTEN)
    await scrub_some(world.photos, Pace(None), at=AT + timedelta(days=1))
    second = await take_backup(world.settings, world.photos, backup)
    for submission_id, salt in ((lost_before, b"1"), (lost_after, b"2")):
        await send_photo(world, submission_id, DATA + salt)
    third = await take_backup(world.settings, world.photos, backup)

    assert (first.incomplete, second.incomplete, third.incomplete) == ([1], [1, 2], [])
    mark = await read_watermark()
    assert mark is not None and mark.floor == 2
