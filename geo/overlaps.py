"""
Land claimed twice: where plots of different households overlap, and whether GPS alone can explain it.

The first claim does not win by being first: a significant overlap goes to a person.
"""

from typing import Literal

from shapely import STRtree, intersection

from geo.area import Shape, land

OverlapClass = Literal["none", "within_tolerance", "significant"]

# Where two outlines merely touch, rounding leaves slivers.
SLIVER_M2 = 0.05
SIGNIFICANT_SHARE = 0.25


def overlap_pairs(ours: list[Shape], theirs: list[Shape]) -> list[tuple[int, int, Shape]]:
    """Index of ours, index of theirs, and the land both claim; slivers left out."""
    if not ours or not theirs:
        return []
    found = []
    firsts, seconds = STRtree(theirs).query(ours, predicate="intersects")
    for i, j in sorted(zip(firsts.tolist(), seconds.tolist(), strict=True)):
        shared = land(intersection(ours[i], theirs[j]))
        if shared.area > SLIVER_M2:
            found.append((i, j, shared))
    return found


def mean_depth_m(shared: Shape) -> float:
    """How deep an overlap reaches: twice its area over its perimeter, which is a strip's width."""
    return float(2 * shared.area / shared.length)


def classify(depth_m: float, tolerance_m: float, share: float) -> OverlapClass:
    """Significant when deeper than both boundaries' errors explain, or a quarter of a plot, whatever the depth."""
    return "significant" if depth_m > tolerance_m or share > SIGNIFICANT_SHARE else "within_tolerance"
