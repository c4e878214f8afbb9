"""Quarantine at the desk: looked at, mended, accepted or rejected; nothing that came is ever altered or lost."""

import json
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import pytest

from server.actions import resolve_quarantine
from server.actions.receive_submission import Quarantined, receive_submission
from server.actions.resolve_quarantine import accept_quarantined, mend_quarantined
from server.errors import SubmissionConflict
from server.tables import EventTable, MendingTable, QuarantineTable, SubmissionTable
from tests.server.test_queue import PAGE, enter, see
from tests.server.world import AT, NEXT_TASK, PLOT, World, bearer, encoded, manifest, named


async def kept_aside(world: World, by: str = "inspector", **changes: Any) -> tuple[UUID, UUID]:
    """Something that could not be accepted: (quarantine id, submission id)."""
    submission_id, inspector = uuid4(), await world.person(by)
    body = encoded(manifest(submission_id, **{"task_id": str(NEXT_TASK), **changes}))
    result = await receive_submission(submission_id, body, inspector=inspector, at=AT)
    assert isinstance(result, Quarantined)
    return result.quarantine_id, submission_id


async def send(client: httpx.AsyncClient, quarantine_id: UUID, **form: str) -> httpx.Response:
    return await client.post(f"/desk/quarantine/{quarantine_id}", data=form, headers=PAGE)


async def mended(submission_id: UUID, **changes: Any) -> str:
    row = (
        await QuarantineTable.select(QuarantineTable.body).where(QuarantineTable.submission_id == submission_id).first()
    )
    return json.dumps({**json.loads(bytes(row["body"])), **changes}, ensure_ascii=False, indent=2)


async def actions(kind: str, subject: UUID) -> list[str]:
    rows = (
        await EventTable.select(EventTable.action)
        .where(EventTable.subject_kind == kind, EventTable.subject_id == str(subject))
        .order_by(EventTable.seq)
    )
    return [row["action"] for row in rows]


async def test_the_page_tells_who_sent_what_and_why_it_was_kept(world: World, client: httpx.AsyncClient):
    """In the reader's language, with the bytes to look at and to take away as they came."""
    quarantine_id, submission_id = await kept_aside(world)
    await enter(client, "reviewer")

    page = (await see(client, f"/desk/quarantine/{quarantine_id}")).text
    english = (await see(client, f"/desk/quarantine/{quarantine_id}?lang=en")).text
    content = await see(client, f"/desk/quarantine/{quarantine_id}/content")

    assert all(word in page for word in ("task_mismatch", "inspector", str(submission_id), "下载原始字节"))
    assert "is not about plot" in english
    assert content.headers["content-disposition"].startswith("attachment")
    assert json.loads(content.content)["task_id"] == str(NEXT_TASK)
    assert f"/desk/quarantine/{quarantine_id}" in (await see(client, "/desk/?tab=quarantine")).text


async def test_a_mended_reference_lets_it_in_under_the_name_of_who_sent_it(world: World, client: httpx.AsyncClient):
    """The whole way: mend the task, accept, and the phone's own question is answered 200."""
    quarantine_id, submission_id = await kept_aside(world)
    right = manifest(submission_id)["task_id"]
    await enter(client, "reviewer")
    before = await QuarantineTable.select().first()

    saved = await send(client, quarantine_id, do="mend", content=await mended(submission_id, task_id=right))
    shown = (await see(client, f"/desk/quarantine/{quarantine_id}")).text
    accepted = await send(client, quarantine_id, do="accept")

    assert saved.status_code == 303 and "task_id" in shown and "现在可以接收" in shown
    assert (accepted.status_code, accepted.headers["location"]) == (303, f"/desk/submissions/{submission_id}")
    row = await SubmissionTable.select().first()
    after = await QuarantineTable.select().first()
    assert row["inspector"] == named("inspector")
    assert row["content_sha256"] == (await MendingTable.select(MendingTable.content_sha256).first())["content_sha256"]
    assert (after["state"], after["decided_by"]) == ("accepted", named("reviewer"))
    assert (after["body"], after["content_sha256"]) == (before["body"], before["content_sha256"])
    assert await actions("quarantine", quarantine_id) == ["quarantine.mended", "quarantine.accepted"]
    assert (await actions("submission", submission_id))[-1] == "submission.taken_from_quarantine"
    phone = await bearer(client, "inspector")
    status = (await client.get(f"/api/submissions/{submission_id}", headers=phone)).json()
    claims = jwt.decode(status["receipt"], options={"verify_signature": False})
    assert status["mended_from"] == claims["mended_from"] == before["content_sha256"]
    again = await client.put(f"/api/submissions/{submission_id}", content=bytes(before["body"]), headers=phone)
    assert (again.status_code, again.json()["receipt"]) == (200, status["receipt"])
    assert f"/desk/quarantine/{quarantine_id}" not in (await see(client, "/desk/?tab=quarantine")).text
    assert f"/desk/quarantine/{quarantine_id}" in (await see(client, "/desk/?tab=quarantine&held=accepted")).text


async def test_what_is_accepted_is_in_and_decided_together_or_not_at_all(world: World, monkeypatch):
    """Between the two another person could reject what was taken in already, and the phone would hear both."""
    quarantine_id, submission_id = await kept_aside(world)
    reviewer, right = await world.person("reviewer"), str(manifest(submission_id)["task_id"])
    await mend_quarantined(quarantine_id, await mended(submission_id, task_id=right), by=reviewer, at=AT)

    async def crash(*_args: Any) -> None:
        raise RuntimeError("the server ends here")

    with monkeypatch.context() as crashing:
        crashing.setattr(resolve_quarantine, "_close", crash)
        with pytest.raises(RuntimeError):
            await accept_quarantined(quarantine_id, by=reviewer, at=AT)

    assert not await SubmissionTable.exists().where(SubmissionTable.id == submission_id)
    assert await accept_quarantined(quarantine_id, by=reviewer, at=AT) == submission_id
    assert (await SubmissionTable.select(SubmissionTable.receipt_no).first())["receipt_no"] == 1


async def test_an_id_that_is_taken_in_the_moment_of_accepting_stays_what_it_is(world: World, monkeypatch):
    """The phone may send a whole version between the look and the lock: both would count as that submission."""
    quarantine_id, submission_id = await kept_aside(world)
    reviewer, right = await world.person("reviewer"), str(manifest(submission_id)["task_id"])
    await mend_quarantined(quarantine_id, await mended(submission_id, task_id=right), by=reviewer, at=AT)
    body = encoded(manifest(submission_id, remark="sent meanwhile"))
    sent = await receive_submission(submission_id, body, inspector=await world.person("inspector"), at=AT)
    assert not isinstance(sent, Quarantined)

    async def nothing_yet(_submission_id: UUID) -> None:
        """What the look found a moment before."""

    monkeypatch.setattr(resolve_quarantine, "find_known", nothing_yet)
    with pytest.raises(SubmissionConflict):
        await accept_quarantined(quarantine_id, by=reviewer, at=AT)

    assert (await QuarantineTable.select(QuarantineTable.state).first())["state"] == "open"
    assert (await SubmissionTable.select(SubmissionTable.content_sha256).first())["content_sha256"] == (
        sent.submission.content_sha256
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"tree_counts": {"live": 999, "dead": 0, "missing": 0}}, "tree_counts.live"),
        ({"photos": []}, "photos"),
        ({"policy_version": 1}, "没有任何改动"),
    ],
    ids=["counts", "photos", "nothing"],
)
async def test_what_was_measured_is_not_changed_at_a_desk(
    world: World, client: httpx.AsyncClient, changes: dict[str, Any], told: str
):
    """The desk did not see the plot; what it typed stays in the form, and nothing is stored."""
    quarantine_id, submission_id = await kept_aside(world)
    await enter(client, "reviewer")

    page = await send(client, quarantine_id, do="mend", content=await mended(submission_id, **changes))

    assert page.status_code == 422
    assert told in page.text and 'id="content-error"' in page.text
    assert await MendingTable.count() == 0


async def test_what_still_cannot_be_accepted_says_why_and_stays(world: World, client: httpx.AsyncClient):
    """Accepting is the same door as the phone's: there is no way round the checks."""
    quarantine_id, _submission_id = await kept_aside(world)
    await enter(client, "reviewer")

    page = await send(client, quarantine_id, do="accept")

    assert page.status_code == 422 and "现在还不能接收" in page.text
    assert (await SubmissionTable.count(), await QuarantineTable.count()) == (0, 1)
    assert (await QuarantineTable.select(QuarantineTable.state).first())["state"] == "open"


async def test_a_rejection_needs_its_reason_and_keeps_the_bytes(world: World, client: httpx.AsyncClient):
    """Rejected is decided, not deleted."""
    quarantine_id, _submission_id = await kept_aside(world)
    await enter(client, "reviewer")

    without = await send(client, quarantine_id, do="reject", reason=" ")
    rejected = await send(client, quarantine_id, do="reject", reason="重复上报")
    again = await send(client, quarantine_id, do="accept")

    assert (without.status_code, rejected.status_code, again.status_code) == (422, 303, 422)
    row = await QuarantineTable.select().first()
    assert (row["state"], row["reason"]) == ("rejected", "重复上报") and row["body"]
    assert "重复上报" in (await see(client, f"/desk/quarantine/{quarantine_id}")).text


async def test_the_phone_is_told_that_its_content_was_rejected_and_why(world: World, client: httpx.AsyncClient):
    """It would ask every hour for ever, and the inspector would wait for a plot that needs a new visit."""
    quarantine_id, submission_id = await kept_aside(world)
    body, phone = (await QuarantineTable.select().first())["body"], await bearer(client, "inspector")
    waiting = await client.put(f"/api/submissions/{submission_id}", content=bytes(body), headers=phone)
    await enter(client, "reviewer")
    await send(client, quarantine_id, do="reject", reason="重复上报")

    told = await client.put(f"/api/submissions/{submission_id}", content=bytes(body), headers=phone)

    assert (waiting.status_code, waiting.json()["rejected"]) == (202, False)
    assert (told.status_code, told.json()["rejected"], told.json()["quarantine_id"]) == (202, True, str(quarantine_id))
    assert "重复上报" in told.json()["detail"]
    assert await QuarantineTable.count() == 1


async def test_two_contents_of_one_id_are_shown_side_by_side(world: World, client: httpx.AsyncClient):
    """The reviewer sees which members differ, and that both cannot stand."""
    submission_id, inspector = uuid4(), await world.person("inspector")
    await receive_submission(submission_id, encoded(manifest(submission_id)), inspector=inspector, at=AT)
    other = encoded(manifest(submission_id, remark="改过"))
    with pytest.raises(SubmissionConflict):
        await receive_submission(submission_id, other, inspector=inspector, at=AT)
    quarantine_id = (await QuarantineTable.select(QuarantineTable.id).first())["id"]
    await enter(client, "reviewer")

    page = (await see(client, f"/desk/quarantine/{quarantine_id}")).text
    accepted = await send(client, quarantine_id, do="accept")

    assert "remark" in page and "改过" in page and "两份不能都接收" in page
    assert accepted.status_code == 422 and await QuarantineTable.count() == 1


async def test_only_those_who_review_there_decide_and_nobody_about_their_own(world: World, client: httpx.AsyncClient):
    """Another township does not see it, the county sees and does not decide, the sender neither."""
    quarantine_id, _submission_id = await kept_aside(world, "both")

    await enter(client, "west_reviewer")
    west = [await see(client, f"/desk/quarantine/{quarantine_id}"), await send(client, quarantine_id, do="accept")]
    await enter(client, "county")
    county = [await see(client, f"/desk/quarantine/{quarantine_id}"), await send(client, quarantine_id, do="accept")]
    await enter(client, "both")
    own = await send(client, quarantine_id, do="reject", reason="x")

    assert [answer.status_code for answer in (*west, *county, own)] == [404, 404, 200, 403, 422]
    assert "不能处理自己发送的内容" in own.text


async def test_bytes_that_are_no_json_are_shown_and_can_only_be_rejected(world: World, client: httpx.AsyncClient):
    """Whatever a phone sent, the page opens and runs nothing of it."""
    submission_id, inspector = uuid4(), await world.person("inspector")
    await receive_submission(submission_id, b"<script>alert(1)</script>\xff", inspector=inspector, at=AT)
    quarantine_id = (await QuarantineTable.select(QuarantineTable.id).first())["id"]
    await enter(client, "reviewer")

    page = (await see(client, f"/desk/quarantine/{quarantine_id}")).text

    assert "&lt;script&gt;alert" in page and "<script>alert" not in page
    assert 'name="content"' not in page and 'value="reject"' in page


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE quarantine SET body = ''",
        "DELETE FROM quarantine",
        "UPDATE mending SET changes = ''",
        "DELETE FROM mending",
    ],
)
async def test_the_database_itself_refuses_to_alter_what_was_kept(
    world: World, client: httpx.AsyncClient, statement: str
):
    """Also against a program that forgot."""
    quarantine_id, submission_id = await kept_aside(world)
    await enter(client, "reviewer")
    await send(client, quarantine_id, do="mend", content=await mended(submission_id, plot_id=str(PLOT), remark="x"))

    with pytest.raises(Exception, match="never"):
        await QuarantineTable.raw(statement).run()
