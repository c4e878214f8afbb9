"""One captured plot to one measured plot: repair, area, tolerance; several walks of it to one better estimate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely import transform as transform_shape
from shapely.affinity import scale
from shapely.errors import GEOSException

from geo.accuracy import (
    ASSUMED_ACCURACY_M,
    UNCALIBRATED,
    Calibration,
    track_residual_m,
    track_sigma_m,
    vertices_variance,
    walk_variance,
)
from geo.area import Shape, area_and_perimeter, land, parts, ring_area_and_perimeter, union
from geo.datum import gcj02_from_wgs84
from geo.errors import BoundaryRefused
from geo.geojson import PlotFeature, RawRing
from geo.issues import Issue, Severity, refusal
from geo.laps import Combined, Lap, Track, combine, same_ground, split_laps
from geo.plane import Array, LocalPlane
from geo.repair import clean, outline
from geo.rings import Box, Ring, check_measurable, check_positions, plane_of, shoelace_m2
from geo.units import sigma_per_radius

CHANGE_SHARE = 0.02
ROUNDING_SHARE = 1e-6


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


def measure_plot(features: Sequence[PlotFeature], limits: Limits) -> MeasuredPlot:
    """
    Repair and measure one plot, from one walk or from several.

    What cannot be measured comes back with its refusal among the issues. One walk refused among several leaves the
    others to be combined, and a person to look.
    """
    plots = [_measure_feature(feature, limits) for feature in features]
    if len(plots) == 1:
        return plots[0]
    whole = MeasuredPlot(list(features), [issue for plot in plots for issue in plot.issues])
    measured = [plot for plot in plots if plot.shape is not None]
    if not measured:
        return whole
    whole.issues = [
        replace(issue, severity=min(issue.severity, Severity.REVIEW)) if issue.severity == Severity.REFUSED else issue
        for issue in whole.issues
    ]
    try:
        _combine_walks(whole, measured)
    except (BoundaryRefused, GEOSException) as error:
        _refuse(whole, error)
    return whole


def _measure_feature(feature: PlotFeature, limits: Limits) -> MeasuredPlot:
    plot = MeasuredPlot([feature])
    try:
        if feature.refused is not None:
            raise feature.refused
        _measure(plot, limits)
    except (BoundaryRefused, GEOSException) as error:
        _refuse(plot, error)
    return plot


def _refuse(plot: MeasuredPlot, error: BoundaryRefused | GEOSException) -> None:
    if not isinstance(error, BoundaryRefused):
        error = BoundaryRefused(
            "not_computable", "边界过于杂乱，无法计算。", "The boundary is too tangled to be computed."
        )
    plot.issues.append(refusal(error, plot.feature.plot_id))
    plot.shape = None
    plot.area_m2 = plot.perimeter_m = plot.variance = 0.0


def _measure(plot: MeasuredPlot, limits: Limits) -> None:
    rings = [ring for polygon in plot.feature.polygons for ring in polygon]
    for raw in rings:
        check_positions(raw, limits.allowed_bbox)
    plane = plot.plane = plane_of(rings[0])
    if not all(np.isfinite(plane.forward(raw.positions)).all() for raw in rings):
        raise BoundaryRefused("too_large", "边界上的点相距太远。", "The points of the boundary lie too far apart.")
    _note_datum(plot)
    sigmas: list[float] = []
    shapes = []
    for exterior, *holes in plot.feature.polygons:
        shape: Shape = _ring_shape(plot, exterior, plane, limits, sigmas, sign=1)
        for hole in holes:
            shape = _cut(plot, shape, _ring_shape(plot, hole, plane, limits, sigmas, sign=-1))
        shapes.append(shape)
    merged = union(shapes)
    plot.shape, plot.sigma_m = merged, max(sigmas)
    plot.area_m2, plot.perimeter_m = area_and_perimeter(merged, plane)
    if plot.laps == 1:
        plot.one_lap_variance = plot.variance
    check_measurable(merged, plot.sigma_m, plot.area_m2, limits.max_area_m2)
    _judge_change(plot)
    _correct_bias(plot, limits.of_phone(plot.feature))


def _correct_bias(plot: MeasuredPlot, calibration: Calibration) -> None:
    """Draw the plot smaller by the share this phone's walks of known plots came out too large."""
    if not calibration.bias_share or plot.shape is None or plot.plane is None:
        return
    before_m2 = plot.area_m2
    plot.shape = _drawn_to(plot.shape, 1 / (1 + calibration.bias_share))
    plot.area_m2, plot.perimeter_m = area_and_perimeter(plot.shape, plot.plane)
    percent = 100 * calibration.bias_share
    messages = (
        f"该型号手机测得面积平均偏差 {percent:+.1f}%，已按标定修正。",
        f"Areas walked with this phone model come out {percent:+.1f} % off; corrected by its calibration.",
    )
    plot.note("bias_corrected", messages, Severity.NOTE, before_m2, plot.area_m2)


def _note_datum(plot: MeasuredPlot) -> None:
    """Say which datum a plot came in, where it was not WGS 84; a conversion changes the area a little."""
    feature = plot.feature
    if feature.datum == "CGCS2000":
        messages = ("CGCS2000 坐标按 WGS84 处理，相差在厘米级。", "CGCS2000 is taken as WGS84: centimetres apart.")
        plot.note("datum_cgcs2000", messages, Severity.NOTE)
    elif feature.datum == "GCJ02":
        before_m2, after_m2 = (
            sum(abs(ring_area_and_perimeter(polygon[0].positions)[0]) for polygon in polygons)
            for polygons in (feature.captured, feature.polygons)
        )
        messages = ("GCJ-02 坐标已转换为 WGS84。", "GCJ-02 positions were converted to WGS84.")
        plot.note("datum_converted", messages, Severity.REPAIRED, before_m2, after_m2)


def _cut(plot: MeasuredPlot, shape: Shape, hole: Shape) -> Shape:
    """Take a hole out; one that crosses the exterior is looked at, one that leaves pieces is refused."""
    left = land(shape.difference(hole))
    if len(parts(left)) > 1:
        raise BoundaryRefused(
            "hole_splits",
            "扣除的部分把地块分成几块，请分别测量。",
            "A hole cuts the plot to pieces; measure each by itself.",
        )
    if not shape.contains(hole):
        messages = ("扣除的部分超出地块边界。", "A hole reaches outside the plot.")
        plot.note("hole_outside", messages, Severity.REVIEW)
    return left


def _ring_shape(
    plot: MeasuredPlot, raw: RawRing, plane: LocalPlane, limits: Limits, sigmas: list[float], *, sign: int
) -> Polygon:
    sigma_m = _stated_sigma(plot, raw, limits)
    walk = plot.feature.capture == "walk"
    ring = Ring(
        plane.forward(raw.positions),
        sigma_m,
        _times(plot, raw).copy() if walk else raw.timestamps_s,
        plot.feature.capture,
        plot.feature.plot_id,
        plot.issues,
        datum_shift_m=plane.forward(gcj02_from_wgs84(raw.positions[:1]))[0] - plane.forward(raw.positions[:1])[0],
    )
    clean(raw, ring)
    laps = split_laps(ring) if walk and sign > 0 and len(plot.feature.polygons) == 1 else []
    calibration = limits.of_phone(plot.feature)
    polygon = _lap_mean(plot, ring, laps, calibration) if laps else _single(plot, ring, sign, calibration)
    sigmas.append(float(np.median(ring.sigma_m)))
    _check_edges(plot, ring, limits)
    return polygon


def _single(plot: MeasuredPlot, ring: Ring, sign: int, calibration: Calibration) -> Polygon:
    polygon = outline(ring)
    plot.baseline_m2 += sign * ring.baseline_m2
    plot.variance += _variance(ring, calibration)
    plot.tracks.append(Track.of(ring, calibration))
    return polygon


def _lap_mean(plot: MeasuredPlot, ring: Ring, laps: list[NDArray[np.intp]], calibration: Calibration) -> Polygon:
    """Measure each lap of one track by itself; the outline is the lap nearest their mean, drawn to its area."""
    before_m2 = shoelace_m2(ring.xy)
    measured, outlines = [], []
    for lap in laps:
        one = replace(
            ring, xy=ring.xy[lap], sigma_m=ring.sigma_m[lap], timestamps_s=ring.timestamps_s[lap], issues=plot.issues
        )
        one.baseline_m2 = shoelace_m2(one.xy)
        polygon = outline(one)
        plot.baseline_m2 += one.baseline_m2 / len(laps)
        outlines.append(polygon)
        measured.append(Lap(polygon.area, _variance(one, calibration), (Track.of(one, calibration),)))
    combined = combine(measured)
    plot.tracks += [lap.tracks[0] for lap in measured]
    polygon = _nearest(outlines, [lap.area_m2 for lap in measured], combined.area_m2)
    _take(plot, combined, len(laps), before_m2)
    return polygon


def _combine_walks(whole: MeasuredPlot, walks: list[MeasuredPlot]) -> None:
    """Put walks recorded one by one together, in the plane of the first."""
    first = walks[0]
    whole.plane = first.plane
    shapes = [_in_plane(walk, first.plane) for walk in walks]
    if not all(np.isfinite(shape.bounds).all() for shape in shapes) or not same_ground(shapes):
        raise BoundaryRefused(
            "walks_apart",
            "同一地块的几次测量不在同一处，请核对地块编号后重新测量。",
            "The walks of this plot do not go round the same ground; check its number and walk it again.",
        )
    whole.tracks = [track for walk in walks for track in walk.tracks]
    whole.sigma_m = float(np.median([walk.sigma_m for walk in walks]))
    whole.perimeter_m = float(np.mean([walk.perimeter_m for walk in walks]))
    if len(walks) == 1:
        whole.shape, whole.area_m2, whole.perimeter_m = first.shape, first.area_m2, first.perimeter_m
        whole.variance, whole.laps = first.variance, first.laps
        whole.one_lap_variance, whole.lap_correlation = first.one_lap_variance, first.lap_correlation
        return
    combined = combine([Lap(walk.area_m2, walk.variance, tuple(walk.tracks)) for walk in walks])
    laps = sum(walk.laps for walk in walks)
    _take(whole, combined, laps, first.area_m2)
    whole.one_lap_variance = float(np.mean([walk.one_lap_variance for walk in walks]))
    whole.area_m2 = combined.area_m2
    nearest = int(np.argmin([abs(walk.area_m2 - combined.area_m2) for walk in walks]))
    whole.shape = _drawn_to(shapes[nearest], combined.area_m2 / walks[nearest].area_m2)


def _take(plot: MeasuredPlot, combined: Combined, laps: int, before_m2: float) -> None:
    plot.variance += combined.variance
    plot.laps = laps
    plot.one_lap_variance, plot.lap_correlation = combined.one_lap_variance, combined.correlation
    messages = (
        f"绕行 {laps} 圈，面积取平均值；边界取最接近平均值的一圈，按该面积绘制。",
        f"{laps} laps were walked; the area is their mean, the outline the lap nearest to it, drawn to that area.",
    )
    plot.note("laps_combined", messages, Severity.NOTE, before_m2, combined.area_m2)
    if not combined.agree:
        messages = (
            "各圈面积相差超出定位误差，需人工核对。",
            "The laps differ by more than the error of the fixes explains; a person must look.",
        )
        plot.note("laps_disagree", messages, Severity.REVIEW)


def _nearest(outlines: list[Polygon], areas: list[float], area_m2: float) -> Polygon:
    nearest = int(np.argmin(np.abs(np.array(areas) - area_m2)))
    drawn = _drawn_to(outlines[nearest], area_m2 / areas[nearest])
    return drawn if isinstance(drawn, Polygon) else outlines[nearest]


def _drawn_to(shape: Shape, share: float) -> Shape:
    """The same outline about the same middle, its area changed by a share."""
    drawn = scale(shape, share**0.5, share**0.5, origin="centroid")
    return drawn if isinstance(drawn, Polygon | MultiPolygon) else shape


def _in_plane(plot: MeasuredPlot, plane: LocalPlane | None) -> Shape:
    own = plot.plane
    if plot.shape is None or own is None or plane is None or own is plane:
        return plot.shape or Polygon()
    shape: Shape = transform_shape(plot.shape, lambda xy: plane.forward(own.inverse(xy)))
    return shape


def _variance(ring: Ring, calibration: Calibration) -> float:
    """Variance of a ring's area; a walk that trembles more than its phone admits is believed rather than the phone."""
    if ring.capture != "walk":
        return vertices_variance(ring.xy, ring.sigma_m)
    residual_m = track_residual_m(ring.xy, ring.timestamps_s)
    if residual_m is not None:
        ring.sigma_m = np.maximum(ring.sigma_m, track_sigma_m(float(np.median(ring.sigma_m)), residual_m))
    return walk_variance(ring.xy, ring.sigma_m, ring.timestamps_s, calibration)


def _stated_sigma(plot: MeasuredPlot, raw: RawRing, limits: Limits) -> Array:
    """Standard deviations along one axis; fixes without an accuracy take the median of those with one."""
    radius_m = raw.accuracy_m.copy()
    unknown = np.isnan(radius_m)
    if unknown.all():
        radius_m[:] = ASSUMED_ACCURACY_M
        _note_once(
            plot,
            "accuracy_unknown",
            f"定位精度未知，按 {ASSUMED_ACCURACY_M:g} 米估计。",
            f"The accuracy of the fixes is unknown; {ASSUMED_ACCURACY_M:g} m is assumed.",
        )
    elif unknown.any():
        radius_m[unknown] = np.median(radius_m[~unknown])
    sigma_m: Array = radius_m * sigma_per_radius(limits.accuracy_confidence)
    return sigma_m


def _times(plot: MeasuredPlot, raw: RawRing) -> Array:
    """Seconds, rising; a walk without usable times is taken as one fix a second, and said so."""
    times = raw.timestamps_s
    closed_at_start = np.array_equal(raw.positions[0], raw.positions[-1])
    body = times[:-1] if closed_at_start else times
    if np.isnan(body).any() or (np.diff(body) < 0).any():
        _note_once(
            plot,
            "times_unknown",
            "定位时间缺失或颠倒，按每秒一点估计。",
            "Times are missing or run back; one fix a second is assumed.",
        )
        return np.arange(len(times), dtype=np.float64)
    return times


def _note_once(plot: MeasuredPlot, code: str, message_zh: str, message_en: str) -> None:
    if all(issue.code != code for issue in plot.issues):
        plot.note(code, (message_zh, message_en), Severity.NOTE)


def _check_edges(plot: MeasuredPlot, ring: Ring, limits: Limits) -> None:
    if limits.max_edge_m is None:
        return
    longest_m = float(np.hypot(*(np.roll(ring.xy, -1, axis=0) - ring.xy).T).max())
    if longest_m > limits.max_edge_m:
        messages = (
            f"两点之间最长 {longest_m:.1f} 米，超过 {limits.max_edge_m:g} 米，中间没有测量。",
            f"Two points lie {longest_m:.1f} m apart, over {limits.max_edge_m:g} m; nothing was measured between.",
        )
        plot.note("long_edge", messages, Severity.REVIEW)


def _judge_change(plot: MeasuredPlot) -> None:
    """More than 2 % or one standard error between the fixes as they came and the plot as measured: a person looks."""
    if all(issue.severity < Severity.REPAIRED for issue in plot.issues):
        return
    change_m2 = abs(plot.area_m2 - plot.baseline_m2)
    if change_m2 > max(ROUNDING_SHARE * plot.area_m2, min(CHANGE_SHARE * plot.area_m2, plot.variance**0.5)):
        messages = (
            f"整理边界使面积改变 {change_m2:.1f} 平方米，需人工核对。",
            f"Repairing the boundary changed its area by {change_m2:.1f} m²; a person must look.",
        )
        plot.note("large_repair", messages, Severity.REVIEW, plot.baseline_m2, plot.area_m2)
