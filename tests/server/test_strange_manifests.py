"""Whatever a signed-in phone sends is stored or kept aside with its reason: never a server error, never dropped."""

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from server.tables import QuarantineTable
from tests.server.world import bearer, encoded, manifest, picture

JSON = {"Content-Type": "application/json"}


def _photo(**changes: Any) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        content["photos"][0].update(changes)

    return change


def _top(**changes: Any) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        content.update(changes)

    return change


STRANGE: dict[str, Callable[[dict[str, Any]], None]] = {
    "a NUL in the programme": _top(programme_code="RA\x00"),
    "a NUL in an unknown plot's programme": lambda content: content.update(programme_code="\x00", plot_id=str(uuid4())),
    "a NUL in the app's version": _top(app_version="\x00"),
    "a NUL in the remark": _top(remark="\x00"),
    "an unknown field with a NUL": lambda content: content.update({"a\x00b": 1}),
    "the first year": _top(started_at="0001-01-01T00:00:00+14:00", finished_at="0001-01-01T00:00:00+14:00"),
    "the last year": _top(finished_at="9999-12-31T23:59:59-12:00"),
    "a policy of a version without end": _top(policy_version=10**18),
    "a policy of a version beyond 64 bits": _top(policy_version=10**30),
    "a schema beyond 64 bits": _top(schema=10**30),
    "a clock beyond 64 bits": _top(clock_offset_ms=10**30),
    "a photo wider than an integer": _photo(width=2**40),
    "a photo wider than 64 bits": _photo(width=2**70),
    "a photo's clock beyond an integer": _photo(clock_offset_ms=-(2**40)),
    "a photo of the first year": _photo(taken_at="0001-01-01T00:00:00+14:00"),
    "a photo of the last year": _photo(taken_at="9999-12-31T23:59:59-12:00"),
    "a media type longer than its column": _photo(media_type="image/" + "x" * 40),
    "a hash of two lines": lambda content: content["photos"][0].update(sha256=content["photos"][0]["sha256"] + "\n"),
    "a NUL in the phone's model": lambda content: content["boundary"]["properties"].update(phone_model="A\x00"),
    "a photo's clock beyond 64 bits": _photo(clock_offset_ms=10**30),
    "a photo placed in the first year": lambda content: content["photos"][0]["position"].update(
        fixed_at="0001-01-01T00:00:00+14:00"
    ),
    "a media type of two lines": _photo(media_type="image/jpeg\n"),
    "accuracy without end": lambda content: content["photos"][0]["position"].update(accuracy_m=1e308),
    "lone surrogates": lambda content: content.update(remark="SURROGATE"),
    "a hundred thousand brackets": lambda content: content.update(remark="BRACKETS"),
    "no photo": _top(photos=[]),
}


def _body(content: dict[str, Any]) -> bytes:
    body = encoded(content)
    body = body.replace(b'"SURROGATE"', b'"\\ud800"')
    return body.replace(b'"BRACKETS"', b"[" * 100_000 + b"]" * 100_000)


@pytest.mark.parametrize("name", STRANGE)
async def test_a_strange_manifest_is_stored_whole_or_kept_aside(name: str, client: httpx.AsyncClient):
    """A 5xx would be sent again for ever; what is accepted must also take its photos."""
    token = await bearer(client, "inspector")
    submission_id = uuid4()
    content = manifest(submission_id, {"tree": picture(name)})
    STRANGE[name](content)
    body = _body(content)

    answer = await client.put(f"/api/submissions/{submission_id}", content=body, headers={**token, **JSON})

    assert answer.status_code in (201, 202), answer.text
    if answer.status_code == 202:
        kept = await QuarantineTable.select(QuarantineTable.body).where(QuarantineTable.submission_id == submission_id)
        assert [bytes(row["body"]) for row in kept] == [body]
        return
    for photo in content["photos"]:
        path = f"/api/submissions/{submission_id}/photos/{photo['sha256']}"
        sent = await client.put(path, content=picture(name), headers=token)
        assert sent.status_code == 201, sent.text
        assert hashlib.sha256(picture(name)).hexdigest() in sent.json()["received"]
    again = await client.put(f"/api/submissions/{submission_id}", content=body, headers={**token, **JSON})
    assert again.status_code == 200 and again.json()["complete"]


async def test_a_name_with_a_nul_signs_nobody_in(client: httpx.AsyncClient):
    """PostgreSQL's text holds no NUL; whoever types one made a bad request, the server did not fail."""
    answer = await client.post(
        "/api/session", json={"name": "a\x00b", "password": "x", "device_id": "6f0c2a51-7c2f-4f2e-8d57-0f4d1c6b2a90"}
    )

    assert answer.status_code in (400, 401), answer.text


async def test_one_clock_gone_mad_does_not_refuse_the_phones_whole_list(client: httpx.AsyncClient):
    """No database holds that year; the list is what tells of a wiped phone, its times are hints."""
    token = await bearer(client, "inspector")
    listed = {"submission_id": str(uuid4()), "created_at": "0001-01-01T00:00:00+14:00", "state": "held"}

    answer = await client.put(f"/api/devices/{uuid4()}/ledger", json={"submissions": [listed]}, headers=token)

    assert answer.status_code == 200, answer.text
