"""Whose land it is, and under which programme it is inspected (农户、地块、项目)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from inspections.policy import Policy
from inspections.wire import LandType

__all__ = ["LAND_TYPE_NAMES", "Household", "LandType", "Plot", "Programme"]

LAND_TYPE_NAMES: Mapping[LandType, tuple[str, str]] = {
    "paddy": ("水田", "paddy"),
    "dry_land": ("旱地", "dry land"),
    "slope": ("宜果荒坡地", "slope"),
}


@dataclass(frozen=True, slots=True)
class Household:
    """A household of the ledger; never with an ID or bank number."""

    id: UUID
    code: str
    head_name: str
    group_name: str
    village_code: str
    person_count: int


@dataclass(frozen=True, slots=True)
class Plot:
    """One declared plot; `boundary` is its last known outline as a GeoJSON Polygon in WGS 84, or None."""

    id: UUID
    household_id: UUID
    number: str
    land_type: LandType
    declared_mu: float
    boundary: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Programme:
    """One year's programme of a region, with the policy version now in force."""

    code: str
    name: str
    year: int
    region_code: str
    policy_version: int
    policy: Policy
