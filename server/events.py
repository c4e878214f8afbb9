"""Writing to the event table, in the transaction of the change it tells (操作日志)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from server.database import engine
from server.statements import Row, insert
from server.tables import EventTable

Facts = dict[str, Any]


def event_row(
    action: str,
    subject_kind: str,
    subject_id: UUID | str,
    *,
    actor: UUID | None,
    before: Facts | None,
    after: Facts | None,
    at: datetime,
    job: str | None = None,
) -> Row:
    """
    Build the row of one event, for actions that insert several at once; it belongs in the transaction of the change.

    Args:
        action: `subject.verb`, for example `submission.received`.
        subject_kind: Table or thing that changed.
        subject_id: Its key.
        actor: Who did it; None for the system itself.
        before: The facts that changed, as they were; None when the subject is new.
        after: The same facts, as they are; None when it is gone.
        at: When.
        job: Work to be done because of it, a name in `server.jobs.JOBS`.
    """
    return {
        "at": at,
        "actor": actor,
        "action": action,
        "subject_kind": subject_kind,
        "subject_id": str(subject_id),
        "before": _json(before),
        "after": _json(after),
        "job": job,
        "job_due_at": at if job else None,
    }


async def record(
    action: str,
    subject_kind: str,
    subject_id: UUID | str,
    *,
    actor: UUID | None,
    before: Facts | None,
    after: Facts | None,
    at: datetime,
    job: str | None = None,
) -> None:
    """
    Write one event, arguments as for `event_row`; call it inside the transaction of the change.

    Raises:
        RuntimeError: No transaction is open: the event could stand without its change.
    """
    if engine().current_transaction.get() is None:
        raise RuntimeError(f"event {action} outside a transaction")
    event = event_row(action, subject_kind, subject_id, actor=actor, before=before, after=after, at=at, job=job)
    await insert(EventTable, [event])


def _json(facts: Facts | None) -> str | None:
    return None if facts is None else msgspec.json.encode(facts).decode()
