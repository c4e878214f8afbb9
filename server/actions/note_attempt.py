"""Take in a visit that brought no inspection: nobody there, or a declaration given up."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from server.database import transaction
from server.errors import AttemptRefused, NoteConflict
from server.events import record
from server.roles import Identity, Role
from server.store.scope import within
from server.tables import AttemptTable, TaskTable

AttemptKind = Literal["absent", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One visit; `position` is (longitude, latitude, accuracy in metres), `attempted_at` the device's clock."""

    task_id: UUID
    plot_id: UUID
    kind: AttemptKind
    reason: str
    attempted_at: datetime
    clock_offset_ms: int | None
    position: tuple[float, float, float] | None


async def note_attempt(
    attempt_id: UUID, attempt: Attempt, content_sha256: str, *, inspector: Identity, at: datetime
) -> bool:
    """
    Store a visit once; the task stays as it is, for the township decides what follows.

    Args:
        attempt_id: Made on the device.
        attempt: What was noted.
        content_sha256: Digest of the bytes it came as.
        inspector: Who went there; the task must lie in their regions.
        at: Now.

    Returns:
        Whether it was stored now; False: the same bytes were there before.

    Raises:
        AttemptRefused: No such task of that plot in the inspector's regions.
        NoteConflict: The id is taken by other bytes.
    """
    async with transaction():
        task = (
            await TaskTable.select(TaskTable.village_code)
            .where(
                TaskTable.id == attempt.task_id,
                TaskTable.plot == attempt.plot_id,
                within(TaskTable.village_code, inspector.scope(Role.INSPECTOR)),
            )
            .first()
        )
        if task is None:
            raise AttemptRefused(
                "您的工作区域里没有这块地的这项任务。", "There is no such task of this plot in your regions."
            )
        lon, lat, accuracy_m = attempt.position or (None, None, None)
        inserted = await AttemptTable.insert(
            AttemptTable(
                id=attempt_id,
                task=attempt.task_id,
                plot=attempt.plot_id,
                inspector=inspector.user_id,
                village_code=task["village_code"],
                content_sha256=content_sha256,
                kind=attempt.kind,
                reason=attempt.reason,
                attempted_at=attempt.attempted_at,
                clock_offset_ms=attempt.clock_offset_ms,
                lon=lon,
                lat=lat,
                accuracy_m=accuracy_m,
                received_at=at,
            )
        ).on_conflict(target=AttemptTable.id, action="DO NOTHING")
        if inserted:
            await record(
                "plot.visited",
                "plot",
                attempt.plot_id,
                actor=inspector.user_id,
                before=None,
                after={
                    "attempt": attempt_id,
                    "task": attempt.task_id,
                    "kind": attempt.kind,
                    "reason": attempt.reason,
                    "attempted_at": attempt.attempted_at,
                    "content_sha256": content_sha256,
                },
                at=at,
            )
            return True
        known = await AttemptTable.select(AttemptTable.content_sha256).where(AttemptTable.id == attempt_id).first()
    if known is None or known["content_sha256"] != content_sha256:
        raise NoteConflict("该编号下已有另一份记录。", "This id holds another note already.")
    return False
