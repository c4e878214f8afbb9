"""What nobody types but somebody sends: every page answers it, none fails on it."""

from uuid import uuid4

import httpx
import pytest

from tests.server.test_archive import archived
from tests.server.test_decide_review import submitted
from tests.server.test_queue import PAGE, enter
from tests.server.world import PASSWORD, World, bearer, encoded, manifest, named

ODD = (
    "\0",
    "a\0b",
    "\ufffe",
    "'; DROP TABLE photo; --",
    "<script>alert(1)</script>",
    "0001-01-01",
    "9999-12-31",
    "0",
    "-1",
    "999999",
    "9" * 400,
    "1e309",
    "٣",
    "0001-01-01T00:00:00+14:00_6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "9999-12-31T23:59:59-14:00_6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "2026-04-02T03:04:05+23:59_6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "00000000-0000-0000-0000-000000000000",
)
FIELDS = {
    "/desk/": ("tab", "village", "outcome", "inspector", "from", "to", "held", "after", "before", "done", "lang"),
    "/archive/": (
        *("village", "household", "plot", "kind", "from", "to", "household_id", "plot_id", "after", "before"),
    ),
    "/archive/photos.csv": ("household", "from"),
    "/desk/jobs": ("before", "again"),
    "/desk/login": ("next",),
}


@pytest.mark.parametrize("path", FIELDS)
async def test_a_page_stands_whatever_is_written_into_its_address(world: World, client: httpx.AsyncClient, path: str):
    """A filter is text from anywhere: the page says what is wrong with it or shows nothing, it does not fail."""
    await archived(world)
    await enter(client, "county")
    failed = []

    for field in FIELDS[path]:
        for value in ODD:
            answer = await client.get(path, params={"household": "李", field: value}, headers=PAGE)
            if answer.status_code >= 500 or "<script>alert" in answer.text:
                failed.append((field, value, answer.status_code))

    assert failed == []


async def test_signing_in_stands_whatever_is_typed(world: World, client: httpx.AsyncClient):
    """Neither at the desk nor over the API."""
    for value in ODD:
        form = {"name": value, "password": value, "next": value}
        page = await client.post("/desk/login", data=form, headers=PAGE)
        data = {"name": value[:40], "password": value[:200], "device_id": str(named("phone"))}
        answer = await client.post("/api/session", json=data)

        assert page.status_code in (422, 429), (value, page.status_code)
        assert answer.status_code in (401, 429), (value, answer.status_code)


async def test_a_decision_stands_whatever_its_reason_holds(world: World, client: httpx.AsyncClient):
    """What a database cannot hold is left out of the reason; the decision is recorded all the same."""
    submission_id = await submitted(world)
    await enter(client, "reviewer")

    for value in (value for value in ODD if value != "\0"):
        form = {"decision": value, "preset": value, "reason": value}
        answer = await client.post(f"/desk/submissions/{submission_id}", data=form, headers=PAGE)
        assert answer.status_code == 422, value
    form = {"decision": "returned", "reason": "照片\0不清"}
    done = await client.post(f"/desk/submissions/{submission_id}", data=form, headers=PAGE)
    page = await client.get(f"/desk/submissions/{submission_id}", headers=PAGE)

    assert done.status_code == 303
    assert "照片不清" in page.text


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ufffe"])
async def test_a_manifest_with_a_sign_no_database_holds_is_not_lost(world: World, client: httpx.AsyncClient, text: str):
    """Stored or kept aside with its reason: a phone that is answered 5xx would send it for ever."""
    who = await bearer(client, "inspector")
    submission_id = uuid4()
    body = encoded(manifest(submission_id, remark=text, app_version=text))

    answer = await client.put(f"/api/submissions/{submission_id}", content=body, headers=who)

    assert answer.status_code in (201, 202)
    assert PASSWORD not in answer.text
