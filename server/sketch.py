"""
A plot as a drawing (示意图): its boundary, its neighbours, where the photos were taken, a scale and north.

Everything here is numbers for `templates/parts/sketch.html`, in the units of the drawing: x to the right, y down. The
map is the plane touching the ellipsoid at the middle of the plot: over the few hundred metres of a sketch the error is
far below a pixel. Nothing is measured on it; areas come from the evaluation.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import cos, floor, hypot, log10, pi, radians, sin, sqrt
from typing import Any

WIDTH = 400
HEIGHT = 320
_MARGIN = 22
# A photo taken on the other side of the valley would shrink the plot to a dot.
_FAR = 1.0
_NEIGHBOURS_REACH = 0.6
_LETTER = 18

Position = tuple[float, float]
Ring = Sequence[Position]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A plot near by: what stands in the table, and its GeoJSON Polygon."""

    label: str
    boundary: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Spot:
    """A photo: its number in the list, and where it was taken."""

    label: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at a place of the drawing, with its label."""

    label: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Shape:
    """A neighbour in the drawing: path data, and where its label stands."""

    label: str
    path: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Sketch:
    """
    The whole drawing.

    Attributes:
        boundary: Path data of the plot, every ring closed.
        track: Path data of the raw fixes, empty if none were given.
        vertices: Corners of the boundary.
        neighbours: Those that reach into the drawing.
        spots: Photos that lie within it.
        far: Labels of photos that lie too far away to be drawn.
        bar_m: Length of the scale bar in metres.
        bar: The same in the drawing.
    """

    boundary: str
    track: str
    vertices: tuple[Position, ...]
    neighbours: tuple[Shape, ...]
    spots: tuple[Mark, ...]
    far: tuple[str, ...]
    bar_m: int
    bar: float
    width: int = field(default=WIDTH)
    height: int = field(default=HEIGHT)


def draw(
    boundary: Mapping[str, Any],
    *,
    neighbours: Iterable[Neighbour] = (),
    spots: Iterable[Spot] = (),
    track: Ring = (),
) -> Sketch:
    """
    Lay out a drawing around a plot.

    Args:
        boundary: GeoJSON Polygon or MultiPolygon, WGS 84, (longitude, latitude) in degrees.
        neighbours: Other plots; those outside the drawing are left out.
        spots: Photos with a position.
        track: The fixes of the walk as they came.

    Raises:
        ValueError: The boundary is no polygon with a ring of three or more positions.
    """
    rings = _rings(boundary)
    if not rings or len(rings[0]) < 3:
        raise ValueError("a boundary needs a ring")
    plane = _Plane(rings[0])
    outline = [plane.metres(position) for ring in rings for position in ring]
    reach = _box(outline)
    span = max(reach[2] - reach[0], reach[3] - reach[1], 1.0)
    spots = list(spots)
    near = [spot for spot in spots if _within(plane.metres((spot.lon, spot.lat)), reach, span * _FAR)]
    view = _box([*outline, *(plane.metres((spot.lon, spot.lat)) for spot in near)])
    sheet = _Sheet(plane, view)
    shapes = []
    for neighbour in neighbours:
        others = _rings(neighbour.boundary)
        # Neighbours fill the drawing, they do not widen it: the plot is what is looked at.
        if others and _overlap(_box([plane.metres(p) for p in others[0]]), reach, span * _NEIGHBOURS_REACH):
            seen = _clipped([sheet.at(p) for p in others[0]])
            west, south, east, north = _box(seen) if seen else (0, 0, 0, 0)
            # A sliver at the edge has no room for its letter.
            label = neighbour.label if min(east - west, north - south) >= _LETTER else ""
            x, y = _centroid(seen) if label else (0.0, 0.0)
            shapes.append(Shape(label, sheet.path(others), x, y))
    bar_m = _round_length(sheet.width_m / 4)
    corners = [p for ring in rings for p in (ring[:-1] if ring[0] == ring[-1] else ring)]
    return Sketch(
        boundary=sheet.path(rings),
        track=sheet.path([track], closed=False) if len(track) > 1 else "",
        vertices=tuple(sheet.at(corner) for corner in corners),
        neighbours=tuple(shapes),
        spots=_apart([Mark(spot.label, *sheet.at((spot.lon, spot.lat))) for spot in near]),
        far=tuple(spot.label for spot in spots if spot not in near),
        bar_m=bar_m,
        bar=round(bar_m * sheet.scale, 1),
    )


def _rings(geometry: Mapping[str, Any]) -> list[list[Position]]:
    if geometry.get("type") == "Feature":
        geometry = geometry.get("geometry") or {}
    coordinates = geometry.get("coordinates", [])
    polygons = {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(geometry.get("type", ""), [])
    return [[(float(p[0]), float(p[1])) for p in ring] for rings in polygons for ring in rings]


class _Plane:
    """Metres east and north of the middle of a ring."""

    def __init__(self, ring: Ring) -> None:
        west, south, east, north = _box(ring)
        self.lon, self.lat = (west + east) / 2, (south + north) / 2
        # Radii of curvature of CGCS2000 / WGS 84 at that latitude.
        flat = 1 - 0.00669438 * sin(radians(self.lat)) ** 2
        self.per_lat = radians(1) * 6_378_137 * (1 - 0.00669438) / flat**1.5
        self.per_lon = radians(1) * 6_378_137 / sqrt(flat) * cos(radians(self.lat))

    def metres(self, position: Position) -> Position:
        return (position[0] - self.lon) * self.per_lon, (position[1] - self.lat) * self.per_lat


class _Sheet:
    """From positions to the drawing: one scale both ways, centred."""

    def __init__(self, plane: _Plane, view: tuple[float, float, float, float]) -> None:
        self.plane = plane
        west, south, east, north = view
        free_x, free_y = WIDTH - 4 * _MARGIN, HEIGHT - 4 * _MARGIN
        self.scale = min(free_x / max(east - west, 1.0), free_y / max(north - south, 1.0))
        self.middle = (west + east) / 2, (south + north) / 2
        self.width_m = WIDTH / self.scale

    def at(self, position: Position) -> Position:
        east, north = self.plane.metres(position)
        x = WIDTH / 2 + (east - self.middle[0]) * self.scale
        y = HEIGHT / 2 - (north - self.middle[1]) * self.scale
        return round(x, 1), round(y, 1)

    def path(self, rings: Iterable[Ring], *, closed: bool = True) -> str:
        parts = []
        for ring in rings:
            points = [self.at(position) for position in ring]
            if closed and len(points) > 1 and points[0] == points[-1]:
                points.pop()
            parts.append("M" + "L".join(f"{x:g} {y:g}" for x, y in points) + ("Z" if closed else ""))
        return "".join(parts)


def _box(points: Iterable[Position]) -> tuple[float, float, float, float]:
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _within(point: Position, box: tuple[float, float, float, float], slack: float) -> bool:
    return box[0] - slack <= point[0] <= box[2] + slack and box[1] - slack <= point[1] <= box[3] + slack


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float], slack: float) -> bool:
    return (
        one[0] <= other[2] + slack
        and one[2] >= other[0] - slack
        and one[1] <= other[3] + slack
        and one[3] >= other[1] - slack
    )


def _clipped(points: list[Position]) -> list[Position]:
    """Return the part of a ring that lies on the sheet (Sutherland and Hodgman, CACM 17, 1974)."""
    for axis, edge, sign in ((0, 0.0, 1), (0, float(WIDTH), -1), (1, 0.0, 1), (1, float(HEIGHT), -1)):
        kept: list[Position] = []
        for one, other in zip(points, points[1:] + points[:1], strict=True):
            depth, next_depth = (one[axis] - edge) * sign, (other[axis] - edge) * sign
            if depth >= 0:
                kept.append(one)
            if depth * next_depth < 0:
                share = depth / (depth - next_depth)
                kept.append((one[0] + share * (other[0] - one[0]), one[1] + share * (other[1] - one[1])))
        points = kept
    return points


def _centroid(points: Sequence[Position]) -> Position:
    """Return the middle of a ring's area; of its corners if it has none."""
    doubled = x = y = 0.0
    for (x1, y1), (x2, y2) in zip(points, [*points[1:], points[0]], strict=True):
        cross = x1 * y2 - x2 * y1
        doubled, x, y = doubled + cross, x + (x1 + x2) * cross, y + (y1 + y2) * cross
    if abs(doubled) < 1e-6:
        return round(sum(p[0] for p in points) / len(points), 1), round(sum(p[1] for p in points) / len(points), 1)
    return round(x / (3 * doubled), 1), round(y / (3 * doubled), 1)


def _round_length(metres: float) -> int:
    """Return the largest of 1, 2, 5, 10, 20, 50 … metres that is not longer."""
    if metres < 1:
        return 1
    power = 10 ** floor(log10(metres))
    return int(max(step for step in (1, 2, 5) if step * power <= metres) * power)


def _apart(marks: list[Mark]) -> tuple[Mark, ...]:
    """Move marks that lie on each other a little round their place: five photos from one spot are five numbers."""
    placed: list[Mark] = []
    for mark in marks:
        x, y = mark.x, mark.y
        for step in range(1, 40):
            if all(hypot(x - other.x, y - other.y) >= 17 for other in placed):
                break
            angle, distance = step * pi * (3 - sqrt(5)), 5 * sqrt(step) + 8
            x, y = mark.x + distance * cos(angle), mark.y + distance * sin(angle)
        x, y = min(max(x, 11.0), WIDTH - 11.0), min(max(y, 11.0), HEIGHT - 11.0)
        placed.append(Mark(mark.label, round(x, 1), round(y, 1)))
    return tuple(placed)
