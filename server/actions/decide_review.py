"""Record the township's decision about a submission, and what follows from it for the task and the plot."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from inspections.errors import PlotAlreadyApproved
from inspections.reviews import Decision, Review, decide
from server.database import is_postgres, transaction
from server.errors import SubmissionNotFound
from server.events import record
from server.roles import Identity, Role
from server.store.cells import cell_of
from server.store.scope import within
from server.store.submissions import find_evaluation, find_review
from server.tables import PlotTable, ReviewTable, SubmissionTable, TaskTable

TASK_STATES = {Decision.APPROVED: "done", Decision.RETURNED: "returned", Decision.REFUSED: "done"}


async def decide_review(
    submission_id: UUID,
    decision: Decision,
    reason: str,
    *,
    reviewer: Identity,
    at: datetime,
    todo: Sequence[str] = (),
) -> Review:
    """
    Approve, return or refuse; one decision a submission.

    Args:
        submission_id: What is decided.
        decision: Approved, returned or refused.
        reason: Why; see `inspections.reviews.decide` for when it may be empty.
        reviewer: Who decides; the submission must lie in the regions they review.
        at: Now.
        todo: What a return asks to be done again, codes of `inspections.todo`; of no meaning otherwise.

    Raises:
        SubmissionNotFound: No such submission, or outside the reviewer's regions.
        PlotAlreadyApproved: Another submission of the same plot was approved.
        ReviewRefused: One of its children.
    """
    asked = msgspec.json.encode(list(todo)).decode() if todo and decision is Decision.RETURNED else None
    async with transaction():
        submission = await _locked(submission_id, reviewer)
        known = await find_review(submission_id)
        evaluation = await find_evaluation(submission["evaluation_id"])
        review = decide(
            Review(submission_id) if known is None else _review_of(known),
            decision,
            reviewer_id=reviewer.user_id,
            inspector_ids=[submission["inspector"]],
            outcome=evaluation["outcome"] if evaluation else None,
            complete=submission["complete_at"] is not None,
            reason=reason,
            at=at,
        )
        if decision is Decision.APPROVED:
            await _refuse_second_approval(submission)
        await ReviewTable.insert(
            ReviewTable(
                submission=submission_id,
                decision=decision.value,
                reviewer=reviewer.user_id,
                reason=review.reason,
                todo=asked,
                decided_at=at,
            )
        ).run()
        await (
            SubmissionTable.update({SubmissionTable.state: decision.value, SubmissionTable.decided_at: at})
            .where(SubmissionTable.id == submission_id)
            .run()
        )
        await record(
            f"submission.{decision.value}",
            "submission",
            submission_id,
            actor=reviewer.user_id,
            before={"state": submission["state"]},
            after={
                "state": decision.value,
                "reason": review.reason,
                "evaluation": submission["evaluation_id"],
                **({"todo": list(todo)} if asked else {}),
            },
            at=at,
        )
        await _move_task(submission["task"], decision, review.reason, asked, reviewer, at)
        if decision is Decision.APPROVED and evaluation and evaluation["boundary"]:
            await _take_boundary(submission["plot"], evaluation["boundary"], reviewer, at)
    return review


async def _locked(submission_id: UUID, reviewer: Identity) -> dict[str, Any]:
    """Read the row and hold it, so that of two reviewers one waits and then finds a decision."""
    query = SubmissionTable.select().where(
        (SubmissionTable.id == submission_id)
        & within(SubmissionTable.village_code, reviewer.scope(Role.REVIEWER, Role.APPROVER))
    )
    row = await (query.lock_rows("UPDATE") if is_postgres() else query).first()
    if row is None:
        raise SubmissionNotFound("没有这份上报。", "There is no such submission.")
    return row


def _review_of(row: dict[str, Any]) -> Review:
    return Review(row["submission"], Decision(row["decision"]), row["reviewer"], row["decided_at"], row["reason"])


async def _refuse_second_approval(submission: dict[str, Any]) -> None:
    # Two submissions of one plot are approved one after the other: the plot's row is held while we look.
    held = PlotTable.select(PlotTable.id).where(PlotTable.id == submission["plot"])
    await (held.lock_rows("UPDATE") if is_postgres() else held)
    if await SubmissionTable.exists().where(
        (SubmissionTable.plot == submission["plot"]) & (SubmissionTable.state == Decision.APPROVED.value)
    ):
        raise PlotAlreadyApproved(
            "该地块已有一份上报通过审核，不能重复通过。", "Another submission of this plot was approved already."
        )


async def _move_task(
    task_id: UUID, decision: Decision, reason: str, todo: str | None, reviewer: Identity, at: datetime
) -> None:
    before = (
        await TaskTable.select(TaskTable.state, TaskTable.return_reason, TaskTable.todo)
        .where(TaskTable.id == task_id)
        .first()
    )
    after: dict[str, Any] = {
        "state": TASK_STATES[decision],
        "return_reason": reason if decision is Decision.RETURNED else None,
        "todo": todo,
    }
    await (
        TaskTable.update(
            {
                TaskTable.state: after["state"],
                TaskTable.return_reason: after["return_reason"],
                TaskTable.todo: todo,
                TaskTable.updated_at: at,
            }
        )
        .where(TaskTable.id == task_id)
        .run()
    )
    await record(f"task.{after['state']}", "task", task_id, actor=reviewer.user_id, before=before, after=after, at=at)


async def _take_boundary(plot_id: UUID, boundary: dict[str, Any], reviewer: Identity, at: datetime) -> None:
    """Let the approved boundary be the plot's outline from now on."""
    before = await PlotTable.select(PlotTable.boundary).where(PlotTable.id == plot_id).first()
    ring = boundary["coordinates"][0]
    lon = sum(position[0] for position in ring) / len(ring)
    lat = sum(position[1] for position in ring) / len(ring)
    await (
        PlotTable.update(
            {
                PlotTable.boundary: msgspec.json.encode(boundary).decode(),
                PlotTable.centre_lon: lon,
                PlotTable.centre_lat: lat,
                PlotTable.cell: cell_of(lon, lat),
            }
        )
        .where(PlotTable.id == plot_id)
        .run()
    )
    await record(
        "plot.boundary_taken",
        "plot",
        plot_id,
        actor=reviewer.user_id,
        before={"boundary": msgspec.json.decode(before["boundary"]) if before and before["boundary"] else None},
        after={"boundary": boundary},
        at=at,
    )
