"""
What an inspector notes besides inspections, as a phone writes it: a visit that brought none, and a plot no list had.

The same bytes come by HTTP, or in a courier file; here they become what the actions take.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from inspections.wire import LandType
from server.actions.add_plot import FoundHousehold, FoundPlot
from server.actions.note_attempt import Attempt, AttemptKind
from server.errors import AttemptRefused, PlotRefused
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


def attempt_of(data: AttemptIn) -> Attempt:
    """Return the visit a phone wrote, its text made plain."""
    spot = data.position
    return Attempt(
        task_id=data.task_id,
        plot_id=data.plot_id,
        kind=data.kind,
        reason=plain(data.reason),
        attempted_at=data.attempted_at,
        clock_offset_ms=data.clock_offset_ms,
        position=(spot.lon, spot.lat, spot.accuracy_m) if spot else None,
    )


def found_of(data: PlotIn) -> FoundPlot:
    """Return the plot a phone wrote, its text made plain."""
    home = data.household
    return FoundPlot(
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


def read_attempt(body: bytes) -> Attempt:
    """Read a visit from the bytes of a note; raise AttemptRefused for what is none."""
    try:
        return attempt_of(msgspec.json.decode(body, type=AttemptIn))
    except msgspec.DecodeError as error:
        raise AttemptRefused("来访记录的格式不对。", f"This is no record of a visit: {error}.") from error


def read_found(body: bytes) -> FoundPlot:
    """Read a plot from the bytes of a note; raise PlotRefused for what is none."""
    try:
        return found_of(msgspec.json.decode(body, type=PlotIn))
    except msgspec.DecodeError as error:
        raise PlotRefused("计划外地块的格式不对。", f"This is no record of a plot: {error}.") from error
