"""
A boundary walk as a phone records it: one fix a second, with the errors real receivers have.

The error of each axis drifts as a Gauss-Markov process with a correlation time of 60 s: neighbouring fixes err alike,
so averaging does not make it go away. The walk also holds a stop at a corner, which puts a
dozen fixes on one spot, and one jump, where a reflected signal throws a single fix far off.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from server.demo.chance import chance
from server.demo.fields import metres_per_degree

TAU_S = 60.0
SPEED_M_S = 1.25
STOP_S = 12
JUMP_M = 38.0
# A radius that holds 68 % of the errors, per unit of one axis' standard deviation.
RADIUS_68 = math.sqrt(-2 * math.log(1 - 0.68))


@dataclass(frozen=True, slots=True)
class Fix:
    """One position report; `accuracy_m` is the 68 % radius the phone claims, not the error it makes."""

    t_s: float
    lon: float
    lat: float
    accuracy_m: float


def walk_around(
    ring: Sequence[tuple[float, float]],
    *,
    seed: int,
    sigma_m: float = 1.8,
    stop_at: int | None = None,
    jump: bool = True,
) -> list[Fix]:
    """
    Walk once around a ring.

    Args:
        ring: Closed ring of (longitude, latitude).
        seed: The same seed walks the same walk.
        sigma_m: Standard deviation of each axis' error.
        stop_at: Vertex where the inspector stands still; the one with the sharpest turn if not given.
        jump: Whether one fix is thrown off.

    Returns:
        One fix a second from start to start; the last true position equals the first.
    """
    rng = chance(seed, "walk")
    lon0, lat0 = ring[0][0], ring[0][1]
    east_m, north_m = metres_per_degree(lat0)
    corners = [((lon - lon0) * east_m, (lat - lat0) * north_m) for lon, lat in ring]
    positions = _paced(corners, _sharpest(corners) if stop_at is None else stop_at)
    keep = math.exp(-1 / TAU_S)
    fresh = sigma_m * math.sqrt(1 - keep * keep)
    error_x, error_y = rng.gauss(0, sigma_m), rng.gauss(0, sigma_m)
    # Not in the first or last seconds, where it would be a false start or a false closing rather than a jump.
    jump_at = rng.randrange(len(positions) // 3, 2 * len(positions) // 3) if jump else -1
    fixes = []
    for second, (x, y) in enumerate(positions):
        error_x = keep * error_x + rng.gauss(0, fresh)
        error_y = keep * error_y + rng.gauss(0, fresh)
        accuracy_m = sigma_m * RADIUS_68 * math.exp(rng.gauss(0, 0.12))
        off_m = 0.0
        if second == jump_at:
            off_m, accuracy_m = JUMP_M, 11.0
        fixes.append(
            Fix(
                t_s=float(second),
                lon=round(lon0 + (x + error_x + off_m) / east_m, 7),
                lat=round(lat0 + (y + error_y - off_m / 2) / north_m, 7),
                accuracy_m=round(accuracy_m, 2),
            )
        )
    return fixes


def _paced(corners: Sequence[tuple[float, float]], stop_at: int) -> list[tuple[float, float]]:
    """True position at every second of an even walk with one stop."""
    positions = [corners[0]]
    left = SPEED_M_S
    for number, (start, end) in enumerate(pairwise(corners), start=1):
        length, done = math.dist(start, end), 0.0
        while length - done >= left:
            done += left
            left = SPEED_M_S
            share = done / length
            positions.append((start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])))
        left -= length - done
        if number == stop_at:
            positions += [end] * STOP_S
    return [*positions, corners[-1]]


def _sharpest(corners: Sequence[tuple[float, float]]) -> int:
    """Index of the vertex, not the first, where the walker turns most."""

    def turn(k: int) -> float:
        (ax, ay), (bx, by), (cx, cy) = corners[k - 1], corners[k], corners[k + 1]
        return abs(math.remainder(math.atan2(cy - by, cx - bx) - math.atan2(by - ay, bx - ax), 2 * math.pi))

    return max(range(1, len(corners) - 1), key=turn)
