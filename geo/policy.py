"""What is asked of a measurement, and under which rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite

from geo.accuracy import Calibration, read_calibration
from geo.rings import Box
from geo.statements import Statement, read_statements


@dataclass(frozen=True, slots=True)
class Policy:
    """
    What is asked, and under which rules; read from a mapping or any object with these attributes.

    `household_id` None asks for all plots together. `accuracy_confidence` is the share of fixes inside the stated
    accuracy radius: 0.68 for Android, 0.95 for the W3C's geolocation. `statements` are the inspector's, see
    `geo.statements`, `calibration` the figures of phone models (property `phone_model`) as `geo.calibration` fits them;
    `allowed_bbox` is west, south, east, north in WGS 84.
    """

    household_id: str | None
    gap_m: float
    min_block_mu: float
    confidence: float = 0.95
    accuracy_confidence: float = 0.68
    claimed_mu: float | None = None
    allowed_bbox: Box | None = None
    max_area_mu: float | None = None
    max_edge_m: float | None = None
    statements: tuple[Statement, ...] = ()
    calibration: Mapping[str, Calibration] = field(default_factory=dict)


def read_policy(policy: object) -> Policy:
    """Take the fields of `Policy` from a mapping or from an object's attributes."""
    if isinstance(policy, Policy):
        return policy
    names = Policy.__dataclass_fields__
    if isinstance(policy, Mapping):
        given = {name: policy[name] for name in names if name in policy}
    else:
        given = {name: getattr(policy, name) for name in names if hasattr(policy, name)}
    for name in ("gap_m", "min_block_mu"):
        if name not in given:
            raise KeyError(name)
    given.setdefault("household_id", None)
    if given["household_id"] is not None:
        given["household_id"] = str(given["household_id"])
    for name in (
        "gap_m",
        "min_block_mu",
        "confidence",
        "accuracy_confidence",
        "claimed_mu",
        "max_area_mu",
        "max_edge_m",
    ):
        if given.get(name) is not None or name in ("gap_m", "min_block_mu"):
            given[name] = _figure(name, given[name], most=1.0 if "confidence" in name else None)
    if given.get("allowed_bbox") is not None:
        given["allowed_bbox"] = _box(given["allowed_bbox"])
    given["statements"] = read_statements(given.get("statements"))
    given["calibration"] = read_calibration(given.get("calibration") or {})
    return Policy(**given)


def _box(sides: object) -> Box:
    if not isinstance(sides, Sequence) or len(sides) != 4:
        raise ValueError("allowed_bbox must be west, south, east, north")
    west, south, east, north = (_figure("allowed_bbox", side, least=None) for side in sides)
    if south > north:
        raise ValueError("allowed_bbox: south lies above north")
    return west, south, east, north


def _figure(name: str, value: object, *, least: float | None = 0.0, most: float | None = None) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError(f"{name} must be a number")
    if (least is not None and value < least) or (most is not None and not 0.0 < value < most):
        raise ValueError(f"{name} is out of its range")
    return float(value)
