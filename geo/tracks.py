"""
What only a walk has: fixes that jump, a datum that changes on the way, stops, and an end that goes on past the start.

What is left out never was boundary: a reflected fix, the wandering of a phone at rest, the beginning walked twice. It
is named with the area before and after all the same, and a person looks where it was more than a little.
"""

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString

from geo.errors import BoundaryRefused
from geo.issues import Severity
from geo.plane import Array
from geo.rings import Ring, shoelace_m2

JUMP_M = 15.0
JUMP_SPEED_M_PER_S = 3.0
JUMP_SLACK_M = 10.0
MAX_JUMPED_SHARE = 0.2
SPIKE_FIXES = 3
MAX_SPIKED_SHARE = 0.05
SPIKE_LEAST_M = 6.0
SPIKE_SPEED_M_PER_S = 3.0
SPIKE_RETURN_SHARE = 0.5

# A change of datum shows as a step of the local GCJ-02 shift, give or take what was walked meanwhile.
SHIFT_STEP_SHARE = 0.15
SHIFT_LEAST_M = 40.0

STOP_S = 15.0
STOP_REACH_M = 4.0
STOP_REACH_SHARE = 0.2
STOP_LEAST_REACH_M = 0.5

# Ten metres past the start of a small plot are a good part of it; a whole round more is a second lap.
OVERLAP_SHARE = 0.45
OVERLAP_NEAR_M = 5.0
OVERLAP_NEAR_SIGMAS = 4.0
OVERLAP_LEAST_M = 3.0


def drop_jumps(ring: Ring) -> None:
    """
    Leave out runs of fixes that no one could have walked to: over 15 m, and over 3 m/s and 10 m.

    Raises:
        BoundaryRefused: A run lies where another datum would put it, or a fifth of the track lies apart.
    """
    _check_datum(ring)
    steps = np.hypot(*np.diff(ring.xy, axis=0).T)
    breaks = np.flatnonzero(steps > _walkable_m(np.diff(ring.timestamps_s))) + 1
    if not len(breaks):
        return
    runs = np.split(np.arange(len(ring.xy)), breaks)
    main = max(range(len(runs)), key=lambda i: len(runs[i]))
    kept = [main]
    for i in range(main + 1, len(runs)):
        if _reachable(ring, runs[kept[-1]][-1], runs[i][0]):
            kept.append(i)
    first = main
    for i in reversed(range(main)):
        if _reachable(ring, runs[i][-1], runs[first][0]):
            kept.append(i)
            first = i
    left_out = [runs[i] for i in range(len(runs)) if i not in set(kept)]
    if not left_out:
        return
    _leave_out(ring, left_out)


def _leave_out(ring: Ring, runs: list[NDArray[np.intp]]) -> None:
    count = len(ring.xy)
    dropped = sum(map(len, runs))
    if dropped > MAX_JUMPED_SHARE * count:
        raise BoundaryRefused(
            "track_displaced",
            f"轨迹中 {dropped} 个点整体跳开，请重新测量。",
            f"{dropped} fixes of the track lie apart from the rest. Walk it again.",
        )
    before_m2 = shoelace_m2(ring.xy)
    fresh = np.ones(count, dtype=bool)
    fresh[np.concatenate(runs)] = False
    ring.keep(fresh)
    if max(map(len, runs)) <= SPIKE_FIXES and dropped <= MAX_SPIKED_SHARE * count:
        messages = (f"去掉 {dropped} 个尖刺点。", f"{dropped} fixes thrown aside for a moment were left out.")
        ring.note("spikes", Severity.REPAIRED, messages, before_m2)
        return
    messages = (f"去掉 {dropped} 个跳点。", f"{dropped} fixes that jumped away were left out.")
    ring.note("jumps", Severity.REPAIRED, messages, before_m2)


def _check_datum(ring: Ring) -> None:
    """Refuse a track of which a run lies displaced by the local GCJ-02 shift, there and back."""
    shift_m = float(np.hypot(*ring.datum_shift_m))
    if shift_m < SHIFT_LEAST_M:
        return
    steps = np.roll(ring.xy, -1, axis=0) - ring.xy
    near_m = SHIFT_STEP_SHARE * shift_m
    there = np.hypot(*(steps - ring.datum_shift_m).T) <= near_m
    back = np.hypot(*(steps + ring.datum_shift_m).T) <= near_m
    if not (there.any() and back.any()):
        return
    level = np.concatenate(([0], np.cumsum(there.astype(int) - back.astype(int))[:-1]))
    values, counts = np.unique(level, return_counts=True)
    displaced = len(level) - int(counts.max())
    if len(values) > 1 and displaced > SPIKE_FIXES:
        raise BoundaryRefused(
            "datum_switch",
            f"轨迹中 {displaced} 个点按当地 GCJ-02 偏移（{shift_m:.0f} 米）整体错开，坐标系中途改变，请重新测量。",
            f"{displaced} fixes lie displaced by the local GCJ-02 shift of {shift_m:.0f} m: "
            "the datum changed on the way. Walk it again.",
        )


def _reachable(ring: Ring, first: int, second: int) -> bool:
    step = np.hypot(*(ring.xy[second] - ring.xy[first]))
    seconds = ring.timestamps_s[second] - ring.timestamps_s[first]
    return bool(step <= _walkable_m(np.array([seconds]))[0])


def _walkable_m(seconds: Array) -> Array:
    return np.maximum(JUMP_M, JUMP_SPEED_M_PER_S * seconds + JUMP_SLACK_M)


def drop_spikes(ring: Ring) -> None:
    """Leave out single fixes the track runs out to and back from faster than anyone walks, too near to be a jump."""
    if len(ring.xy) < 4:
        return
    steps = np.diff(ring.xy, axis=0)
    lengths = np.hypot(*steps.T)
    limits = np.maximum(SPIKE_LEAST_M, SPIKE_SPEED_M_PER_S * np.diff(ring.timestamps_s))
    fast = lengths > limits
    across = np.hypot(*(ring.xy[2:] - ring.xy[:-2]).T)
    spike = fast[:-1] & fast[1:] & (across < SPIKE_RETURN_SHARE * np.minimum(lengths[:-1], lengths[1:]))
    spike[1:] &= ~spike[:-1]
    dropped = int(spike.sum())
    if not dropped:
        return
    before_m2 = shoelace_m2(ring.xy)
    ring.keep(np.concatenate(([True], ~spike, [True])))
    messages = (f"去掉 {dropped} 个尖刺点。", f"{dropped} fixes thrown aside for a moment were left out.")
    ring.note("spikes", Severity.REPAIRED, messages, before_m2)


def merge_stops(ring: Ring) -> None:
    """
    Put one fix, their mean, in the place of those taken while standing still for 15 s or more.

    A phone at rest wanders: its loops are no land, and its many fixes would weigh a corner more than a side.
    """
    reach_m = _stop_reach_m(ring)
    stops = _stops(ring, reach_m) if reach_m >= STOP_LEAST_REACH_M else []
    if not stops:
        return
    before_m2 = shoelace_m2(ring.xy)
    kept = np.ones(len(ring.xy), dtype=bool)
    for first, last in stops:
        here = slice(first, last + 1)
        for values in (ring.xy, ring.sigma_m, ring.timestamps_s):
            values[first] = values[here].mean(axis=0)
        kept[first + 1 : last + 1] = False
    ring.keep(kept)
    messages = (
        f"{len(stops)} 处停留各取平均位置。",
        f"Fixes of {len(stops)} stops were replaced by their mean places.",
    )
    ring.note("stops_merged", Severity.REPAIRED, messages, before_m2)


def _stop_reach_m(ring: Ring) -> float:
    """How far fixes at rest may stray, from how far this walk gets in the time of a stop."""
    ends = np.searchsorted(ring.timestamps_s, ring.timestamps_s + STOP_S)
    whole = ends < len(ring.xy)
    if not whole.any():
        return 0.0
    way_m = np.hypot(*(ring.xy[ends[whole]] - ring.xy[whole]).T)
    return min(STOP_REACH_M, STOP_REACH_SHARE * float(np.percentile(way_m, 75)))


def _stops(ring: Ring, reach_m: float) -> list[tuple[int, int]]:
    """First and last index of each stop."""
    points, times = ring.xy.tolist(), ring.timestamps_s.tolist()
    stops, first, count = [], 0, len(points)
    while first < count:
        (x, y), last = points[first], first
        while last + 1 < count:
            east, north = points[last + 1]
            if (east - x) ** 2 + (north - y) ** 2 > reach_m**2:
                break
            last += 1
            share = 1 / (last - first + 1)
            x, y = x + (east - x) * share, y + (north - y) * share
        if times[last] - times[first] >= STOP_S and last - first >= 2:
            stops.append((first, last))
            first = last
        # In steps, so that a track of a hundred fixes a second is not searched a hundred times over.
        first += max(1, (last - first) // 8)
    return stops


def trim_overlap(ring: Ring) -> None:
    """
    Leave out the end of a walk that goes on past the start, along the way it began.

    Its closing line would run back along the beginning; that strip between two passes of one line is no land, however
    many per cent of a small plot it makes.
    """
    count = len(ring.xy)
    share = int(count * OVERLAP_SHARE)
    if share < 3:
        return
    near_m = max(OVERLAP_NEAR_M, OVERLAP_NEAR_SIGMAS * float(np.median(ring.sigma_m)))
    to_start = np.hypot(*(ring.xy[-share:] - ring.xy[0]).T)
    nearest = count - share + int(np.argmin(to_start))
    tail = ring.xy[nearest + 1 :]
    if to_start.min() > near_m or len(tail) < 2:
        return
    head = LineString(ring.xy[:share])
    shapely.prepare(head)
    fixes = np.asarray(shapely.points(tail))
    # The way along the beginning tells a walk that goes on from one that stands still at the start.
    along_m = float(head.project(fixes[-1]))
    onward_m = along_m - float(head.project(fixes[0]))
    # Coming back along the other side of a narrow plot is near the beginning as well, but the other way.
    if min(along_m, 2 * onward_m) < OVERLAP_LEAST_M or not shapely.dwithin(fixes, head, near_m).all():
        return
    before_m2 = shoelace_m2(ring.xy)
    ring.keep(np.arange(nearest + 1))
    messages = (
        f"终点越过起点约 {along_m:.0f} 米，重走的部分已去掉。",
        f"The walk went about {along_m:.0f} m past its start; what was walked twice was left out.",
    )
    ring.note("overlap_trimmed", Severity.REPAIRED, messages, before_m2)
