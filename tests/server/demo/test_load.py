"""The demonstration as the database holds it, on SQLite and on PostgreSQL."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.database import make_engine, migrate, opened
from server.demo import history
from server.demo.accounts import ACCOUNTS, DEMO_PASSWORD
from server.demo.history import VISITS
from server.demo.load import load_demo
from server.passwords import password_matches
from server.settings import read_settings
from server.tables import (
    EventTable,
    PhotoTable,
    PlotTable,
    QuarantineTable,
    SubmissionTable,
    TaskTable,
    UserTable,
)

AT = datetime(2026, 5, 20, 1, 2, 3, tzinfo=UTC)


@pytest.fixture
async def settings(database_url: str, tmp_path: Path):
    """Settings of a migrated, empty database that is open."""
    settings = read_settings({"YANSHOU_DATABASE_URL": database_url, "YANSHOU_DATA": str(tmp_path)})
    async with opened(make_engine(database_url)):
        await migrate()
        yield settings


@pytest.fixture
def quick_pictures(monkeypatch):
    """Where the pictures do not matter, sixty of them need not be drawn."""
    monkeypatch.setattr(history, "draw_photo", lambda rng, kind: b"\xff\xd8" + rng.randbytes(32))


async def test_the_demonstration_is_loaded_with_its_history(settings):
    """Nothing ends in quarantine: the visits went through the same door as a phone's."""
    summary = await load_demo(2026, settings=settings, at=AT)

    assert (summary.created, summary.plots, summary.submissions) == (True, 144, len(VISITS))
    assert await QuarantineTable.count() == 0
    states = Counter(row["state"] for row in await SubmissionTable.select(SubmissionTable.state))
    assert states == {"awaiting_review": 7, "approved": 3, "returned": 1, "receiving": 1}
    # Five photos and three signatures each; of one visit only the first three photos have come.
    assert await PhotoTable.count() == 8 * (len(VISITS) - 1) + 3
    outcomes = Counter(row["outcome"] for row in await SubmissionTable.select(SubmissionTable.outcome))
    assert set(outcomes) == {"passed", "in_doubt", "failed"}
    assert DEMO_PASSWORD in summary.text("http://127.0.0.1:8000")


async def test_loading_again_changes_nothing_whatever_the_seed(settings, quick_pictures):
    """`make run` loads at every start: the second must write nothing, and a second seed not mix two counties."""
    await load_demo(2026, settings=settings, at=AT)
    events = await EventTable.count()

    again = await load_demo(2026, settings=settings, at=AT + timedelta(days=3))
    other = await load_demo(7, settings=settings, at=AT)

    assert not again.created
    assert (other.created, other.plots, other.submissions) == (False, 144, len(VISITS))
    assert await EventTable.count() == events


async def test_two_processes_may_load_at_once(settings, quick_pictures):
    """Two servers started together against one PostgreSQL both load the demonstration, or try to."""
    summaries = await asyncio.gather(*(load_demo(2026, settings=settings, at=AT) for _ in range(2)))

    assert sorted(summary.created for summary in summaries) == [False, True]
    assert await SubmissionTable.count() == len(VISITS)
    assert await PlotTable.count() == 144


async def test_an_interrupted_history_is_taken_up_again(settings, monkeypatch, quick_pictures):
    """A start that was cut off must not leave half a demonstration for good."""

    async def cut_off(*_arguments: object, **_named: object) -> None:
        raise OSError("the power went")

    with monkeypatch.context() as patch:
        patch.setattr(history, "evaluate_submission", cut_off)
        with pytest.raises(OSError, match="power"):
            await load_demo(2026, settings=settings, at=AT)

    await load_demo(2026, settings=settings, at=AT + timedelta(hours=1))

    assert await SubmissionTable.count() == len(VISITS)
    assert await QuarantineTable.count() == 0
    assert await SubmissionTable.count().where(SubmissionTable.evaluation_id.is_null()) == 0


async def test_the_ledger_has_its_events_and_what_the_summary_prints_is_true(settings, quick_pictures):
    """The timeline of a plot begins with its registration; the accounts open; the tasks are still to be done."""
    await load_demo(2026, settings=settings, at=AT)

    events = Counter(row["action"] for row in await EventTable.select(EventTable.action))
    assert events["plot.registered"] == events["task.opened"] == 144
    assert (events["household.registered"], events["user.added"]) == (120, len(ACCOUNTS))
    user = await UserTable.objects().get(UserTable.name == "yanshou01")
    assert await password_matches(user.password_hash, DEMO_PASSWORD)
    due = await TaskTable.select(TaskTable.due_on).where(TaskTable.state == "open")
    assert min(row["due_on"] for row in due) > AT.date()
