from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from geo.contiguity import Gap, blocks, gaps


def test_plots_join_over_the_gap_and_not_beyond():
    """A ridge of two metres joins, a road of three does not."""
    plots = [box(0, 0, 10, 10), box(12, 0, 20, 10), box(23, 0, 30, 10)]

    assert [(gap.first, gap.second) for gap in gaps(plots, 2.0)] == [(0, 1)]


def test_a_touching_corner_joins():
    """Plots on a chequered slope are contiguous."""
    assert gaps([box(0, 0, 10, 10), box(10, 10, 20, 20)], 0.0) == [Gap(0, 1, 0.0)]


def test_chains_join():
    """Three plots in a row are one block, though the ends do not touch."""
    assert blocks(4, [Gap(2, 3, 0.0), Gap(0, 2, 1.5)]) == [0, 1, 0, 0]


coordinate = st.integers(0, 60)
plots = st.lists(st.tuples(coordinate, coordinate).map(lambda at: box(*at, at[0] + 8, at[1] + 8)), max_size=12)


@given(plots, st.integers(0, 6))
def test_nearness_is_symmetric_and_blocks_are_transitive(shapes, gap_m):
    """Which plot was walked first decides nothing."""
    found = gaps(shapes, float(gap_m))
    block_of = blocks(len(shapes), found)
    turned = gaps(shapes[::-1], float(gap_m))
    last = len(shapes) - 1

    assert {(gap.first, gap.second) for gap in found} == {(last - gap.second, last - gap.first) for gap in turned}
    assert all(block_of[gap.first] == block_of[gap.second] for gap in found)
    near = {(gap.first, gap.second) for gap in found}
    for i in range(len(shapes)):
        for j in range(i + 1, len(shapes)):
            assert ((i, j) in near) == (shapes[i].distance(shapes[j]) <= gap_m + 0.001)
