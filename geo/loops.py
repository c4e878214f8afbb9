"""
A ring that crosses itself: small loops go by their winding, a figure of eight is refused.

`make_valid` is never used: it turns a bow-tie's lobes, half of the true plot, into an area that looks certain.
"""

import numpy as np
from numpy.typing import NDArray
from shapely import (
    LinearRing,
    Polygon,
    STRtree,
    coverage_union_all,
    get_coordinates,
    linestrings,
    point_on_surface,
    polygonize,
    unary_union,
)

from geo.area import land, parts
from geo.errors import BoundaryRefused
from geo.issues import Issue, Severity
from geo.plane import Array
from geo.rings import Ring, no_area, shoelace_m2

LARGE_LOBE_SHARE = 0.1
SEVERAL_LAPS_SHARE = 0.5


def untangle(ring: Ring) -> Polygon:
    """
    Keep the largest face the ring winds round in its main sense; small loops beside it go.

    Raises:
        BoundaryRefused: Nothing is enclosed, or what would go is a large lobe.
    """
    before_m2 = shoelace_m2(ring.xy)
    noded = unary_union([LinearRing(ring.xy)])
    faces = [face for face in polygonize([noded]).geoms if isinstance(face, Polygon) and face.area > 0]
    if not faces:
        raise no_area()
    windings = winding_numbers(get_coordinates(point_on_surface(faces)), ring.xy)
    areas = np.array([face.area for face in faces])
    if not (windings * areas).any():
        raise no_area()
    sense = np.sign(np.sum(windings * areas)) or 1
    inner = [face for face, winding in zip(faces, windings, strict=True) if winding * sense > 0]
    if not inner:
        raise _bow_tie()
    plot = max(parts(land(coverage_union_all(inner))), key=lambda piece: piece.area)
    lost_m2 = float(areas[windings != 0].sum()) - plot.area
    if lost_m2 > LARGE_LOBE_SHARE * plot.area:
        raise _bow_tie()
    messages = ("边界有小的自交，已去掉多余的小圈。", "The ring crossed itself in small loops, which were left out.")
    ring.issues.append(Issue("small_loops", *messages, Severity.REPAIRED, ring.plot_id, before_m2, plot.area))
    if areas[np.abs(windings) > 1].sum() > SEVERAL_LAPS_SHARE * plot.area:
        messages = (
            "轨迹绕地块不止一圈，面积取外轮廓，需人工核对。",
            "The track goes round more than once; a person must look.",
        )
        ring.issues.append(Issue("several_laps", *messages, Severity.REVIEW, ring.plot_id, before_m2, plot.area))
    return plot


def winding_numbers(points: Array, xy: Array) -> NDArray[np.intp]:
    """
    How often an open ring runs round each point, anticlockwise counted positive.

    A ray to the east asks an index for the edges beside it: twenty thousand vertices take a moment, not a minute.

    >>> winding_numbers(np.array([(1.0, 1.0), (9.0, 1.0)]), np.array([(0, 0), (4, 0), (4, 4), (0, 4)], float)).tolist()
    [1, 0]
    """
    start, end = xy, np.roll(xy, -1, axis=0)
    beyond = np.column_stack((np.full(len(points), xy[:, 0].max() + 1.0), points[:, 1]))
    rays = linestrings(np.stack((points, beyond), axis=1))
    ray, edge = STRtree(np.asarray(linestrings(np.stack((start, end), axis=1)))).query(rays)
    a, b = start[edge] - points[ray], end[edge] - points[ray]
    cross = a[:, 0] * b[:, 1] - b[:, 0] * a[:, 1]
    upward = (a[:, 1] <= 0) & (b[:, 1] > 0) & (cross > 0)
    downward = (a[:, 1] > 0) & (b[:, 1] <= 0) & (cross < 0)
    windings = np.zeros(len(points), dtype=np.intp)
    np.add.at(windings, ray, upward.astype(np.intp) - downward.astype(np.intp))
    return windings


def _bow_tie() -> BoundaryRefused:
    return BoundaryRefused(
        "bow_tie",
        "边界严重自交（8 字形），不能确定面积，请重新测量。",
        "The ring crosses itself in a large lobe; walk it again.",
    )
