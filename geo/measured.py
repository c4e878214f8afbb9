"""One plot between what was captured and what is said of it: its limits, its figures, its issues."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from geo.accuracy import UNCALIBRATED, Calibration
from geo.area import Shape
from geo.geojson import PlotFeature
from geo.issues import Issue, Severity
from geo.laps import Track
from geo.plane import LocalPlane
from geo.rings import Box


@dataclass(frozen=True, slots=True)
class Limits:
    """What a plot is measured under; areas in square metres, lengths in metres."""

    accuracy_confidence: float
    allowed_bbox: Box | None
    max_area_m2: float | None
    max_edge_m: float | None
    calibration: Mapping[str, Calibration] = field(default_factory=dict)

    def of_phone(self, feature: PlotFeature) -> Calibration:
        """What is known of the phone a plot was walked with."""
        walked = feature.capture == "walk" and feature.phone_model is not None
        return self.calibration.get(feature.phone_model or "", UNCALIBRATED) if walked else UNCALIBRATED


@dataclass(slots=True)
class MeasuredPlot:
    """
    A plot with its cleaned shape in its own plane; `shape` is None when it was refused.

    `features` are the walks it was measured from, the first of them `feature`. `one_lap_variance` is what one lap
    alone would have, and `lap_correlation` the share of it that further laps would not remove.
    """

    features: list[PlotFeature]
    issues: list[Issue] = field(default_factory=list)
    plane: LocalPlane | None = None
    shape: Shape | None = None
    area_m2: float = 0.0
    perimeter_m: float = 0.0
    baseline_m2: float = 0.0
    variance: float = 0.0
    sigma_m: float = 0.0
    laps: int = 1
    one_lap_variance: float = 0.0
    lap_correlation: float = 0.0
    tracks: list[Track] = field(default_factory=list)

    @property
    def feature(self) -> PlotFeature:
        """Who and what the plot is; its first walk."""
        return self.features[0]

    def note(self, code: str, messages: tuple[str, str], severity: Severity, *areas_m2: float) -> None:
        """Add an issue with, where something was changed, the area before and after."""
        self.issues.append(Issue(code, *messages, severity, self.feature.plot_id, *areas_m2))

    def note_once(self, code: str, message_zh: str, message_en: str) -> None:
        """Say something of the whole plot, not of every ring."""
        if all(issue.code != code for issue in self.issues):
            self.note(code, (message_zh, message_en), Severity.NOTE)
