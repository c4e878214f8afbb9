import asyncio
from uuid import uuid4

import pytest

from server.actions.evaluate_submission import evaluate_submission
from server.actions.receive_submission import receive_submission
from server.tables import EvaluationTable, EventTable, SubmissionTable
from tests.geo_truth import ellipsoid_area_m2
from tests.server.world import AT, RING, World, encoded, manifest


async def test_the_stored_area_is_the_ellipsoids(world: World):
    """The figure that pays money, all the way from the wire to the row."""
    submission_id, inspector = uuid4(), await world.person("inspector")
    await receive_submission(submission_id, encoded(manifest(submission_id)), inspector=inspector, at=AT)

    evaluation = await evaluate_submission(submission_id, at=AT)

    row = await EvaluationTable.select().first()
    assert row is not None
    assert row["area_m2"] == evaluation.area_m2 == pytest.approx(ellipsoid_area_m2(RING), rel=1e-6)
    assert evaluation.outcome in {"passed", "in_doubt"}


async def test_evaluating_again_with_the_same_rules_changes_nothing(world: World):
    """A job may run twice; the record must not."""
    submission_id, inspector = uuid4(), await world.person("inspector")
    await receive_submission(submission_id, encoded(manifest(submission_id)), inspector=inspector, at=AT)

    first = await evaluate_submission(submission_id, at=AT)
    second = await evaluate_submission(submission_id, at=AT)

    assert second == first
    await stands_once()


async def test_evaluating_twice_at_once_is_told_once(world: World):
    """A slow process whose lease has ended, and the one that took its job over: one judgement, one event."""
    submission_id, inspector = uuid4(), await world.person("inspector")
    await receive_submission(submission_id, encoded(manifest(submission_id)), inspector=inspector, at=AT)

    results = await asyncio.gather(*[evaluate_submission(submission_id, at=AT) for _ in range(4)])

    assert all(result == results[0] for result in results)
    await stands_once()


async def stands_once() -> None:
    """One evaluation, one event, and the submission names it."""
    assert await EvaluationTable.count() == 1
    assert await EventTable.count().where(EventTable.action == "submission.evaluated") == 1
    submission = await SubmissionTable.select(SubmissionTable.evaluation_id).first()
    evaluation = await EvaluationTable.select(EvaluationTable.id).first()
    assert submission is not None and evaluation is not None
    assert submission["evaluation_id"] == evaluation["id"]
