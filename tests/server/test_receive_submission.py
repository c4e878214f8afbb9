import asyncio
import json
from datetime import timedelta
from uuid import uuid4

import pytest

from inspections.submissions import content_digest
from server.actions.receive_submission import Quarantined, Stored, receive_submission
from server.errors import SubmissionConflict
from server.tables import EventTable, QuarantineTable, SubmissionTable, TaskTable
from tests.server.world import AT, TASK, WEST_PLOT, World, encoded, manifest


async def test_the_same_bytes_sent_twice_are_stored_once(world: World):
    """The phone repeats until it has an answer; a repetition is not a second inspection."""
    submission_id = uuid4()
    body = encoded(manifest(submission_id))
    inspector = await world.person("inspector")

    first = await receive_submission(submission_id, body, inspector=inspector, at=AT)
    second = await receive_submission(submission_id, body, inspector=inspector, at=AT + timedelta(hours=1))

    assert isinstance(first, Stored) and first.created
    assert isinstance(second, Stored) and not second.created
    assert second.submission.received_at == AT
    assert await SubmissionTable.count() == 1
    row = await SubmissionTable.select(SubmissionTable.manifest).first()
    assert row is not None and bytes(row["manifest"]) == body
    assert first.submission.content_sha256 == content_digest(body)


async def test_twenty_at_the_same_moment_are_stored_once_and_the_numbers_have_no_gap(world: World):
    """Check-then-insert gave 276 rows for 20 ids when it was measured; the primary key gives 20."""
    inspector = await world.person("inspector")
    ids = [uuid4() for _ in range(4)]
    bodies = {one: encoded(manifest(one)) for one in ids}

    results = await asyncio.gather(
        *[receive_submission(one, bodies[one], inspector=inspector, at=AT) for one in ids for _ in range(5)]
    )

    assert sum(isinstance(result, Stored) and result.created for result in results) == 4
    rows = await SubmissionTable.select(SubmissionTable.receipt_no).order_by(SubmissionTable.receipt_no)
    assert [row["receipt_no"] for row in rows] == [1, 2, 3, 4]


async def test_other_bytes_under_a_taken_id_are_a_conflict_and_are_kept(world: World):
    """Neither side may win silently: the first stays as it was, the second waits for a person."""
    submission_id = uuid4()
    inspector = await world.person("inspector")
    first = encoded(manifest(submission_id))
    await receive_submission(submission_id, first, inspector=inspector, at=AT)
    other = encoded(manifest(submission_id, remark="changed afterwards"))

    with pytest.raises(SubmissionConflict):
        await receive_submission(submission_id, other, inspector=inspector, at=AT)

    row = await SubmissionTable.select().first()
    kept = await QuarantineTable.select()
    assert row is not None and bytes(row["manifest"]) == first
    assert [bytes(one["body"]) for one in kept] == [other]
    assert kept[0]["code"] == "submission_conflict"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"\xff\x00 not json", "submission_unreadable"),
        (b"[]", "submission_unreadable"),
        (b'{"schema": 9}', "schema_unknown"),
        (None, "plot_outside_region"),
    ],
    ids=["noise", "another shape", "a newer app", "another township's plot"],
)
async def test_what_cannot_be_accepted_is_kept_with_its_reason(world: World, body: bytes | None, code: str):
    """An inspector walked for this: whatever is wrong with it, the bytes stay until a person has looked."""
    submission_id = uuid4()
    if body is None:
        content = manifest(submission_id, plot_id=str(WEST_PLOT))
        body = encoded(content)
    inspector = await world.person("inspector")

    first = await receive_submission(submission_id, body, inspector=inspector, at=AT)
    again = await receive_submission(submission_id, body, inspector=inspector, at=AT)

    assert isinstance(first, Quarantined) and isinstance(again, Quarantined)
    assert first.code == code
    assert again.quarantine_id == first.quarantine_id
    rows = await QuarantineTable.select()
    assert [bytes(row["body"]) for row in rows] == [body]
    assert await SubmissionTable.count() == 0


async def test_the_task_leaves_the_list_and_the_event_says_who_and_what(world: World):
    """Every change is on record with its author, in the same transaction."""
    submission_id = uuid4()
    inspector = await world.person("inspector")

    await receive_submission(submission_id, encoded(manifest(submission_id)), inspector=inspector, at=AT)

    task = await TaskTable.select(TaskTable.state).where(TaskTable.id == TASK).first()
    events = await EventTable.select().where(EventTable.subject_id == str(submission_id))
    assert task == {"state": "submitted"}
    assert [event["action"] for event in events] == ["submission.received"]
    assert events[0]["actor"] == inspector.user_id
    assert events[0]["job"] == "evaluate"
    assert json.loads(events[0]["after"])["photos"] == 5


async def test_a_failure_half_way_leaves_neither_row_nor_event_nor_number(world: World, monkeypatch):
    """The event, the row and the receipt number live and die together."""
    inspector = await world.person("inspector")
    before = await EventTable.count()

    async def fail(*_args: object, **_named: object) -> None:
        raise OSError("disk failing")

    monkeypatch.setattr("server.actions.receive_submission._mark_tasks", fail)
    submission_id = uuid4()
    with pytest.raises(OSError, match="disk failing"):
        await receive_submission(submission_id, encoded(manifest(submission_id)), inspector=inspector, at=AT)
    monkeypatch.undo()

    assert await SubmissionTable.count() == 0
    assert await EventTable.count() == before
    result = await receive_submission(submission_id, encoded(manifest(submission_id)), inspector=inspector, at=AT)
    assert isinstance(result, Stored) and result.submission.receipt_no == 1


async def test_other_bytes_under_a_taken_id_are_a_conflict_though_they_could_not_stand_alone(world: World):
    """What is wrong first is that the id is taken: the phone is told so, and the bytes are kept."""
    inspector, submission_id = await world.person("inspector"), uuid4()
    await receive_submission(submission_id, encoded(manifest(submission_id)), inspector=inspector, at=AT)

    with pytest.raises(SubmissionConflict):
        await receive_submission(submission_id, b"{}", inspector=inspector, at=AT)

    assert await QuarantineTable.count() == 1
