"""All facts about one submission, as the rules look at them."""

from dataclasses import dataclass

from geo.results import Measurement, PlotMeasurement
from geo.units import m2_to_mu
from inspections.evidence import PhotoFact
from inspections.plots import Plot
from inspections.policy import Policy
from inspections.submissions import Manifest
from inspections.wording import Finding


@dataclass(frozen=True, slots=True)
class Case:
    """All facts about one submission; `own` is the plot itself, first among `measurement.plots`."""

    manifest: Manifest
    policy: Policy
    plot: Plot
    measurement: Measurement
    photos: list[PhotoFact]

    @property
    def own(self) -> PlotMeasurement:
        """The submission's own plot."""
        return self.measurement.plots[0]

    @property
    def measurable(self) -> bool:
        """Whether the boundary gave an area at all."""
        return self.own.block is not None


def density_per_mu(case: Case) -> float | None:
    """Trees planted per mu of the unrounded area; None without an area."""
    if not case.measurable or case.own.area_m2 <= 0:
        return None
    return case.manifest.tree_counts.planted / m2_to_mu(case.own.area_m2)


def unmeasured(threshold_zh: str, threshold_en: str) -> Finding:
    """What a rule says that needs an area where there is none."""
    return Finding("not_applicable", threshold_zh, threshold_en, "边界不能测量", "the boundary cannot be measured")
