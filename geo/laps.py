"""
Several walks round one plot (多次测量): one better estimate with its interval, and how many more would settle it.

A second lap is worth more than anything done to the first: the slow error of the fixes has changed by then, so the mean
of two laps errs by little more than 1/√2. How much of the error the laps still share is reckoned, not hoped: the same
correlation in time that makes a walk's interval runs on from lap to lap.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from shapely import Polygon
from shapely.affinity import translate

from geo.accuracy import MAX_CORRELATED_FIXES, SIGMA_DOUBT, SLOW_CORRELATION_TIME_S, Calibration
from geo.area import Shape, land, signed_area_m2
from geo.congruence import common_share
from geo.plane import Array
from geo.rings import Ring
from geo.tracks import OVERLAP_NEAR_M

MAX_LAPS = 10
# A lap that is much shorter or longer than the others is no lap, and outlines that share less are not one plot.
LAP_LENGTH_SHARE = 0.6
SAME_PLOT_SHARE = 0.4
# Two places that err by σ each along both axes lie nearer than this in 95 % of cases.
SHIFT_SIGMAS = 2.45 * 2**0.5
EXCURSION_SHARE = 1.5
# Many passes must all be near: wider than for one, but never half of a small plot.
NEAR_SIGMAS = 5.0
NEAR_SHARE = 0.4
DISAGREE_CONFIDENCE = 0.99


@dataclass(frozen=True, slots=True)
class Track:
    """The fixes a lap's area came from, for what it shares with other laps; anticlockwise, arrays parallel."""

    xy: Array
    sigma_m: Array
    timestamps_s: Array
    tau_s: float

    @classmethod
    def of(cls, ring: Ring, calibration: Calibration) -> "Track":
        """A ring's fixes, thinned as far as the tolerance allows; in doubt their error fades slowly."""
        count = len(ring.xy)
        kept = np.unique(np.linspace(0, count - 1, min(count, MAX_CORRELATED_FIXES)).round().astype(int))
        if signed_area_m2(ring.xy) < 0:
            kept = kept[::-1]
        sigma_m = ring.sigma_m[kept] * (SIGMA_DOUBT * calibration.sigma_scale)
        tau_s = SLOW_CORRELATION_TIME_S if calibration.tau_s is None else calibration.tau_s
        return cls(ring.xy[kept], sigma_m, ring.timestamps_s[kept], tau_s)


@dataclass(frozen=True, slots=True)
class Lap:
    """One walk round a plot, measured by itself."""

    area_m2: float
    variance: float
    tracks: tuple[Track, ...]


@dataclass(frozen=True, slots=True)
class Combined:
    """The mean of several laps; `correlation` is the share of their error that further laps would not remove."""

    area_m2: float
    variance: float
    one_lap_variance: float
    correlation: float
    agree: bool


def split_laps(ring: Ring) -> list[NDArray[np.intp]]:
    """
    The fixes of each lap of a walk that goes round more than once.

    A lap ends where the walk, having been away, comes back past its start. Laps must be about as long as each other and
    go round the same ground; else it was one lap that came near its start on the way.

    Returns:
        One index per whole lap, in order; what was walked after the last one is in none. Empty for a single lap.
    """
    away_m = np.hypot(*(ring.xy - ring.xy[0]).T)
    sigma_m = float(np.median(ring.sigma_m))
    near_m = max(OVERLAP_NEAR_M, min(NEAR_SIGMAS * sigma_m, NEAR_SHARE * float(away_m.max())))
    near = away_m <= near_m
    changes = np.flatnonzero(np.diff(near.astype(np.int8)))
    visits = [visit for visit in np.split(np.arange(len(ring.xy)), changes + 1) if near[visit[0]]]
    ends = [0]
    for visit in visits[1:]:
        if away_m[ends[-1] : visit[0]].max() >= EXCURSION_SHARE * near_m:
            ends.append(int(visit[np.argmin(away_m[visit])]))
    laps = [np.arange(first, last + 1) for first, last in pairwise(ends)]
    if len(laps) < 2 or not _alike(ring, laps):
        return []
    return laps[:MAX_LAPS]


def _alike(ring: Ring, laps: list[NDArray[np.intp]]) -> bool:
    lengths = [float(np.hypot(*np.diff(ring.xy[lap], axis=0).T).sum()) for lap in laps]
    areas = [signed_area_m2(ring.xy[lap]) for lap in laps]
    same_way = all(area * areas[0] > 0 for area in areas)
    long_enough = min(lengths) >= LAP_LENGTH_SHARE * max(lengths) and all(len(lap) >= 4 for lap in laps)
    if not (same_way and long_enough):
        return False
    return same_ground([land(Polygon(ring.xy[lap]).buffer(0)) for lap in laps], float(np.median(ring.sigma_m)))


def same_ground(shapes: Sequence[Shape], sigma_m: float) -> bool:
    """
    Whether all outlines share most of their ground with the first, as they lie or moved by what the fixes may err.

    On 0.6 mu two honest walks on two days can lie half a plot apart: the slow error shifts each as a whole.
    """
    first = shapes[0]
    return all(_share_at_best(first, shape, sigma_m) >= SAME_PLOT_SHARE for shape in shapes[1:])


def _share_at_best(one: Shape, other: Shape, sigma_m: float) -> float:
    """Ground in common, both middles laid on one another unless they lie too far apart for an error."""
    as_is = common_share(one, other)
    east_m, north_m = one.centroid.x - other.centroid.x, one.centroid.y - other.centroid.y
    if hypot(east_m, north_m) > SHIFT_SIGMAS * sigma_m:
        return as_is
    return max(as_is, common_share(one, translate(other, east_m, north_m)))


def combine(laps: Sequence[Lap]) -> Combined:
    """
    The weighted mean of laps, and the variance it keeps.

    Weights follow the accuracy of the fixes alone, never the area: a lap that came out small would else count for more.
    Laps of one phone weigh alike, and a survey receiver outweighs any phone. Where the laps differ by more than their
    tolerances allow in one case of a hundred, the variance is raised to what they show.
    """
    weights = np.array([1 / max(_mean_square(lap), 1e-12) for lap in laps])
    weights /= weights.sum()
    areas = np.array([lap.area_m2 for lap in laps])
    count = len(laps)
    shared = np.diag([lap.variance for lap in laps])
    for i in range(count):
        for j in range(i):
            shared[i, j] = shared[j, i] = _shared_variance(laps[i], laps[j])
    mean_m2 = float(weights @ areas)
    variance = float(weights @ shared @ weights)
    own = float(weights @ np.diag(shared))
    pairs = count * (count - 1) // 2
    correlation = float(shared[np.triu_indices(count, 1)].mean() / own) if own > 0 else 0.0
    limit = NormalDist().inv_cdf(1 - (1 - DISAGREE_CONFIDENCE) / 2 / pairs)
    agree = all(
        abs(areas[i] - areas[j]) <= limit * sqrt(max(0.0, shared[i, i] + shared[j, j] - 2 * shared[i, j])) + 1e-6
        for i in range(count)
        for j in range(i)
    )
    if not agree:
        scatter = float(weights @ (areas - mean_m2) ** 2) / (count - 1)
        variance = max(variance, scatter)
    return Combined(mean_m2, variance, own, min(correlation, 1.0), agree)


def laps_to_settle(
    area_m2: float, one_lap_se_m2: float, limit_m2: float, *, factor: float, correlation: float = 0.0
) -> int | None:
    """
    How many laps in all would move a limit out of the interval, if the estimate stays where it is.

    Args:
        area_m2: The estimate so far.
        one_lap_se_m2: Standard error of one lap by itself.
        limit_m2: The claim, or a minimum.
        factor: Half width of the interval in standard errors.
        correlation: Share of a lap's variance that all laps have in common.

    Returns:
        None when ten laps would not do; then only a better instrument decides.

    >>> laps_to_settle(2000.0, 100.0, 2250.0, factor=1.96), laps_to_settle(2000.0, 100.0, 2150.0, factor=1.96)
    (1, 2)
    >>> laps_to_settle(2000.0, 100.0, 2010.0, factor=1.96) is None
    True
    """
    for count in range(1, MAX_LAPS + 1):
        se_m2 = one_lap_se_m2 * sqrt((1 + (count - 1) * correlation) / count)
        if abs(area_m2 - limit_m2) > factor * se_m2:
            return count
    return None


def _mean_square(lap: Lap) -> float:
    return float(np.mean(np.concatenate([track.sigma_m for track in lap.tracks]) ** 2))


def _shared_variance(one: Lap, other: Lap) -> float:
    """
    What two laps err alike, to first order: ¼ Σ Cᵢⱼ dᵢ·dⱼ over the fixes of one and of the other.

    Never taken as negative: laps that happen to cancel are no better than independent ones.
    """
    total = 0.0
    for first in one.tracks:
        for second in other.tracks:
            lag_s = np.abs(first.timestamps_s[:, None] - _on_one_clock(first, second)[None, :])
            alike = np.exp(-lag_s / max(first.tau_s, second.tau_s)) * first.sigma_m[:, None] * second.sigma_m[None, :]
            total += 0.25 * float(np.einsum("ik,ij,jk->", _chords(first.xy), alike, _chords(second.xy), optimize=True))
    return max(0.0, total)


def _on_one_clock(first: Track, second: Track) -> Array:
    """Times of the second walk; where both clocks began anew, as if it had followed the first at once."""
    times = second.timestamps_s
    apart = first.timestamps_s.max() <= times.min() or times.max() <= first.timestamps_s.min()
    return times if apart else times - times.min() + first.timestamps_s.max()


def _chords(xy: Array) -> Array:
    return np.roll(xy, -1, axis=0) - np.roll(xy, 1, axis=0)
