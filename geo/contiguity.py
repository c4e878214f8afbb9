"""
Which plots touch (自然连片): blocks by real distance in metres, each block's overlaps counted once.

Plots no farther apart than the gap belong together, a touching corner joins, and chains join. The ridge between two
plots is not land: a block is the union of its plots.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from shapely import STRtree

from geo.area import Shape

# Neighbours that share an edge may lie apart by the rounding of their coordinates.
TOUCH_M = 0.001


@dataclass(frozen=True, slots=True)
class Gap:
    """Two plots near each other, by index, and the least distance between them."""

    first: int
    second: int
    width_m: float


def gaps(shapes: Sequence[Shape], within_m: float) -> list[Gap]:
    """All pairs of plots at most so far apart, nearest boundary to nearest boundary."""
    if len(shapes) < 2:
        return []
    firsts, seconds = STRtree(shapes).query(shapes, predicate="dwithin", distance=within_m + TOUCH_M)
    pairs = sorted((int(i), int(j)) for i, j in zip(firsts, seconds, strict=True) if i < j)
    return [Gap(i, j, float(shapes[i].distance(shapes[j]))) for i, j in pairs]


def blocks(count: int, joined: list[Gap]) -> list[int]:
    """
    The block of each plot.

    Returns:
        For each plot the number of its block, counted from 0 in the order of its first plot.

    >>> blocks(4, [Gap(0, 2, 1.0), Gap(2, 3, 0.0)])
    [0, 1, 0, 0]
    """
    root = np.arange(count)

    def find(i: int) -> int:
        while root[i] != i:
            root[i] = root[root[i]]
            i = int(root[i])
        return i

    for gap in joined:
        first, second = sorted((find(gap.first), find(gap.second)))
        root[second] = first
    numbers: dict[int, int] = {}
    return [numbers.setdefault(find(i), len(numbers)) for i in range(count)]
