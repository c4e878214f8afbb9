"""When each fix was taken, and what is done where nobody can have known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import measure
from geo.times import times_of
from tests.geo.shapes import POLICY, rectangle, walk_feature, walk_xy

FIELD = rectangle(50, 40)
WALK = walk_xy(FIELD, seed=3)


def measured(timestamps_s, xy=WALK):
    """The walk with other times beside its ring."""
    walk = walk_feature(xy)
    count = len(walk["properties"]["timestamps_s"][0])
    walk["properties"]["timestamps_s"] = [[timestamps_s(i) for i in range(count)]]
    return measure([walk], POLICY)


def codes(measurement):
    """What was said of the times."""
    return [issue.code for issue in measurement.issues if issue.code.startswith("times")]


@pytest.mark.parametrize(
    "timestamps_s",
    [
        lambda i: 1.7e9,
        lambda i: 1000.0 * i,
        lambda i: -float(i),
        lambda i: None,
        lambda i: float("nan"),
        lambda i: i / 1000,
    ],
    ids=["all alike", "milliseconds", "backwards", "null", "not a number", "kiloseconds"],
)
def test_times_no_walk_can_have_are_not_believed(timestamps_s):
    """All alike made the tolerance nothing, milliseconds a third: either way a claim would be proven by a mistake."""
    honest = measured(float)

    result = measured(timestamps_s)

    assert codes(result) == ["times_unknown"]
    assert result.area_se_m2 == pytest.approx(honest.area_se_m2, rel=0.2)


@pytest.mark.parametrize("every", [2, 7, 40])
def test_missing_times_lie_between_those_known(every):
    """A null where the phone did not know one must not throw all others away."""
    honest = measured(lambda i: 3.0 * i)

    result = measured(lambda i: 3.0 * i if i % every == 0 else None)

    assert (codes(honest), codes(result)) == ([], ["times_filled"])
    assert result.area_se_m2 == pytest.approx(honest.area_se_m2, rel=0.05)


def test_a_sparse_walk_without_times_is_not_thought_to_be_over_in_seconds():
    """A fix every ten metres: at one a second all would err alike, and the error would seem to cancel."""
    sparse = WALK[::9]
    honest = measured(lambda i: 9.0 * i, sparse)

    result = measured(lambda i: None, sparse)

    assert result.area_se_m2 == pytest.approx(honest.area_se_m2, rel=0.2)


def test_a_jump_is_a_jump_without_times():
    """A far fix must not be given the time it would have taken to walk there."""
    xy = WALK.copy()
    xy[30:33] += 300

    assert "spikes" in [issue.code for issue in measured(lambda i: None, xy).issues]


@given(st.lists(st.none() | st.floats(-1e9, 1e9), min_size=3, max_size=30))
def test_times_rise_whatever_came(stamps):
    """What follows relies on it."""
    times, _told = times_of(WALK[: len(stamps)], np.array([np.nan if one is None else one for one in stamps]))

    assert len(times) == len(stamps)
    assert (np.diff(times) >= 0).all()
