"""
When each fix of a walk was taken: errors fade with time, so times that are none would make a tolerance that is none.

All times alike would let every error cancel, milliseconds would make neighbouring fixes independent; both lead to an
interval that is far too narrow. So times no walk can have are not believed, and the pace of a walk is assumed instead.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geo.plane import Array

WALKING_M_PER_S = 1.2
# No one walks so fast between most of the fixes, and no track has most of its fixes so far apart in time.
FASTEST_M_PER_S = 10.0
SPARSEST_S = 60.0
# A longer step is a jump, and took no time.
LONGEST_STEP_M = 15.0

Told = Literal["all", "some", "none"]


def times_of(xy: Array, timestamps_s: Array) -> tuple[Array, Told]:
    """
    The times of a walk's fixes, those that are missing filled in.

    Args:
        xy: Shape (n, 2), an open ring in metres.
        timestamps_s: Shape (n,), NaN where unknown.

    Returns:
        Seconds, rising, and whether all of them were told, some (the others lie between them, evenly), or none that can
        be believed (then one fix a second, or as long as walking takes).

    >>> times_of(np.zeros((4, 2)), np.array([7.0, np.nan, 9.0, np.nan]))[0].tolist()
    [7.0, 8.0, 9.0, 10.0]
    """
    known = np.flatnonzero(np.isfinite(timestamps_s))
    if not _believable(xy, known, timestamps_s[known]):
        return _assumed(xy), "none"
    if len(known) == len(timestamps_s):
        return timestamps_s, "all"
    index = np.arange(len(timestamps_s))
    filled = np.interp(index, known, timestamps_s[known])
    # Beyond the known ones, one fix a second.
    return filled + np.minimum(0, index - known[0]) + np.maximum(0, index - known[-1]), "some"


def _believable(xy: Array, known: NDArray[np.intp], times: Array) -> bool:
    if len(known) < 2 or (np.diff(times) < 0).any() or times[-1] <= times[0]:
        return False
    a_fix_s = (times[-1] - times[0]) / (known[-1] - known[0])
    step_m = float(np.median(_steps(xy)))
    return bool(step_m <= FASTEST_M_PER_S * a_fix_s and np.median(np.diff(times) / np.diff(known)) <= SPARSEST_S)


def _assumed(xy: Array) -> Array:
    steps = _steps(xy)
    taken_s = np.where(steps <= LONGEST_STEP_M, np.maximum(1.0, steps / WALKING_M_PER_S), 1.0)
    return np.concatenate(([0.0], np.cumsum(taken_s)))


def _steps(xy: Array) -> Array:
    steps: Array = np.hypot(*np.diff(xy, axis=0).T)
    return steps
