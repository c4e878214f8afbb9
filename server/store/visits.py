"""Earlier visits to plots, with an inspection or without, and plots found in the field."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from server.store.keyset import Key, Page, Row, read_page
from server.store.scope import hidden_within, within
from server.tables import AttemptTable, FoundPlotTable, ReviewTable, SubmissionTable

PAGE = 25
# A county of 100,000 households is never one inspector's; the bound keeps a wrong grant cheap.
MAX_VISITS = 20_000


async def visits_within(scope: Sequence[str]) -> list[dict[str, Any]]:
    """Return every visit in the scope as the ledger has them: plot_id, at, state, by, note; oldest first."""
    submissions = (
        await SubmissionTable.select(
            SubmissionTable.id,
            SubmissionTable.plot,
            SubmissionTable.finished_at,
            SubmissionTable.state,
            SubmissionTable.inspector.display_name,
        )
        .where(within(SubmissionTable.village_code, scope))
        .order_by(SubmissionTable.finished_at, SubmissionTable.id, ascending=False)
        .limit(MAX_VISITS)
    )
    reasons = await ReviewTable.select(ReviewTable.submission, ReviewTable.reason).where(
        within(ReviewTable.submission.village_code, scope), ReviewTable.decision.is_in(["returned", "refused"])
    )
    why = {row["submission"]: row["reason"] for row in reasons}
    attempts = (
        await AttemptTable.select(
            AttemptTable.plot,
            AttemptTable.attempted_at,
            AttemptTable.kind,
            AttemptTable.reason,
            AttemptTable.inspector.display_name,
        )
        .where(within(AttemptTable.village_code, scope))
        .order_by(AttemptTable.received_at, AttemptTable.id, ascending=False)
        .limit(MAX_VISITS)
    )
    visits = [
        {
            "plot_id": row["plot"],
            "at": row["finished_at"],
            "state": row["state"],
            "by": row["inspector.display_name"],
            "note": why.get(row["id"], ""),
        }
        for row in submissions
    ] + [
        {
            "plot_id": row["plot"],
            "at": row["attempted_at"],
            "state": row["kind"],
            "by": row["inspector.display_name"],
            "note": row["reason"],
        }
        for row in attempts
    ]
    return sorted(visits, key=lambda visit: (visit["at"], str(visit["plot_id"])))


async def attempts_of(plot_id: UUID) -> list[Row]:
    """Return the visits to a plot that brought no inspection, oldest first; the reader may see the plot already."""
    rows: list[Row] = (
        await AttemptTable.select(
            AttemptTable.attempted_at, AttemptTable.kind, AttemptTable.reason, AttemptTable.inspector.display_name
        )
        .where(AttemptTable.plot == plot_id)
        .order_by(AttemptTable.attempted_at)
        .limit(100)
    )
    return rows


async def submissions_of(plot_id: UUID) -> list[Row]:
    """Return every submission of a plot with the reason of its decision, oldest first; the reader may see the plot."""
    rows: list[Row] = (
        await SubmissionTable.select(
            SubmissionTable.id,
            SubmissionTable.finished_at,
            SubmissionTable.state,
            SubmissionTable.inspector.display_name,
        )
        .where(SubmissionTable.plot == plot_id)
        .order_by(SubmissionTable.receipt_no)
        .limit(100)
    )
    reviews = await ReviewTable.select(ReviewTable.submission, ReviewTable.reason).where(
        ReviewTable.submission.is_in([row["id"] for row in rows])
    )
    why = {review["submission"]: review["reason"] for review in reviews}
    return [{**row, "reason": why.get(row["id"], "")} for row in rows]


async def found_of(plot_id: UUID) -> Row | None:
    """Say who found a plot in the field and why; None for a plot that was declared."""
    row: Row | None = (
        await FoundPlotTable.select(FoundPlotTable.note, FoundPlotTable.noted_at, FoundPlotTable.inspector.display_name)
        .where(FoundPlotTable.plot == plot_id)
        .first()
    )
    return row


async def read_attempts(scope: Sequence[str], *, after: Key | None = None, before: Key | None = None) -> Page:
    """Read the visits that brought no inspection, newest first."""
    query = AttemptTable.select(
        AttemptTable.id,
        AttemptTable.received_at,
        AttemptTable.attempted_at,
        AttemptTable.kind,
        AttemptTable.reason,
        AttemptTable.plot.number,
        AttemptTable.plot.household.head_name,
        AttemptTable.plot.household.group_name,
        AttemptTable.task.state,
        AttemptTable.inspector.display_name,
    ).where(hidden_within(AttemptTable.village_code, scope))
    return await read_page(
        query, AttemptTable.received_at, AttemptTable.id, after=after, before=before, newest_first=True, size=PAGE
    )


async def read_found(scope: Sequence[str], *, after: Key | None = None, before: Key | None = None) -> Page:
    """Read the plots found in the field, newest first."""
    query = FoundPlotTable.select(
        FoundPlotTable.plot,
        FoundPlotTable.received_at,
        FoundPlotTable.note,
        FoundPlotTable.plot.number,
        FoundPlotTable.plot.declared_mu,
        FoundPlotTable.plot.land_type,
        FoundPlotTable.plot.household.head_name,
        FoundPlotTable.plot.household.group_name,
        FoundPlotTable.inspector.display_name,
    ).where(hidden_within(FoundPlotTable.village_code, scope))
    return await read_page(
        query, FoundPlotTable.received_at, FoundPlotTable.plot, after=after, before=before, newest_first=True, size=PAGE
    )
