"""One captured plot to one measured plot: repair, area, tolerance; several walks of it to one better estimate."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely import transform as transform_shape
from shapely.affinity import scale
from shapely.errors import GEOSException

from geo.accuracy import (
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
from geo.issues import Severity, refusal
from geo.laps import Combined, Lap, Track, combine, same_ground, split_laps
from geo.measured import Limits, MeasuredPlot
from geo.overlaps import SLIVER_M2
from geo.plane import LocalPlane
from geo.repair import clean, outline
from geo.rings import Ring, check_measurable, check_positions, plane_of, shoelace_m2
from geo.told import stated_sigma_m, stated_times_s

CHANGE_SHARE = 0.02
ROUNDING_SHARE = 1e-6
# Positions put into another datum are converted, not repaired.
CONVERSIONS = frozenset({"datum_converted"})


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
        outer = _ring_shape(plot, exterior, plane, limits, sigmas, sign=1)
        cut = [_ring_shape(plot, hole, plane, limits, sigmas, sign=-1) for hole in holes]
        shapes.append(_cut(plot, outer, cut) if cut else outer)
    merged = union(shapes)
    _note_twice(
        plot,
        "parts_overlap",
        ("地块的各部分重叠，只计一次。", "Parts of the plot overlap; what they share counts once."),
        shapes,
        merged,
    )
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


def _cut(plot: MeasuredPlot, outer: Polygon, holes: list[Polygon]) -> Shape:
    """Take holes out; one that crosses the exterior is looked at, those that leave pieces are refused."""
    hole = union(holes)
    left = land(outer.difference(hole))
    if len(parts(left)) > 1:
        raise BoundaryRefused(
            "hole_splits",
            "扣除的部分把地块分成几块，请分别测量。",
            "A hole cuts the plot to pieces; measure each by itself.",
        )
    messages = ("扣除的部分互相重叠，只扣一次。", "Holes overlap; what they share is taken out once.")
    _note_twice(plot, "holes_overlap", messages, holes, hole)
    outside_m2 = hole.difference(outer).area
    if outside_m2 > SLIVER_M2:
        messages = ("扣除的部分超出地块边界。", "A hole reaches outside the plot.")
        plot.note("hole_outside", messages, Severity.REVIEW, hole.area, hole.area - outside_m2)
    return left


def _note_twice(
    plot: MeasuredPlot, code: str, messages: tuple[str, str], shapes: Sequence[Shape], together: Shape
) -> None:
    """Say where outlines of one plot overlap, with their area before and after it counts once."""
    before_m2 = sum(shape.area for shape in shapes)
    if before_m2 - together.area > SLIVER_M2:
        plot.note(code, messages, Severity.REPAIRED, before_m2, together.area)


def _ring_shape(
    plot: MeasuredPlot, raw: RawRing, plane: LocalPlane, limits: Limits, sigmas: list[float], *, sign: int
) -> Polygon:
    sigma_m = stated_sigma_m(plot, raw, limits.accuracy_confidence)
    walk = plot.feature.capture == "walk"
    xy = plane.forward(raw.positions)
    ring = Ring(
        xy,
        sigma_m,
        stated_times_s(plot, raw, xy) if walk and len(xy) else raw.timestamps_s,
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
    whole.sigma_m = float(np.median([walk.sigma_m for walk in walks]))
    if not all(np.isfinite(shape.bounds).all() for shape in shapes) or not same_ground(shapes, whole.sigma_m):
        raise BoundaryRefused(
            "walks_apart",
            "同一地块的几次测量不在同一处，请核对地块编号后重新测量。",
            "The walks of this plot do not go round the same ground; check its number and walk it again.",
        )
    whole.tracks = [track for walk in walks for track in walk.tracks]
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
    """A repair, or all of them together, of more than 2 % of the plot or one standard error: a person looks."""
    repairs = [issue for issue in plot.issues if issue.severity == Severity.REPAIRED and issue.code not in CONVERSIONS]
    if not repairs:
        return
    changes = [
        (issue.before_m2, issue.after_m2)
        for issue in repairs
        if issue.before_m2 is not None and issue.after_m2 is not None
    ]
    before_m2, after_m2 = max((*changes, (plot.baseline_m2, plot.area_m2)), key=lambda pair: abs(pair[1] - pair[0]))
    change_m2 = abs(after_m2 - before_m2)
    if change_m2 > max(ROUNDING_SHARE * plot.area_m2, min(CHANGE_SHARE * plot.area_m2, plot.variance**0.5)):
        messages = (
            f"整理边界使面积改变 {change_m2:.1f} 平方米，需人工核对。",
            f"Repairing the boundary changed its area by {change_m2:.1f} m²; a person must look.",
        )
        plot.note("large_repair", messages, Severity.REVIEW, before_m2, after_m2)
