"""Submissions and what belongs to them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from inspections.submissions import Manifest, read_manifest
from server.tables import EvaluationTable, PlotTable, ReviewTable, SubmissionTable

LIVING_STATES = ("receiving", "awaiting_review", "approved")


async def find_submission(submission_id: UUID) -> dict[str, Any] | None:
    """Return the row, whatever its region; callers check the scope."""
    row: dict[str, Any] | None = await SubmissionTable.select().where(SubmissionTable.id == submission_id).first()
    return row


def manifest_of(row: dict[str, Any]) -> Manifest:
    """Read the stored manifest; it was readable when it came in."""
    return read_manifest(bytes(row["manifest"]))


async def find_evaluation(evaluation_id: UUID | None) -> Any:
    """Return an evaluation as plain JSON values, or None."""
    if evaluation_id is None:
        return None
    row = await EvaluationTable.select(EvaluationTable.data).where(EvaluationTable.id == evaluation_id).first()
    return None if row is None else msgspec.json.decode(row["data"])


async def find_review(submission_id: UUID) -> dict[str, Any] | None:
    """Return the township's decision, or None."""
    row: dict[str, Any] | None = await ReviewTable.select().where(ReviewTable.submission == submission_id).first()
    return row


async def amount_of_other_plots(household_id: UUID, *, plot_id: UUID) -> int:
    """
    Sum what is proposed or approved for the household's other plots, in fen.

    The newest submission of each plot counts; a returned or refused one does not.
    """
    rows = (
        await SubmissionTable.select(SubmissionTable.plot, SubmissionTable.evaluation_id)
        .where(
            (SubmissionTable.plot != plot_id)
            & SubmissionTable.plot.is_in(
                [row["id"] for row in await PlotTable.select(PlotTable.id).where(PlotTable.household == household_id)]
            )
            & SubmissionTable.state.is_in(list(LIVING_STATES))
        )
        .order_by(SubmissionTable.received_at)
    )
    newest = {row["plot"]: row["evaluation_id"] for row in rows if row["evaluation_id"]}
    return await _sum_amounts(list(newest.values()))


async def _sum_amounts(evaluation_ids: Sequence[UUID]) -> int:
    if not evaluation_ids:
        return 0
    rows = await EvaluationTable.select(EvaluationTable.amount_fen).where(
        EvaluationTable.id.is_in(list(evaluation_ids))
    )
    return sum(row["amount_fen"] for row in rows)
