"""What inspectors note in the field besides inspections: visits that brought none, and plots no list had."""

import hashlib
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, put
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from inspections.wire import LandType
from server.actions.add_plot import FoundHousehold, FoundPlot, add_plot
from server.actions.note_attempt import Attempt, AttemptKind, note_attempt
from server.guards import allow
from server.roles import Identity, Role
from server.text import plain

Longitude = Annotated[float, Meta(ge=-180, le=180)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Instant = Annotated[datetime, Meta(tz=True)]
Name = Annotated[str, Meta(min_length=1, max_length=40)]


class PositionIn(Struct, forbid_unknown_fields=True):
    """Where the phone was."""

    lon: Longitude
    lat: Latitude
    accuracy_m: Annotated[float, Meta(ge=0, le=100_000)]
    fixed_at: Instant


class AttemptIn(Struct, forbid_unknown_fields=True):
    """A visit that brought no inspection."""

    task_id: UUID
    plot_id: UUID
    kind: AttemptKind
    reason: Annotated[str, Meta(min_length=1, max_length=400)]
    attempted_at: Instant
    clock_offset_ms: Annotated[int, Meta(ge=-(2**31), lt=2**31)] | None
    position: PositionIn | None


class HouseholdIn(Struct, forbid_unknown_fields=True):
    """A household, new or known."""

    id: UUID
    head_name: Name
    group_name: Name
    village_code: Annotated[str, Meta(pattern="^[0-9]{12}$")]
    person_count: Annotated[int, Meta(ge=1, le=99)]


class PlotIn(Struct, forbid_unknown_fields=True):
    """A plot no list has."""

    household: HouseholdIn
    task_id: UUID
    programme_code: Annotated[str, Meta(min_length=1, max_length=40)]
    land_type: LandType
    declared_mu: Annotated[float, Meta(gt=0)]
    centre: tuple[Longitude, Latitude] | None
    note: Annotated[str, Meta(max_length=400)]
    noted_at: Instant


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
    spot = data.position
    attempt = Attempt(
        task_id=data.task_id,
        plot_id=data.plot_id,
        kind=data.kind,
        reason=plain(data.reason),
        attempted_at=data.attempted_at,
        clock_offset_ms=data.clock_offset_ms,
        position=(spot.lon, spot.lat, spot.accuracy_m) if spot else None,
    )
    created = await note_attempt(attempt_id, attempt, digest, inspector=request.user, at=now)
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
    home = data.household
    found = FoundPlot(
        household=FoundHousehold(
            home.id, plain(home.head_name), plain(home.group_name), home.village_code, home.person_count
        ),
        task_id=data.task_id,
        programme_code=data.programme_code,
        land_type=data.land_type,
        declared_mu=data.declared_mu,
        centre=data.centre,
        note=plain(data.note),
        noted_at=data.noted_at,
    )
    created = await add_plot(plot_id, found, digest, inspector=request.user, at=now)
    return Response(NoteHeld(plot_id, digest, now), status_code=201 if created else 200)


async def _digest(request: Request[Any, Any, Any]) -> str:
    return hashlib.sha256(await request.body()).hexdigest()
