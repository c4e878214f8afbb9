"""What an earlier visit saw of a plot that is to be inspected (again): what a phone lays over its viewfinder."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from piccolo.query import Select

from server.store.scope import within
from server.tables import PhotoTable, SubmissionTable, TaskTable

# A visit to a task in one of these states is still to come.
TO_BE_VISITED = ("open", "returned")
# Evidence of a moment, not of a view that could be taken again.
NO_VIEW = ("signature", "measure")
# SQLite takes some ten thousand values in one question, PostgreSQL twice as many.
AT_ONCE = 500


async def earlier_visits(scope: Sequence[str]) -> dict[UUID, dict[str, Any]]:
    """
    Find the newest submission of each plot with a task still to be done, and what it photographed.

    Reads the submissions of these plots only, so it costs the same however many years the archive holds.

    Args:
        scope: Region codes of the inspector.

    Returns:
        By plot: `submission_id`, `finished_at`, `photos` as `{kind, sha256}` in the order they were taken.
    """
    newest = {row["plot"]: row for row in await visits_before(scope)}
    views = await _views([row["id"] for row in newest.values()])
    return {
        plot: {"submission_id": row["id"], "finished_at": row["finished_at"], "photos": views[row["id"]]}
        for plot, row in newest.items()
    }


def visits_before(scope: Sequence[str]) -> Select[Any]:
    """Ask for all submissions of the plots with a task still to be done, oldest first."""
    waiting = TaskTable.select(TaskTable.plot).where(
        TaskTable.state.is_in(list(TO_BE_VISITED)) & within(TaskTable.village_code, scope)
    )
    return (
        SubmissionTable.select(SubmissionTable.id, SubmissionTable.plot, SubmissionTable.finished_at)
        .where(SubmissionTable.plot.is_in(waiting))
        .order_by(SubmissionTable.receipt_no)
    )


async def _views(submission_ids: Sequence[UUID]) -> dict[UUID, list[dict[str, str]]]:
    found: dict[UUID, list[dict[str, str]]] = defaultdict(list)
    for start in range(0, len(submission_ids), AT_ONCE):
        rows = (
            await PhotoTable.select(PhotoTable.submission, PhotoTable.kind, PhotoTable.sha256)
            .where(
                PhotoTable.submission.is_in(list(submission_ids[start : start + AT_ONCE]))
                & PhotoTable.kind.not_in(list(NO_VIEW))
                & PhotoTable.problem.is_null()
                & PhotoTable.lost_at.is_null()
            )
            .order_by(PhotoTable.taken_at, PhotoTable.sha256)
        )
        for row in rows:
            found[row["submission"]].append({"kind": row["kind"], "sha256": row["sha256"]})
    return found
