"""A failing disk: refused, told to the phone, on record, and seen by whoever watches the server."""

import asyncio
import errno
import hashlib
import os
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar

from server import failpoints, jobs
from server.database import transaction
from server.events import record
from server.jobs import Workshop
from server.tables import EventTable, PhotoTable
from tests.server.test_archive import archived, jpeg
from tests.server.test_queue import enter, see
from tests.server.test_uploads import LAST, MORE, Sender
from tests.server.world import World, bearer, encoded, five_pictures, manifest

DATA = five_pictures()["tree"]


@pytest.mark.parametrize("place", ["photo.written", "row.written"])
async def test_after_a_failing_disk_nothing_is_taken_until_a_restart(
    client: httpx.AsyncClient, app: Litestar, place: str
):
    """Under the photos or under the database: 503 with a sentence, an event, a health check that fails."""
    who, submission_id = await bearer(client, "inspector"), uuid4()
    address = f"/api/submissions/{submission_id}"
    await client.put(address, content=encoded(manifest(submission_id)), headers=who)
    photo = f"{address}/photos/{hashlib.sha256(DATA).hexdigest()}"
    well = await client.get("/healthz")
    failpoints.arm(f"{place}=EIO")
    try:
        failed = await client.put(photo, content=DATA, headers=who)
    finally:
        failpoints.arm("")

    again = await client.put(photo, content=DATA, headers=who)
    other = await client.put(f"/api/submissions/{uuid4()}", content=b"{}", headers=who)
    for _ in range(100):
        events = await EventTable.select().where(EventTable.action == "storage.failed")
        if events:
            break
        await asyncio.sleep(0.02)

    assert (well.status_code, well.json()) == (200, {"status": "ok"})
    for answer in (failed, again, other):
        assert (answer.status_code, answer.json()["code"]) == (503, "storage_failed")
    assert await PhotoTable.count() == 0
    assert len(events) == 1 and events[0]["actor"] is None
    ill = await client.get("/healthz")
    assert (ill.status_code, ill.json()) == (503, {"status": "degraded", "reason": "storage_failed"})


async def test_a_fault_that_passes_is_acknowledged_to_nobody(client: httpx.AsyncClient, app: Litestar):
    """Photos that share a commit: the disk fails once and would take the next try, and none of them may trust that."""
    who, submission_id = await bearer(client, "inspector"), uuid4()
    address = f"/api/submissions/{submission_id}"
    await client.put(address, content=encoded(manifest(submission_id)), headers=who)
    bodies = list(five_pictures().values())
    failpoints.arm("row.written=EIO@1")
    try:
        answers = await asyncio.gather(
            *[
                client.put(f"{address}/photos/{hashlib.sha256(body).hexdigest()}", content=body, headers=who)
                for body in bodies
            ]
        )
    finally:
        failpoints.arm("")

    refused = [answer.status_code for answer in answers if answer.status_code != 201]
    assert refused and set(refused) == {503}
    assert await PhotoTable.count() == len(bodies) - len(refused)
    assert app.state.photos.health.reason is not None


async def test_a_failing_disk_shuts_whatever_keeps_something(client: httpx.AsyncClient, app: Litestar):
    """Field notes, the device's ledger, reviews: a promise to keep is a promise, and coming and going is none."""
    inspector, reviewer = await bearer(client, "inspector"), await bearer(client, "reviewer")
    app.state.photos.health.close("as if the disk had failed")

    shut = [
        await client.put(f"/api/attempts/{uuid4()}", content=b"{}", headers=inspector),
        await client.put(f"/api/plots/{uuid4()}", content=b"{}", headers=inspector),
        await client.put(f"/api/devices/{uuid4()}/ledger", content=b"{}", headers=inspector),
        await client.post(f"/desk/submissions/{uuid4()}", headers=reviewer),
    ]
    read = await client.get("/api/ledger", headers=inspector)
    left = await client.delete("/api/session", headers=inspector)

    assert [(answer.status_code, answer.json()["code"]) for answer in shut] == [(503, "storage_failed")] * len(shut)
    assert (read.status_code, left.status_code) == (200, 204)


async def test_a_failing_disk_is_noticed_by_work_behind_the_pages(app: Litestar, monkeypatch: pytest.MonkeyPatch):
    """Nobody sends at night, and a job that meets the failing disk must not be the only one to know."""

    async def no_disk(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setitem(jobs.JOBS, "evaluate", no_disk)
    async with transaction():
        await record(
            "submission.received",
            "submission",
            uuid4(),
            actor=None,
            before=None,
            after={},
            at=datetime.now(UTC),
            job="evaluate",
        )

    await jobs.run_all_due(Workshop(app.state.settings, app.state.photos))

    assert app.state.photos.health.reason is not None


@pytest.mark.parametrize("place", ["photo.written", "row.written"])
async def test_a_full_disk_is_over_when_there_is_room_again(client: httpx.AsyncClient, place: str):
    """507 while it lasts; no restart is needed."""
    who, submission_id = await bearer(client, "inspector"), uuid4()
    address = f"/api/submissions/{submission_id}"
    await client.put(address, content=encoded(manifest(submission_id)), headers=who)
    photo = f"{address}/photos/{hashlib.sha256(DATA).hexdigest()}"
    failpoints.arm(f"{place}=ENOSPC")
    try:
        full = await client.put(photo, content=DATA, headers=who)
    finally:
        failpoints.arm("")

    again = await client.put(photo, content=DATA, headers=who)

    assert (full.status_code, full.json()["code"]) == (507, "storage_refused")
    assert again.status_code == 201
    assert (await client.get("/healthz")).status_code == 200


async def test_a_connection_that_breaks_is_no_failing_disk(app: Litestar):
    """Phones lose their line all day."""
    assert (
        app.state.photos.health.refusal(ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))) is None
    )
    assert app.state.photos.health.reason is None


@pytest.mark.parametrize("way", ["", "?verify=1", "/large", "/original", "preview"])
async def test_a_sector_that_cannot_be_read_is_the_fault_of_one_photo(
    world: World, client: httpx.AsyncClient, app: Litestar, way: str
):
    """One old photo under a bad sector must not end the intake of a county each time somebody looks at it."""
    photo, sha256 = (await archived(world))["tree"], hashlib.sha256(jpeg("tree")).hexdigest()
    who = await bearer(client, "inspector")
    await enter(client, "reviewer")
    row = await PhotoTable.select(PhotoTable.submission).first()
    assert row is not None
    address = f"/api/submissions/{row['submission']}"
    failpoints.arm("photo.read=EIO")
    try:
        if way == "preview":
            answer = await client.get(f"{address}/photos/{sha256}/preview", headers=who)
        else:
            answer = await see(client, f"/archive/photos/{photo}{way}")
    finally:
        failpoints.arm("")
    status = (await client.get(address, headers=who)).json()
    again = await client.put(f"{address}/photos/{sha256}", content=jpeg("tree"), headers=who)

    assert app.state.photos.health.reason is None
    assert (await client.get("/healthz")).status_code == 200
    if way == "preview":
        assert (answer.status_code, answer.json()["code"]) == (404, "photo_lost")
    else:
        assert answer.status_code == (404 if way.startswith("/") else 200)
        assert "原件丢失或损坏" in answer.text
    assert ("原件无法读取" in answer.text) == (way == "?verify=1")
    assert (status["complete"], status["missing"]) == (False, [sha256])
    assert (again.status_code, again.json()["complete"]) == (200, True)
    assert not await EventTable.exists().where(EventTable.action == "storage.failed")
    assert await EventTable.exists().where(EventTable.action == "photo.damaged", EventTable.subject_id == sha256)


async def test_a_part_that_cannot_be_read_is_sent_again(client: httpx.AsyncClient, app: Litestar):
    """The phone has all of it: it begins anew, and nobody else is troubled."""
    who, submission_id = await bearer(client, "inspector"), uuid4()
    await client.put(f"/api/submissions/{submission_id}", content=encoded(manifest(submission_id)), headers=who)
    phone, half = Sender(client, who, submission_id, hashlib.sha256(DATA).hexdigest()), len(DATA) // 2
    await phone.patch(0, DATA[:half], MORE)
    failpoints.arm("part.read=EIO")
    try:
        failed = await phone.patch(half, DATA[half:], LAST)
    finally:
        failpoints.arm("")

    anew = await phone.patch(0, DATA, LAST)

    assert (failed.status_code, failed.json()["expected_offset"]) == (409, 0)
    assert anew.status_code == 201
    assert app.state.photos.health.reason is None
