"""
A captured ring while it is made measurable, and what no honest change makes measurable.

`make_valid` is never used: it turns a bow-tie's lobes, half of the true plot, into an area that looks certain.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geo.area import Shape, signed_area_m2
from geo.errors import BoundaryRefused
from geo.geojson import RawRing, not_numbers
from geo.issues import Issue, Severity
from geo.plane import Array, LocalPlane

LEAST_AREA_M2 = 0.01

Box = tuple[float, float, float, float]


@dataclass(slots=True)
class Ring:
    """
    An open ring in a local plane while it is being repaired; all arrays run parallel.

    `baseline_m2` is the area that repairs are judged by: that of the fixes as they came.
    `datum_shift_m` is how far GCJ-02 moves this place, east and north.
    """

    xy: Array
    sigma_m: Array
    timestamps_s: Array
    capture: Literal["walk", "vertices"]
    plot_id: str | None
    issues: list[Issue] = field(default_factory=list)
    baseline_m2: float = 0.0
    datum_shift_m: Array = field(default_factory=lambda: np.zeros(2))

    def keep(self, kept: NDArray[np.intp] | NDArray[np.bool_]) -> None:
        """Keep the fixes of an index or a mask."""
        self.xy, self.sigma_m, self.timestamps_s = self.xy[kept], self.sigma_m[kept], self.timestamps_s[kept]

    def note(self, code: str, severity: Severity, messages: tuple[str, str], before_m2: float) -> None:
        """Name a change; the area after it is that of the ring as it now is."""
        after_m2 = shoelace_m2(self.xy)
        self.issues.append(Issue(code, *messages, severity, self.plot_id, before_m2, after_m2))


def shoelace_m2(xy: Array) -> float:
    """Area of an open ring in square metres; a figure of eight counts with its signs."""
    return abs(signed_area_m2(xy))


def check_positions(ring: RawRing, allowed_bbox: Box | None) -> None:
    """
    Refuse what are no positions, or positions from elsewhere.

    Args:
        allowed_bbox: West, south, east, north in degrees; west above east crosses the antimeridian.

    Raises:
        BoundaryRefused: Not numbers, out of range, changed places, outside the box, or under three distinct points.
    """
    positions = ring.positions
    if not np.isfinite(positions).all():
        raise not_numbers()
    if not _possible(positions):
        if _possible(positions[:, ::-1]) and (allowed_bbox is None or _inside(positions[:, ::-1], allowed_bbox)):
            raise _swapped()
        raise BoundaryRefused(
            "out_of_range",
            "坐标超出经纬度范围，可能为投影坐标。",
            "A coordinate is no longitude or latitude; perhaps it is projected.",
        )
    if allowed_bbox is not None and not _inside(positions, allowed_bbox):
        if _possible(positions[:, ::-1]) and _inside(positions[:, ::-1], allowed_bbox):
            raise _swapped()
        raise BoundaryRefused(
            "outside_allowed_bbox",
            "边界超出项目范围。",
            "The boundary leaves the programme's area.",
        )
    if not three_distinct(positions):
        raise too_few_points("不同的点少于 3 个，不能围成地块。", "Fewer than three distinct points enclose nothing.")


def three_distinct(positions: Array) -> bool:
    """Whether there are three different points among all, without sorting them."""
    others = positions[(positions != positions[:1]).any(axis=1)]
    return bool((others != others[:1]).any())


def _possible(positions: Array) -> bool:
    return bool((np.abs(positions) <= (360.0, 90.0)).all())


def _inside(positions: Array, box: Box) -> bool:
    west, south, east, north = box
    lon, lat = positions[:, 0], positions[:, 1]
    width = east - west if east >= west else east - west + 360.0
    return bool(((lat >= south) & (lat <= north) & ((width >= 360.0) | ((lon - west) % 360.0 <= width))).all())


def _swapped() -> BoundaryRefused:
    return BoundaryRefused("lat_lon_swapped", "经度和纬度写反了。", "Longitude and latitude have changed places.")


def too_few_points(message_zh: str, message_en: str) -> BoundaryRefused:
    """The refusal for what encloses nothing."""
    return BoundaryRefused("too_few_points", message_zh, message_en)


def no_area() -> BoundaryRefused:
    """The refusal for a ring that goes out and back on one line."""
    return BoundaryRefused("no_area", "边界没有围成面积。", "The boundary encloses no area.")


def check_measurable(polygon: Shape, sigma_m: float, area_m2: float, max_area_m2: float | None) -> None:
    """
    Refuse a repaired plot that is nothing, narrower than its own accuracy, or larger than any plot may be.

    Raises:
        BoundaryRefused: With the figures in its sentences.
    """
    if area_m2 < LEAST_AREA_M2:
        raise no_area()
    # The trembling of a walk lengthens its perimeter; the width is that of the outline without it.
    outline = polygon.simplify(sigma_m) if sigma_m > 0 else polygon
    width_m = 2 * polygon.area / (outline.length or polygon.length)
    if width_m < sigma_m:
        raise BoundaryRefused(
            "narrower_than_accuracy",
            f"地块平均宽 {width_m:.1f} 米，小于定位误差 {sigma_m:.1f} 米，请用卷尺或更准的设备。",
            f"The plot is {width_m:.1f} m wide on average, its fixes err by {sigma_m:.1f} m; use a tape.",
        )
    if max_area_m2 is not None and area_m2 > max_area_m2:
        raise BoundaryRefused(
            "too_large",
            f"面积 {area_m2:.0f} 平方米，超过上限 {max_area_m2:.0f} 平方米。",
            f"The area is {area_m2:.0f} m², above the largest allowed, {max_area_m2:.0f} m².",
        )


def plane_of(raw: RawRing) -> LocalPlane:
    """A plane that touches the earth at the ring's first fix."""
    return LocalPlane(float(raw.positions[0, 0]), float(raw.positions[0, 1]))
