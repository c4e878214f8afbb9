"""
A coarse grid over the earth, so that the neighbours of a plot are found by an index.

A cell is 0.01° on a side (about 1 km at 25° N), wider than any plot: what touches a plot has its centre in the same
cell or in one of the eight around it.
"""

from collections.abc import Sequence
from math import floor
from statistics import median

CELLS_PER_DEGREE = 100
CELLS_ROUND = 360 * CELLS_PER_DEGREE


def cell_of(lon: float, lat: float) -> int:
    """
    Number the cell a position lies in.

    >>> cell_of(109.401, 25.201) == cell_of(109.409, 25.209)
    True
    """
    return _number(floor((lon + 180) * CELLS_PER_DEGREE), floor((lat + 90) * CELLS_PER_DEGREE))


def cells_around(lon: float, lat: float) -> list[int]:
    """Number the position's cell and the eight around it, across the antimeridian too."""
    column, row = floor((lon + 180) * CELLS_PER_DEGREE), floor((lat + 90) * CELLS_PER_DEGREE)
    return [_number(column + east, row + north) for north in (-1, 0, 1) for east in (-1, 0, 1)]


def middle_of(ring: Sequence[Sequence[float]]) -> tuple[float, float]:
    """
    Where a ring lies, wherever one of its fixes was thrown.

    >>> middle_of([[9.0, 9.0], [109.4, 25.2], [109.41, 25.2], [109.4, 25.21]])[0]
    109.4
    """
    return median(position[0] for position in ring), median(position[1] for position in ring)


def _number(column: int, row: int) -> int:
    return row * CELLS_ROUND + column % CELLS_ROUND
