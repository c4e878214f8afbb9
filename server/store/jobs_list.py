"""Background work as a person sees it: how much waits, and what was given up."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from server.store.keyset import Row
from server.store.scope import within
from server.tables import EventTable, PhotoTable, SubmissionTable

PAGE = 50
COUNT_LIMIT = 999


async def count_waiting() -> int:
    """Count the jobs still to be done in the whole installation, no further than one more than `COUNT_LIMIT`."""
    rows = await EventTable.select(EventTable.seq).where(EventTable.job_due_at.is_not_null()).limit(COUNT_LIMIT + 1)
    return len(rows)


async def read_given_up(scope: Sequence[str], *, before_seq: int | None = None) -> tuple[list[Row], int | None]:
    """
    Read jobs that are left for a person, newest first, with `submission` named where the reader may open it.

    Args:
        scope: Region codes the reader sees.
        before_seq: Only older events than this one.

    Returns:
        A page, and the `before_seq` of the next or None.
    """
    found: list[Row] = []
    while True:
        query = EventTable.select(
            EventTable.seq,
            EventTable.at,
            EventTable.job,
            EventTable.job_attempts,
            EventTable.job_error,
            EventTable.subject_kind,
            EventTable.subject_id,
        ).where(EventTable.job_error.is_not_null(), EventTable.job_due_at.is_null())
        if before_seq is not None:
            query = query.where(EventTable.seq < before_seq)
        rows: list[Row] = await query.order_by(EventTable.seq, ascending=False).limit(PAGE)
        places = await _submissions_of(rows, scope)
        for row in rows:
            row["submission"] = places.get((row["subject_kind"], row["subject_id"]))
            if row["submission"] is not None:
                found.append(row)
        if len(rows) < PAGE:
            return found, None
        before_seq = rows[-1]["seq"]
        if len(found) >= PAGE:
            return found, before_seq


async def find_given_up(seq: int, scope: Sequence[str]) -> Row | None:
    """Return one job that is left for a person; None when it is not, or lies outside the scope."""
    row: Row | None = (
        await EventTable.select(
            EventTable.seq, EventTable.job, EventTable.job_attempts, EventTable.subject_kind, EventTable.subject_id
        )
        .where(EventTable.seq == seq, EventTable.job_error.is_not_null(), EventTable.job_due_at.is_null())
        .first()
    )
    return row if row and await _submissions_of([row], scope) else None


async def _submissions_of(rows: Iterable[Row], scope: Sequence[str]) -> dict[tuple[str, str], UUID]:
    """Return the submission each event is about, of those within the scope."""
    ids: dict[str, list[Any]] = {"submission": [], "photo": []}
    for row in rows:
        ids.setdefault(row["subject_kind"], []).append(UUID(row["subject_id"]))
    found: dict[tuple[str, str], UUID] = {}
    if ids["submission"]:
        for row in await SubmissionTable.select(SubmissionTable.id).where(
            SubmissionTable.id.is_in(ids["submission"]), within(SubmissionTable.village_code, scope)
        ):
            found["submission", str(row["id"])] = row["id"]
    if ids["photo"]:
        for row in await PhotoTable.select(PhotoTable.id, PhotoTable.submission).where(
            PhotoTable.id.is_in(ids["photo"]), within(PhotoTable.village_code, scope)
        ):
            found["photo", str(row["id"])] = row["submission"]
    return found
