import asyncio
import json
from uuid import UUID, uuid4

import pytest

from inspections.errors import AlreadyDecided, OwnInspection, PlotAlreadyApproved, SubmissionIncomplete
from inspections.reviews import Decision
from server.actions.decide_review import decide_review
from server.actions.evaluate_submission import evaluate_submission
from server.actions.receive_photo import receive_photo
from server.actions.receive_submission import receive_submission
from server.errors import SubmissionNotFound
from server.store.ledger import read_ledger
from server.tables import EventTable, PlotTable, ReviewTable, SubmissionTable, TaskTable
from tests.server.test_receive_photo import digest, in_chunks
from tests.server.world import AT, PLOT, TASK, World, encoded, five_pictures, manifest, picture


async def submitted(world: World, by: str = "inspector", *, word: str = "") -> UUID:
    """A complete and evaluated submission of PLOT."""
    submission_id, inspector = uuid4(), await world.person(by)
    pictures = {kind: data + picture(word) for kind, data in five_pictures().items()}
    await receive_submission(submission_id, encoded(manifest(submission_id, pictures)), inspector=inspector, at=AT)
    for data in pictures.values():
        await receive_photo(
            submission_id, digest(data), in_chunks(data), photos=world.photos, inspector=inspector, at=AT
        )
    await evaluate_submission(submission_id, at=AT)
    return submission_id


async def test_an_approval_moves_submission_task_and_plot_together(world: World):
    """One decision, one transaction: no half-approved plot can be seen."""
    submission_id = await submitted(world)
    reviewer = await world.person("reviewer")

    await decide_review(submission_id, Decision.APPROVED, "看过现场", reviewer=reviewer, at=AT)

    submission = await SubmissionTable.select(SubmissionTable.state).first()
    task = await TaskTable.select(TaskTable.state).where(TaskTable.id == TASK).first()
    plot = await PlotTable.select(PlotTable.boundary).where(PlotTable.id == PLOT).first()
    events = await EventTable.select(EventTable.action, EventTable.actor).where(EventTable.actor == reviewer.user_id)
    assert submission == {"state": "approved"}
    assert task == {"state": "done"}
    assert plot is not None and len(json.loads(plot["boundary"])["coordinates"][0]) >= 5
    assert {event["action"] for event in events} >= {"submission.approved", "task.done", "plot.boundary_taken"}


async def test_a_return_gives_the_task_back_with_its_reason(world: World):
    """The inspector must read on the phone what is to be done again."""
    submission_id = await submitted(world)

    await decide_review(submission_id, Decision.RETURNED, "缺行距照片", reviewer=await world.person("reviewer"), at=AT)

    task = await TaskTable.select(TaskTable.state, TaskTable.return_reason).where(TaskTable.id == TASK).first()
    assert task == {"state": "returned", "return_reason": "缺行距照片"}


async def test_a_return_says_item_by_item_what_is_to_be_done_again(world: World):
    """The list goes to the phone with the task, stays with the review, and is gone once the work has come anew."""
    submission_id = await submitted(world)
    reviewer = await world.person("reviewer")

    await decide_review(
        submission_id, Decision.RETURNED, "缺行距照片", reviewer=reviewer, at=AT, todo=["shot:spacing", "counts"]
    )

    ledger = await read_ledger(await world.person("inspector"))
    task = next(task for task in ledger["tasks"] if task["id"] == TASK)
    review = await ReviewTable.select(ReviewTable.todo).first()
    assert task["todo"] == ["shot:spacing", "counts"]
    assert review is not None and json.loads(review["todo"]) == task["todo"]
    assert ledger["visits"][-1]["note"] == "缺行距照片"
    again = uuid4()
    await receive_submission(again, encoded(manifest(again, {})), inspector=await world.person("inspector"), at=AT)
    row = await TaskTable.select(TaskTable.state, TaskTable.todo).where(TaskTable.id == TASK).first()
    assert row == {"state": "submitted", "todo": None}


async def test_of_many_decisions_at_once_one_counts(world: World):
    """Two reviewers may press at the same moment; there is one decision and one record of it."""
    submission_id = await submitted(world)
    reviewer = await world.person("reviewer")

    results = await asyncio.gather(
        *[decide_review(submission_id, Decision.APPROVED, "好", reviewer=reviewer, at=AT) for _ in range(50)],
        return_exceptions=True,
    )

    assert sum(not isinstance(result, BaseException) for result in results) == 1
    assert all(isinstance(result, AlreadyDecided) for result in results if isinstance(result, BaseException))
    assert await ReviewTable.count() == 1
    assert await EventTable.count().where(EventTable.action == "submission.approved") == 1


async def test_nobody_reviews_their_own_inspection(world: World):
    """Whoever is inspector and reviewer at once still needs a second pair of eyes."""
    submission_id = await submitted(world, by="both")

    with pytest.raises(OwnInspection):
        await decide_review(submission_id, Decision.APPROVED, "好", reviewer=await world.person("both"), at=AT)

    assert await ReviewTable.count() == 0


async def test_another_townships_reviewer_finds_nothing(world: World):
    """Role and region, on every query."""
    submission_id = await submitted(world)

    with pytest.raises(SubmissionNotFound):
        await decide_review(submission_id, Decision.APPROVED, "好", reviewer=await world.person("west_reviewer"), at=AT)


async def test_a_submission_without_its_photos_is_not_decided(world: World):
    """A decision on half the evidence could not be defended later."""
    submission_id, inspector = uuid4(), await world.person("inspector")
    await receive_submission(submission_id, encoded(manifest(submission_id)), inspector=inspector, at=AT)
    await evaluate_submission(submission_id, at=AT)

    with pytest.raises(SubmissionIncomplete):
        await decide_review(submission_id, Decision.APPROVED, "好", reviewer=await world.person("reviewer"), at=AT)


async def test_a_submission_that_waits_for_a_lost_photo_is_returned_and_stays_so(world: World):
    """Else the plot would be open to nobody. A photo that comes after all is kept, and the decision stands."""
    submission_id, inspector = uuid4(), await world.person("inspector")
    await receive_submission(submission_id, encoded(manifest(submission_id)), inspector=inspector, at=AT)
    reviewer = await world.person("reviewer")

    await decide_review(submission_id, Decision.RETURNED, "照片损坏，请重验", reviewer=reviewer, at=AT)
    for data in five_pictures().values():
        await receive_photo(
            submission_id, digest(data), in_chunks(data), photos=world.photos, inspector=inspector, at=AT
        )

    row = await SubmissionTable.select().where(SubmissionTable.id == submission_id).first()
    assert (row["state"], row["complete_at"] is not None) == ("returned", True)
    task = await TaskTable.select().where(TaskTable.id == row["task"]).first()
    assert (task["state"], task["return_reason"]) == ("returned", "照片损坏，请重验")
    [completed] = await EventTable.select().where(EventTable.action == "submission.completed")
    assert '"returned"' in completed["before"] and '"returned"' in completed["after"]


async def test_a_plot_is_approved_once_though_two_inspected_it(world: World):
    """Two approved submissions of one plot would be paid twice."""
    reviewer = await world.person("reviewer")
    first, second = await submitted(world), await submitted(world, by="colleague", word="second visit")
    await decide_review(first, Decision.APPROVED, "好", reviewer=reviewer, at=AT)

    with pytest.raises(PlotAlreadyApproved):
        await decide_review(second, Decision.APPROVED, "好", reviewer=reviewer, at=AT)

    await decide_review(second, Decision.REFUSED, "重复上报", reviewer=reviewer, at=AT)
    assert await ReviewTable.count() == 2
