"""The desk's smaller pages: background work that was given up, and what a problem code means."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from markupsafe import escape

from server.app import create_app
from server.jobs import MAX_ATTEMPTS
from server.problems import PROBLEMS
from server.settings import Settings
from server.tables import EventTable
from tests.server.test_decide_review import submitted
from tests.server.test_queue import PAGE, enter, see
from tests.server.world import AT, World


@pytest.fixture
async def sqlite_client(sqlite_url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Pages that ask no database are looked at once, not on both."""
    settings = Settings(data=tmp_path, database_url=sqlite_url, photos_url=f"file://{tmp_path}", secret_key="k" * 40)
    app = create_app(settings, work=False)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:
        yield client


async def given_up(world: World) -> int:
    """A submission whose evaluation failed five times; the event's number."""
    submission_id = await submitted(world)
    condition = (EventTable.subject_id == str(submission_id)) & (EventTable.job == "evaluate")
    await EventTable.update({EventTable.job_due_at: None}).where(EventTable.job.is_not_null())
    await EventTable.update({EventTable.job_error: "ValueError: <odd>", EventTable.job_attempts: MAX_ATTEMPTS}).where(
        condition
    )
    seq: int = (await EventTable.select(EventTable.seq).where(condition).first())["seq"]
    return seq


async def test_a_job_given_up_is_shown_with_its_error_and_tried_again(world: World, client: httpx.AsyncClient):
    """Whoever presses stands in the log; the job is due at once, its tries counted anew."""
    seq = await given_up(world)
    await enter(client, "county")

    page = (await see(client, "/desk/jobs")).text
    done = await client.post(f"/desk/jobs/{seq}", headers=PAGE)
    after = (await see(client, done.headers["location"])).text

    assert "ValueError: &lt;odd&gt;" in page and "等待中：0 项" in page
    assert done.status_code == 303
    assert "没有失败的任务" in after and "等待中：1 项" in after and "已重新排队" in after
    event = await EventTable.select().where(EventTable.seq == seq).first()
    assert event["job_attempts"] == 0 and event["job_due_at"] > AT + timedelta(days=1)
    assert await EventTable.exists().where(EventTable.action == "job.tried_again")


async def test_a_job_that_was_not_given_up_is_not_touched(world: World, client: httpx.AsyncClient):
    """A number in an address is no reason to run something twice."""
    seq = await given_up(world)
    await enter(client, "county")
    await client.post(f"/desk/jobs/{seq}", headers=PAGE)

    again = await client.post(f"/desk/jobs/{seq}", headers=PAGE)

    assert again.status_code == 404
    assert await EventTable.count().where(EventTable.action == "job.tried_again") == 1


async def test_the_job_page_is_the_countys(world: World, client: httpx.AsyncClient):
    """A township's reviewer neither sees the page nor its link."""
    await enter(client, "reviewer")

    assert (await see(client, "/desk/jobs")).status_code == 403
    assert "/desk/jobs" not in (await see(client, "/desk/")).text
    await enter(client, "county")
    assert "/desk/jobs" in (await see(client, "/desk/")).text


async def test_the_type_of_every_problem_leads_to_an_explanation(sqlite_client: httpx.AsyncClient):
    """In both languages, for anybody."""
    for code, problem in PROBLEMS.items():
        chinese = await see(sqlite_client, f"/problems/{code}?lang=zh")
        english = await see(sqlite_client, f"/problems/{code}?lang=en")

        assert (chinese.status_code, english.status_code) == (200, 200)
        assert problem.title_zh in chinese.text and "怎么办" in chinese.text
        assert escape(problem.title_en) in english.text and str(problem.status) in english.text


async def test_a_code_that_is_none_is_not_found(sqlite_client: httpx.AsyncClient):
    """Also one that tries to be something else."""
    for code in ("nonsense", "%3Cscript%3E", str(uuid4())):
        assert (await see(sqlite_client, f"/problems/{code}")).status_code == 404
