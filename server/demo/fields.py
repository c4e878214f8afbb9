"""
Invented fields whose neighbours really share their edges.

A block of fields is a grid bent along its valley. Every corner and every bend of an edge is made once and used by both
neighbours, so no gap and no overlap can arise, whatever the shape. Lengths are metres in a local plane, x to the east
and y to the north; `to_lon_lat` sets the plane down on WGS 84.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from random import Random

Point = tuple[float, float]
Ring = tuple[Point, ...]

WGS84_A_M = 6_378_137.0
WGS84_E2 = 0.00669437999014


@dataclass(frozen=True, slots=True)
class Block:
    """
    Rows and columns of fields between two roads.

    Attributes:
        along_m: Column boundaries along the valley, ascending.
        across_m: Row boundaries across the valley, ascending.
    """

    along_m: tuple[float, ...]
    across_m: tuple[float, ...]


def steps(rng: Random, start_m: float, count: int, between_m: tuple[float, float]) -> tuple[float, ...]:
    """Boundaries of `count` strips of unequal width from `start_m` on; narrow strips are as likely as wide ones."""
    at, low, high = start_m, math.log(between_m[0]), math.log(between_m[1])
    bounds = [at]
    for _ in range(count):
        at += math.exp(rng.uniform(low, high))
        bounds.append(at)
    return tuple(bounds)


def valley(rng: Random) -> Callable[[Point], Point]:
    """Bend a straight grid along a valley: a wave of some 15 m over some 300 m, turned to any bearing."""
    bearing, wave_m = rng.uniform(0, math.pi), rng.uniform(220, 380)
    height_m, phase = rng.uniform(8, 18), rng.uniform(0, 2 * math.pi)
    cos, sin = math.cos(bearing), math.sin(bearing)

    def bend(point: Point) -> Point:
        x, y = point
        y += height_m * math.sin(2 * math.pi * x / wave_m + phase)
        return x * cos - y * sin, x * sin + y * cos

    return bend


def block_rings(rng: Random, block: Block, bend: Callable[[Point], Point]) -> list[Ring]:
    """
    Outline every field of a block.

    Returns:
        Closed rings of metres, row after row; neighbours carry the very same points on the edge they share.
    """
    columns, rows = len(block.along_m), len(block.across_m)
    corners = {(i, j): _corner(rng, block, i, j) for j in range(rows) for i in range(columns)}
    edges: dict[tuple[tuple[int, int], tuple[int, int]], list[Point]] = {}
    for (i, j), corner in corners.items():
        for other in ((i + 1, j), (i, j + 1)):
            if other in corners:
                # What lies across a ridge of a metre is another block: its side and ours keep their distance.
                facing_out = other[1] == j and j in (0, rows - 1)
                edges[(i, j), other] = _wobbly(rng, corner, corners[other], reach_m=0.25 if facing_out else 1.6)
    rings = []
    for j in range(rows - 1):
        for i in range(columns - 1):
            a, b, c, d = (i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)
            outline = edges[a, b] + edges[b, c] + edges[d, c][::-1] + edges[a, d][::-1]
            bent = [bend(point) for point in _without_repeats(outline)]
            rings.append((*bent, bent[0]))
    return rings


def to_lon_lat(ring: Ring, origin: Point) -> Ring:
    """Set a ring of metres down at an origin (longitude, latitude); degrees with 7 decimals, about 1 cm."""
    lon, lat = origin
    east_m, north_m = metres_per_degree(lat)
    return tuple((round(lon + x / east_m, 7), round(lat + y / north_m, 7)) for x, y in ring)


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Metres in a degree of longitude and of latitude on the WGS 84 ellipsoid (radii of curvature N and M)."""
    phi = math.radians(lat)
    w2 = 1 - WGS84_E2 * math.sin(phi) ** 2
    normal_m, meridian_m = WGS84_A_M / math.sqrt(w2), WGS84_A_M * (1 - WGS84_E2) / w2**1.5
    return math.radians(normal_m * math.cos(phi)), math.radians(meridian_m)


def area_and_centre(ring: Ring) -> tuple[float, Point]:
    """Area (never negative) and centroid of a closed ring in a plane, by the shoelace formula."""
    # Degrees near 109 squared would cost seven digits: measure from the first point.
    x0, y0 = ring[0]
    twice, cx, cy = 0.0, 0.0, 0.0
    for (x1, y1), (x2, y2) in pairwise(ring):
        cross = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        twice += cross
        cx += (x1 + x2 - 2 * x0) * cross
        cy += (y1 + y2 - 2 * y0) * cross
    return abs(twice) / 2, (x0 + cx / (3 * twice), y0 + cy / (3 * twice))


def _corner(rng: Random, block: Block, i: int, j: int) -> Point:
    """Move a corner of the grid by up to a seventh of the narrower strip beside it, so that no two can meet."""
    x, y = block.along_m[i], block.across_m[j]
    reach_x = min(abs(x - other) for k, other in enumerate(block.along_m) if k != i) / 7
    # The sides of a block face a road or a ridge of known width: they stay where they are.
    inside = 0 < j < len(block.across_m) - 1
    reach_y = min(abs(y - other) for k, other in enumerate(block.across_m) if k != j) / 7 if inside else 0.0
    return x + rng.uniform(-reach_x, reach_x), y + rng.uniform(-reach_y, reach_y)


def _wobbly(rng: Random, start: Point, end: Point, *, reach_m: float) -> list[Point]:
    """An edge with a bend about every 12 m, each at most `reach_m` off the straight line; both ends included."""
    (x1, y1), (x2, y2) = start, end
    length = math.hypot(x2 - x1, y2 - y1)
    bends = max(1, min(5, round(length / 12) - 1))
    across = (-(y2 - y1) / length, (x2 - x1) / length)
    reach = min(0.03 * length, reach_m)
    points = [start]
    for k in range(1, bends + 1):
        share = (k + rng.uniform(-0.2, 0.2)) / (bends + 1)
        off = rng.uniform(-reach, reach) * math.sin(math.pi * share)
        points.append((x1 + share * (x2 - x1) + off * across[0], y1 + share * (y2 - y1) + off * across[1]))
    return [*points, end]


def _without_repeats(points: list[Point]) -> list[Point]:
    """Drop each point equal to the one before it, and a closing one."""
    kept = [point for k, point in enumerate(points) if k == 0 or point != points[k - 1]]
    return kept[:-1] if kept[0] == kept[-1] else kept
