"""The desk over HTTP: what a reviewer sees, what they do not see, and what a decision leads to."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from piccolo.table import Table

from server.actions.receive_photo import receive_photo
from server.actions.receive_submission import receive_submission
from server.actions.report_device import Listed, report_device
from server.store.keyset import Key, read_page
from server.store.queue import QueueFilter, count_awaiting, read_queue
from server.tables import QuarantineTable, SubmissionTable
from tests.server.test_decide_review import submitted
from tests.server.test_field_notes import found, put
from tests.server.test_receive_photo import digest, in_chunks
from tests.server.world import (
    AT,
    EAST,
    EAST_VILLAGE,
    PASSWORD,
    WEST,
    World,
    bearer,
    encoded,
    five_pictures,
    manifest,
    named,
)

PAGE = {"accept": "text/html", "sec-fetch-site": "same-origin"}


async def enter(client: httpx.AsyncClient, name: str, password: str = PASSWORD, wanted: str = "") -> httpx.Response:
    """Sign in by the form, as a browser without a script does."""
    form = {"name": name, "password": password, "next": wanted}
    return await client.post("/desk/login", data=form, headers=PAGE)


async def see(client: httpx.AsyncClient, address: str) -> httpx.Response:
    return await client.get(address, headers=PAGE)


async def test_a_reviewer_signs_in_by_form_and_lands_at_the_desk(client: httpx.AsyncClient):
    """The session is a cookie no script reads; the way leads where the work is."""
    done = await enter(client, "reviewer")
    home = await see(client, done.headers["location"])

    assert (done.status_code, home.headers["location"]) == (303, "/desk/")
    assert "httponly" in done.headers["set-cookie"].lower()
    assert "待审核" in (await see(client, "/desk/")).text


async def test_a_wrong_password_says_so_beside_the_field_and_keeps_the_name(client: httpx.AsyncClient):
    """Typing everything again because of one wrong sign is what makes people write passwords down."""
    page = await enter(client, "reviewer", "wrong")

    assert page.status_code == 422
    assert 'value="reviewer"' in page.text
    assert 'id="password-error"' in page.text
    assert "wrong" not in page.text


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
async def test_signing_in_never_leads_to_another_site(client: httpx.AsyncClient, wanted: str):
    """A link to our login must not end at somebody's copy of it."""
    done = await enter(client, "reviewer", wanted=wanted)

    assert done.headers["location"] == "/desk/home"


async def test_a_page_without_a_session_leads_to_the_form_and_back(client: httpx.AsyncClient):
    """A link sent by a colleague is worth nothing if it ends at the front page."""
    away = await see(client, "/desk/?tab=approved")
    done = await enter(client, "reviewer", wanted="/desk/?tab=approved")

    assert away.headers["location"] == "/desk/login?next=%2Fdesk%3Ftab%3Dapproved"
    assert done.headers["location"] == "/desk/?tab=approved"


async def test_signing_out_ends_the_session_itself(world: World, client: httpx.AsyncClient):
    """Taking the cookie from this browser is not enough if somebody copied it."""
    await enter(client, "reviewer")
    cookies = dict(client.cookies)

    await client.post("/desk/logout", headers=PAGE)

    client.cookies.update(cookies)
    assert (await see(client, "/desk/")).headers["location"].startswith("/desk/login")


async def test_signing_in_again_ends_the_session_there_was(world: World, client: httpx.AsyncClient):
    """At a shared computer the next person signs in over the last one, whose cookie may have been copied."""
    await enter(client, "reviewer")
    cookies = dict(client.cookies)

    await enter(client, "clerk")

    assert dict(client.cookies) != cookies
    client.cookies.clear()
    client.cookies.update(cookies)
    assert (await see(client, "/desk/")).headers["location"].startswith("/desk/login")


async def test_the_queue_shows_what_a_reviewer_decides_by(world: World, client: httpx.AsyncClient):
    """Who, where, how much, how sure, and what needs a look: without opening it."""
    submission_id = await submitted(world)
    await enter(client, "reviewer")

    page = (await see(client, "/desk/")).text

    assert f'href="/desk/submissions/{submission_id}"' in page
    assert all(word in page for word in ("李四", "东村", "一屯", "1 号地块", "inspector", "±"))


async def test_a_plot_no_list_had_is_marked_in_every_row_and_on_its_page(world: World, client: httpx.AsyncClient):
    """It was never declared: whoever decides reads so before opening it, and in words."""
    planned, plot_id, plot = await submitted(world), uuid4(), found()
    who = await bearer(client, "inspector")
    await put(client, who, f"/api/plots/{plot_id}", plot)
    complete, without = uuid4(), uuid4()
    for submission_id, pictures in ((complete, {}), (without, five_pictures())):
        visit = manifest(submission_id, pictures, plot_id=str(plot_id), task_id=plot["task_id"])
        visit["boundary"]["properties"] |= {"plot_id": str(plot_id), "household_id": plot["household"]["id"]}
        await put(client, who, f"/api/submissions/{submission_id}", visit)
    await enter(client, "reviewer")

    awaiting, receiving = [(await see(client, f"/desk/{tab}")).text for tab in ("", "?tab=receiving")]
    rows = {
        submission_id: row
        for page in (awaiting, receiving)
        for row in page.split("<tr>")
        for submission_id in (planned, complete, without)
        if str(submission_id) in row
    }

    assert {submission_id: ">计划外</span>" in row for submission_id, row in rows.items()} == {
        planned: False,
        complete: True,
        without: True,
    }
    assert ">计划外</span>" in (await see(client, f"/desk/submissions/{complete}")).text
    assert ">计划外</span>" not in (await see(client, f"/desk/submissions/{planned}")).text


async def test_another_township_sees_neither_row_nor_page(world: World, client: httpx.AsyncClient):
    """Outside the scope is not there: 404, the same as a number that never was."""
    submission_id = await submitted(world)
    await enter(client, "west_reviewer")

    other = await see(client, f"/desk/submissions/{submission_id}")
    never = await see(client, f"/desk/submissions/{uuid4()}")
    decided = await client.post(f"/desk/submissions/{submission_id}", data={"decision": "approved"}, headers=PAGE)

    assert str(submission_id) not in (await see(client, "/desk/")).text
    assert (other.status_code, never.status_code, decided.status_code) == (404, 404, 404)
    assert other.text.replace(str(submission_id), "") == re.sub(r"[0-9a-f-]{36}", "", never.text)


async def test_the_county_sees_every_township(world: World, client: httpx.AsyncClient):
    """Supervision reads; it does not decide."""
    submission_id = await submitted(world)
    await enter(client, "county")

    page = await see(client, f"/desk/submissions/{submission_id}")
    decided = await client.post(f"/desk/submissions/{submission_id}", data={"decision": "approved"}, headers=PAGE)

    assert page.status_code == 200
    assert 'name="decision"' not in page.text
    assert decided.status_code == 403


async def test_one_page_holds_all_that_the_decision_rests_on(world: World, client: httpx.AsyncClient):
    """Map with its neighbour, five photos, every rule with its sentence, the amount and how it came about."""
    submission_id = await submitted(world)
    await enter(client, "reviewer")

    page = (await see(client, f"/desk/submissions/{submission_id}")).text

    assert page.count('class="thumbs__item"') == 5
    assert page.count('class="rule rule--') >= 10
    assert "<svg" in page and 'class="sketch__plot"' in page and "王五" in page
    assert "示例值" in page
    assert not re.search(r"<[^>]+\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=", page)


async def test_an_approval_leads_back_to_the_queue_and_says_so(world: World, client: httpx.AsyncClient):
    """The banner tells what the table holds, not what the address claims."""
    submission_id = await submitted(world)
    await enter(client, "reviewer")

    done = await client.post(
        f"/desk/submissions/{submission_id}",
        data={"decision": "returned", "preset": ["照片不清，请重拍", "not a preset"], "reason": " 第二张 "},
        headers=PAGE,
    )

    assert (done.status_code, done.headers["location"]) == (303, f"/desk/?done={submission_id}")
    queue = (await see(client, done.headers["location"])).text
    assert "已退回" in queue and "李四" in queue
    page = (await see(client, f"/desk/submissions/{submission_id}")).text
    assert "照片不清，请重拍；第二张" in page
    assert "not a preset" not in page
    assert 'name="decision"' not in page
    assert "李四" not in (await see(client, f"/desk/?done={uuid4()}")).text
    [waiting] = await many(1)
    await SubmissionTable.update({SubmissionTable.state: "awaiting_review", SubmissionTable.decided_at: None}).where(
        SubmissionTable.id == waiting
    )
    assert f'notice__next" href="/desk/submissions/{waiting}"' in (await see(client, done.headers["location"])).text


@pytest.mark.parametrize(
    ("form", "field"),
    [({"reason": "typed text"}, "decision"), ({"decision": "returned", "reason": "  "}, "reason")],
    ids=["no decision", "no reason"],
)
async def test_a_form_that_does_not_do_comes_back_as_it_was_typed(
    world: World, client: httpx.AsyncClient, form: dict[str, str], field: str
):
    """With the summary on top, the sentence beside the field, and nothing typed lost."""
    submission_id = await submitted(world)
    await enter(client, "reviewer")

    page = await client.post(f"/desk/submissions/{submission_id}", data=form, headers=PAGE)

    assert page.status_code == 422
    assert f'href="#{field}"' in page.text and f'id="{field}-error"' in page.text
    assert form["reason"].strip() in page.text


async def test_nobody_is_offered_a_decision_about_their_own_inspection(world: World, client: httpx.AsyncClient):
    """The form is replaced by the reason, and sending it anyway changes nothing."""
    submission_id = await submitted(world, by="both")
    await enter(client, "both")

    page = await see(client, f"/desk/submissions/{submission_id}")
    forced = await client.post(
        f"/desk/submissions/{submission_id}", data={"decision": "approved", "reason": "x"}, headers=PAGE
    )

    assert "验收人不能审核自己的记录" in page.text and 'name="decision"' not in page.text
    assert forced.status_code == 422
    assert (await SubmissionTable.select(SubmissionTable.state).first())["state"] == "awaiting_review"


async def test_what_is_still_missing_is_named(world: World, client: httpx.AsyncClient):
    """The township calls the inspector about two photos, not about "incomplete"."""
    submission_id, inspector = uuid4(), await world.person("inspector")
    pictures = five_pictures()
    await receive_submission(submission_id, encoded(manifest(submission_id, pictures)), inspector=inspector, at=AT)
    for kind in ("panorama", "spacing", "groundwork"):
        data = pictures[kind]
        await receive_photo(
            submission_id, digest(data), in_chunks(data), photos=world.photos, inspector=inspector, at=AT
        )
    await enter(client, "reviewer")

    page = (await see(client, "/desk/?tab=receiving")).text

    assert "3 / 5" in page and "单株、户主与标识牌" in page
    assert str(submission_id) not in (await see(client, "/desk/")).text


async def test_what_a_phone_told_of_and_nobody_received_is_listed(world: World, client: httpx.AsyncClient):
    """A lost or wiped phone tells of it no more, and its new one begins with an empty list."""
    inspector, device_id = await world.person("inspector"), uuid4()
    lost, come, safe = uuid4(), uuid4(), uuid4()
    await receive_submission(come, encoded(manifest(come, {})), inspector=inspector, at=AT)
    listed = [Listed(lost, AT, "queued"), Listed(come, AT, "sending"), Listed(safe, AT, "received")]
    await report_device(device_id, listed, owner=inspector, at=AT)
    await report_device(uuid4(), [], owner=inspector, at=AT)
    await enter(client, "reviewer")

    page = (await see(client, "/desk/?tab=receiving")).text

    assert str(lost) in page
    assert str(come) not in page and str(safe) not in page
    await enter(client, "west_reviewer")
    assert str(lost) not in (await see(client, "/desk/?tab=receiving")).text


async def test_quarantine_is_shown_to_the_township_of_the_sender(world: World, client: httpx.AsyncClient):
    """What could not be read has no place of its own; the person who sent it has."""
    await QuarantineTable.insert(
        QuarantineTable(
            id=uuid4(),
            submission_id=uuid4(),
            user=named("inspector"),
            content_sha256="0" * 64,
            body=b"{}",
            code="plot_unknown",
            detail_zh="没有这块地。",
            detail_en="There is no such plot.",
            received_at=AT,
        )
    ).run()

    await enter(client, "reviewer")
    east = (await see(client, "/desk/?tab=quarantine&lang=en")).text
    await enter(client, "west_reviewer")
    west = (await see(client, "/desk/?tab=quarantine&lang=en")).text

    assert "There is no such plot." in east
    assert "There is no such plot." not in west


async def test_filters_stay_in_the_address_and_wrong_ones_are_told(world: World, client: httpx.AsyncClient):
    """An address can be sent to a colleague; a date that is none must not silently show everything."""
    await submitted(world)
    await enter(client, "reviewer")

    found = (await see(client, f"/desk/?village={EAST_VILLAGE}&outcome=failed&inspector={named('colleague')}")).text
    wrong = (await see(client, "/desk/?from=2026-13-40")).text

    assert "没有符合条件的上报" in found
    assert f'<option value="{EAST_VILLAGE}" selected>' in found
    assert 'value="2026-13-40"' in wrong and 'id="from-error"' in wrong and "李四" not in wrong


async def many(count: int) -> list[UUID]:
    """Rows of the queue without anything behind them, every third pair completed at the same instant."""
    template = await SubmissionTable.select().first()
    ids = []
    for index in range(count):
        row = {**template, "id": uuid4(), "receipt_no": 1000 + index}
        row["complete_at"] = AT + timedelta(minutes=index - index % 3)
        await SubmissionTable.insert(SubmissionTable(**row)).run()
        ids.append(row["id"])
    return ids


async def test_pages_by_key_show_every_row_once_in_both_directions(world: World):
    """Rows of the same instant are where paging by time alone loses or repeats them."""
    await submitted(world)
    ids = await many(60)
    scope, chosen = (EAST,), QueueFilter()

    forth = [await read_queue("awaiting_review", chosen, scope)]
    while forth[-1].after:
        forth.append(await read_queue("awaiting_review", chosen, scope, after=Key.parse(forth[-1].after)))
    back = [forth[-1]]
    while back[-1].before:
        back.append(await read_queue("awaiting_review", chosen, scope, before=Key.parse(back[-1].before)))

    seen = [row["id"] for page in forth for row in page.rows]
    again = [row["id"] for page in reversed(back) for row in page.rows]
    assert len(forth) == 3
    assert len(seen) == len(set(seen)) == 61 and set(ids) <= set(seen)
    assert again == seen
    assert await read_queue("awaiting_review", chosen, (WEST,)) == await read_queue("approved", chosen, scope)


async def test_a_decided_tab_goes_by_the_decision(world: World, client: httpx.AsyncClient):
    """What was decided last stands on top, whenever its photos came; the days asked for are the decision's too."""
    await submitted(world)
    template = await SubmissionTable.select().first()
    for index, day in enumerate((3, 1, 2)):
        row = {**template, "id": uuid4(), "receipt_no": 100 + index, "state": "approved"}
        row |= {"complete_at": AT + timedelta(hours=index), "decided_at": AT + timedelta(days=day)}
        await SubmissionTable.insert(SubmissionTable(**row)).run()

    page = await read_queue("approved", QueueFilter(), (EAST,))
    day_two = (AT + timedelta(days=2)).date()
    only = await read_queue("approved", QueueFilter(from_on=day_two, to_on=day_two), (EAST,))

    assert [row["decided_at"] - AT for row in page.rows] == [timedelta(days=day) for day in (3, 2, 1)]
    assert [row["decided_at"] - AT for row in only.rows] == [timedelta(days=2)]
    await enter(client, "reviewer")
    assert "审核日期从" in (await see(client, "/desk/?tab=approved")).text


async def test_the_outcome_filter_finds_what_the_rules_said(world: World):
    """The outcome stands on the submission itself as soon as it is evaluated."""
    submission_id = await submitted(world)
    outcome = (await SubmissionTable.select(SubmissionTable.outcome).first())["outcome"]

    found = await read_queue("awaiting_review", QueueFilter(outcome=outcome), (EAST,))
    others = [await read_queue("awaiting_review", QueueFilter(outcome=other), (EAST,)) for other in ("failed", "none")]

    assert [row["id"] for row in found.rows] == [submission_id]
    assert [page.rows for page in others] == [[], []]


async def test_the_count_stops_where_it_stops_to_matter(world: World):
    """Counting ten thousand rows at every page view is how a queue becomes slow."""
    await submitted(world)
    await many(120)

    assert await count_awaiting((EAST,)) == 100
    assert await count_awaiting((WEST,)) == 0


@pytest.mark.parametrize(
    "text", ["", "x", "2026-01-01T00:00:00+00:00_x", "2026-01-01T00:00:00_6ba7b810-9dad-11d1-80b4-00c04fd430c8", None]
)
def test_a_damaged_key_is_no_key(text: str | None):
    """Such an address shows the first page instead of an error."""
    assert Key.parse(text) is None


def test_a_key_survives_the_address():
    """Also where a plus sign arrives as a space."""
    key = Key(datetime(2026, 4, 2, 3, 4, 5, 678901, tzinfo=UTC), uuid4())

    assert Key.parse(str(key)) == key == Key.parse(str(key).replace("+", " "))


async def test_an_empty_table_is_an_empty_page(world: World):
    """No row, no key, no link to a page that is not there."""
    query = SubmissionTable.select(SubmissionTable.id, SubmissionTable.complete_at)
    assert issubclass(SubmissionTable, Table)

    page = await read_page(query, SubmissionTable.complete_at, SubmissionTable.id)

    assert (page.rows, page.before, page.after) == ([], "", "")
