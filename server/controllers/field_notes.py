"""What inspectors note in the field besides inspections: visits that brought none, and plots no list had."""

import hashlib
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, put
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from server.actions.add_plot import add_plot
from server.actions.note_attempt import note_attempt
from server.field_notes import AttemptIn, PlotIn, attempt_of, found_of
from server.guards import allow
from server.roles import Identity, Role


class NoteHeld(Struct):
    """The server holds exactly these bytes; only this digest lets the phone rest."""

    id: UUID
    content_sha256: str
    server_time_at: datetime


@put(
    "/api/attempts/{attempt_id:uuid}",
    operation_id="putAttempt",
    status_code=201,
    opt={"policy": allow(Role.INSPECTOR)},
    tags=["field notes"],
)
async def send_attempt(
    attempt_id: FromPath[UUID], data: JSONBody[AttemptIn], request: Request[Identity, Any, State]
) -> Response[NoteHeld]:
    """Note a visit: 201 stored, 200 known, 409 `note_conflict`, 422 `attempt_refused`."""
    digest, now = await _digest(request), datetime.now(UTC)
    created = await note_attempt(attempt_id, attempt_of(data), digest, inspector=request.user, at=now)
    return Response(NoteHeld(attempt_id, digest, now), status_code=201 if created else 200)


@put(
    "/api/plots/{plot_id:uuid}",
    operation_id="putPlot",
    status_code=201,
    opt={"policy": allow(Role.INSPECTOR)},
    tags=["field notes"],
)
async def send_plot(
    plot_id: FromPath[UUID], data: JSONBody[PlotIn], request: Request[Identity, Any, State]
) -> Response[NoteHeld]:
    """Add a plot found in the field: 201 stored, 200 known, 409 `note_conflict`, 422 `plot_refused`."""
    digest, now = await _digest(request), datetime.now(UTC)
    created = await add_plot(plot_id, found_of(data), digest, inspector=request.user, at=now)
    return Response(NoteHeld(plot_id, digest, now), status_code=201 if created else 200)


async def _digest(request: Request[Any, Any, Any]) -> str:
    return hashlib.sha256(await request.body()).hexdigest()
