"""A failing disk: refused, told to the phone, on record, and seen by whoever watches the server."""

import asyncio
import errno
import hashlib
import os
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar

from server import failpoints
from server.tables import EventTable, PhotoTable
from tests.server.world import bearer, encoded, five_pictures, manifest

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
