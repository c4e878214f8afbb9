"""The protocol over HTTP, as docs/protocol.md states it."""

import base64
import hashlib
import json
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import pytest
from litestar import Litestar

from server.jobs import Workshop, run_all_due
from tests.server.world import (
    HOUSEHOLD,
    NEXT_PLOT,
    PLOT,
    TASK,
    WEST_PLOT,
    bearer,
    encoded,
    five_pictures,
    manifest,
    named,
    picture,
)


def address(submission_id: UUID, sha256: str | None = None) -> str:
    return f"/api/submissions/{submission_id}" + (f"/photos/{sha256}" if sha256 else "")


async def put(client: httpx.AsyncClient, path: str, content: bytes, headers: dict[str, str]) -> Any:
    return await client.put(path, content=content, headers={**headers, "Content-Type": "application/octet-stream"})


def read_receipt(session: dict[str, Any], receipt: str) -> dict[str, Any]:
    """Check a receipt as the phone does: with the public key of the session."""
    [key] = session["receipt_keys"]["keys"]
    assert jwt.get_unverified_header(receipt) == {"alg": "ES256", "kid": key["kid"], "typ": "receipt+jwt"}
    claims: dict[str, Any] = jwt.decode(receipt, jwt.PyJWK(key), algorithms=["ES256"])
    return claims


async def test_from_sign_in_to_the_complete_receipt(client: httpx.AsyncClient):
    """The whole protocol once: what the phone does for every plot."""
    who = await bearer(client, "inspector")
    session = (await client.get("/api/session", headers=who)).json()
    submission_id = uuid4()
    body = encoded(manifest(submission_id))

    stored = await put(client, address(submission_id), body, who)
    assert stored.status_code == 201
    early = read_receipt(session, stored.json()["receipt"])
    assert early["complete"] is False and early["photos"] == []

    for data in five_pictures().values():
        sent = await put(client, address(submission_id, hashlib.sha256(data).hexdigest()), data, who)
        assert sent.status_code == 201
    final = read_receipt(session, sent.json()["receipt"])

    assert final["sub"] == str(submission_id)
    assert final["content_sha256"] == hashlib.sha256(body).hexdigest()
    assert final["complete"] is True
    assert final["photos"] == sorted(hashlib.sha256(data).hexdigest() for data in five_pictures().values())
    assert final["receipt_no"] == 1
    assert sent.json()["missing"] == []
    assert sent.json()["state"] == "awaiting_review"
    again = await put(client, address(submission_id), body, who)
    assert again.status_code == 200 and again.json()["complete"] is True
    assert again.json()["receipt"] == sent.json()["receipt"]


async def test_a_forged_receipt_does_not_verify(client: httpx.AsyncClient):
    """The negative control: a changed word in the receipt and the phone stays red."""
    who = await bearer(client, "inspector")
    session = (await client.get("/api/session", headers=who)).json()
    submission_id = uuid4()
    receipt = (await put(client, address(submission_id), encoded(manifest(submission_id)), who)).json()["receipt"]
    header, payload, signature = receipt.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    forged = base64.urlsafe_b64encode(json.dumps({**claims, "complete": True}).encode()).rstrip(b"=").decode()

    with pytest.raises(jwt.InvalidSignatureError):
        read_receipt(session, f"{header}.{forged}.{signature}")


async def test_the_evaluation_follows_when_the_job_has_run(client: httpx.AsyncClient, app: Litestar):
    """Measuring is not on the way of the upload; a moment later the figures are there."""
    who = await bearer(client, "inspector")
    submission_id = uuid4()
    stored = await put(client, address(submission_id), encoded(manifest(submission_id)), who)
    assert stored.json()["evaluation"] is None

    done = await run_all_due(Workshop(app.state.settings, app.state.photos))

    status = (await client.get(address(submission_id), headers=who)).json()
    assert done == 1
    assert status["evaluation"]["outcome"] in {"passed", "in_doubt", "failed"}
    assert all(rule["sentence_zh"] and rule["sentence_en"] for rule in status["evaluation"]["rules"])


@pytest.mark.parametrize(
    ("person", "status", "code"),
    [(None, 401, "not_signed_in"), ("reviewer", 403, "not_allowed"), ("clerk", 403, "not_allowed")],
)
async def test_only_an_inspector_sends(client: httpx.AsyncClient, person: str | None, status: int, code: str):
    """Deny unless a policy allows; the answer is a problem with a stable code."""
    who = await bearer(client, person) if person else {}
    submission_id = uuid4()

    answer = await put(client, address(submission_id), encoded(manifest(submission_id)), who)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert answer.json()["type"] == f"/problems/{code}"


async def test_a_problem_speaks_the_readers_language(client: httpx.AsyncClient):
    """A clerk reads a sentence, in Chinese unless English was asked for."""
    who = await bearer(client, "inspector")

    chinese = await client.get(address(uuid4()), headers=who)
    english = await client.get(address(uuid4()), headers={**who, "Accept-Language": "en-GB,en;q=0.9"})

    assert chinese.status_code == english.status_code == 404
    assert chinese.json()["title"] == "没有该上报"
    assert english.json()["title"] == "No such submission"
    assert chinese.json()["code"] == english.json()["code"] == "submission_not_found"


async def test_a_conflict_and_a_quarantine_are_told_apart(client: httpx.AsyncClient):
    """409: this id is somebody else's bytes. 202: kept, and a person will look."""
    who = await bearer(client, "inspector")
    submission_id = uuid4()
    await put(client, address(submission_id), encoded(manifest(submission_id)), who)

    conflict = await put(client, address(submission_id), encoded(manifest(submission_id, remark="other")), who)
    aside = await put(client, address(uuid4()), b"not a manifest", who)

    assert (conflict.status_code, conflict.json()["code"]) == (409, "submission_conflict")
    assert (aside.status_code, aside.json()["code"]) == (202, "submission_unreadable")
    assert UUID(aside.json()["quarantine_id"])


async def test_damaged_photo_unknown_photo_and_a_bad_hash_in_the_address(client: httpx.AsyncClient):
    """Three different mistakes, three different codes: the phone does something else for each."""
    who = await bearer(client, "inspector")
    submission_id = uuid4()
    await put(client, address(submission_id), encoded(manifest(submission_id)), who)
    sha256 = hashlib.sha256(five_pictures()["tree"]).hexdigest()
    stranger = picture("a stranger")

    damaged = await put(client, address(submission_id, sha256), b"other bytes", who)
    unknown = await put(client, address(submission_id, hashlib.sha256(stranger).hexdigest()), stranger, who)
    nonsense = await put(client, address(submission_id, "..%2f..%2fetc%2fpasswd"), b"x", who)

    assert (damaged.status_code, damaged.json()["code"]) == (422, "photo_digest_mismatch")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "photo_not_in_manifest")
    assert nonsense.status_code in {400, 404}


async def test_a_manifest_larger_than_the_limit_is_refused_before_it_is_read(client: httpx.AsyncClient):
    """The limit of the protocol holds whatever the header says."""
    who = await bearer(client, "inspector")

    answer = await put(client, address(uuid4()), b"x" * (256 * 1024 + 1), who)

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_the_ledger_holds_ones_own_region_and_no_more(client: httpx.AsyncClient):
    """What is not on the phone cannot be lost with it."""
    who = await bearer(client, "inspector")

    answer = await client.get("/api/ledger", headers=who)

    ledger = answer.json()
    assert {plot["id"] for plot in ledger["plots"]} == {str(PLOT), str(NEXT_PLOT)}
    assert str(WEST_PLOT) not in answer.text and "赵六" not in answer.text
    assert {task["id"] for task in ledger["tasks"]} >= {str(TASK)}
    assert [region["level"] for region in ledger["regions"]].count("township") == 1
    assert ledger["programme"]["policy"]["cap"] == {"kind": "per_person", "amount_fen": 300000}
    household = next(one for one in ledger["households"] if one["id"] == str(HOUSEHOLD))
    assert set(household) == {"id", "code", "head_name", "group_name", "village_code", "person_count", "initials"}
    assert ledger["plots"][0]["boundary"]["type"] == "Polygon"


async def test_an_unchanged_ledger_is_not_sent_again(client: httpx.AsyncClient):
    """On a weak network the 304 is the difference between seconds and nothing."""
    who = await bearer(client, "inspector")
    first = await client.get("/api/ledger", headers=who)

    same = await client.get("/api/ledger", headers={**who, "If-None-Match": first.headers["etag"]})
    submission_id = uuid4()
    await put(client, address(submission_id), encoded(manifest(submission_id)), who)
    changed = await client.get("/api/ledger", headers={**who, "If-None-Match": first.headers["etag"]})

    assert same.status_code == 304 and same.content == b""
    assert changed.status_code == 200
    assert {task["id"]: task["state"] for task in changed.json()["tasks"]}[str(TASK)] == "submitted"


async def test_the_description_of_the_api_is_openapi_3_1(client: httpx.AsyncClient):
    """A program's author finds the constraints there."""
    described = (await client.get("/schema/")).json()

    assert described["openapi"].startswith("3.1")
    assert "/api/submissions/{submission_id}" in described["paths"]
    assert described["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


async def test_every_answer_carries_the_headers_that_protect_it(client: httpx.AsyncClient):
    """Errors and pages too: a policy with a hole is none."""
    who = await bearer(client, "inspector")
    answers = [
        await client.get("/healthz"),
        await client.get("/no-such-page"),
        await client.get("/api/ledger"),
        await client.get("/api/ledger", headers=who),
        await client.get("/desk/login"),
    ]

    for answer in answers:
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "no-store" in answer.headers["cache-control"] or "private" in answer.headers["cache-control"]


async def test_a_form_of_another_site_is_refused(client: httpx.AsyncClient):
    """The browser sends the cookie along with a stranger's form; the server must not act on it."""
    form = {"name": "inspector", "password": "whatever it is"}

    by_fetch = await client.post("/desk/login", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    by_origin = await client.post("/desk/login", data=form, headers={"Origin": "https://evil.example"})
    own = await client.post("/desk/login", data=form, headers={"Sec-Fetch-Site": "same-origin"})

    assert (by_fetch.status_code, by_origin.status_code) == (403, 403)
    assert own.status_code != 403


async def test_signing_out_ends_the_token(client: httpx.AsyncClient):
    """A stolen phone is shut out by one call."""
    who = await bearer(client, "inspector")

    left = await client.delete("/api/session", headers=who)

    assert left.status_code == 204
    assert (await client.get("/api/session", headers=who)).status_code == 401


async def test_unknown_fields_are_refused(client: httpx.AsyncClient):
    """A misspelt field must not be silently ignored, nor a server-owned one be set from outside."""
    body = {"name": "inspector", "password": "x", "device_id": str(named("phone")), "role": "admin"}

    answer = await client.post("/api/session", json=body)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
