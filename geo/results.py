"""What a measurement says: the figures, the joins, the overlaps, every issue."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from geo.datum import Datum
from geo.issues import Issue, Status
from geo.overlaps import OverlapClass

Verdict = Literal["pass", "within", "fail"]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Ground that a plot of another household claims as well."""

    household_id: str | None
    plot_id: str | None
    own_plot_id: str | None
    area_m2: float
    share: float
    mean_depth_m: float
    tolerance_m: float
    overlap_class: OverlapClass
    geometry: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Join:
    """
    Two plots of the household near each other.

    `decided` is False where the fixes cannot tell; `stated` is what the inspector said, which decides.
    """

    first_plot_id: str | None
    second_plot_id: str | None
    gap_m: float
    joined: bool
    decided: bool
    stated: bool | None = None


@dataclass(frozen=True, slots=True)
class PlotMeasurement:
    """One plot of the household by itself; `block` counts into `contiguous_blocks_m2`, None when refused."""

    plot_id: str | None
    status: Status
    area_m2: float
    area_low_m2: float
    area_high_m2: float
    area_se_m2: float
    perimeter_m: float
    sigma_m: float
    block: int | None
    geometry: dict[str, Any] | None
    raw_geometry: dict[str, Any]
    datum: Datum = "WGS84"
    laps: int = 1


@dataclass(frozen=True, slots=True)
class Measurement:
    """
    What was measured; areas in square metres unrounded, `area_mu` unrounded mu.

    `laps` is how often each plot was walked at least; `laps_to_settle` how many laps of every plot would put the claim,
    or without one the minimum, outside the interval: None when ten would not.
    """

    status: Status
    area_m2: float = 0.0
    area_mu: float = 0.0
    area_low_m2: float = 0.0
    area_high_m2: float = 0.0
    area_se_m2: float = 0.0
    perimeter_m: float = 0.0
    contiguous_blocks_m2: list[float] = field(default_factory=list)
    block_se_m2: list[float] = field(default_factory=list)
    accepted_area_m2: float = 0.0
    verdict: Verdict | None = None
    overlaps: list[Overlap] = field(default_factory=list)
    overlap_class: OverlapClass = "none"
    own_overlaps: list[Overlap] = field(default_factory=list)
    joins: list[Join] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    plots: list[PlotMeasurement] = field(default_factory=list)
    geometry: dict[str, Any] | None = None
    laps: int = 0
    laps_to_settle: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The same names as plain JSON values."""
        return asdict(self)
