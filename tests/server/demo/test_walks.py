"""The recorded walk is itself tested: a journey over a track without its faults would show less than it says."""

import math
from itertools import pairwise
from statistics import mean, stdev

import pytest
from shapely import Polygon

from server.demo.fields import metres_per_degree
from server.demo.landscape import make_landscape
from server.demo.walks import JUMP_M, STOP_S, walk_around

RING = make_landscape().plots[2].ring


def test_the_same_seed_walks_the_same_walk():
    """A journey that failed once can be walked again."""
    assert walk_around(RING, seed=5) == walk_around(RING, seed=5)
    assert walk_around(RING, seed=5) != walk_around(RING, seed=6)


def test_one_fix_a_second_and_one_jump():
    """Exactly one step no walker could make out and one back."""
    fixes = walk_around(RING, seed=5)
    east_m, north_m = metres_per_degree(RING[0][1])
    strides = [math.hypot((b.lon - a.lon) * east_m, (b.lat - a.lat) * north_m) for a, b in pairwise(fixes)]

    assert [fix.t_s for fix in fixes] == [float(second) for second in range(len(fixes))]
    assert sum(stride > JUMP_M / 2 for stride in strides) == 2


def test_the_inspector_stands_still_once():
    """A dozen seconds more than the same walk without a stop."""
    perimeter_s = len(walk_around(RING, seed=5, stop_at=0))

    assert len(walk_around(RING, seed=5)) == perimeter_s + STOP_S


def test_the_walk_encloses_about_the_plot():
    """The error has no side: many walks together enclose the plot, one walk may be a quarter off."""
    shares = []
    for seed in range(60):
        fixes = walk_around(RING, seed=seed, jump=False)
        shares.append(Polygon([(fix.lon, fix.lat) for fix in fixes]).buffer(0).area / Polygon(RING).area)

    assert mean(shares) == pytest.approx(1, abs=0.06)
    assert 0.04 < stdev(shares) < 0.3
