import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import measure
from geo.laps import laps_to_settle
from tests.geo.shapes import POLICY, plot, rectangle, walk_feature, walk_xy

FIELD = rectangle(50, 40)


def several(corners, *, seed, count, sigma_m=2.6, tau_s=60.0):
    """One track that goes round so many times, its error running on from lap to lap."""
    line = [corner for _ in range(count) for corner in (*corners,)]
    return walk_xy(line, seed=seed, sigma_m=sigma_m, tau_s=tau_s)


def test_two_laps_in_one_track_are_two_measurements_of_one_plot():
    """The outline of both together would be larger than the plot; their mean is nearer to it than either."""
    result = measure([walk_feature(several(FIELD, seed=5, count=2))], POLICY)

    assert result.status in {"ok", "repaired"}
    assert (result.laps, result.plots[0].laps) == (2, 2)
    assert "laps_combined" in [issue.code for issue in result.issues]
    assert result.area_low_m2 < 2000 < result.area_high_m2


def test_more_laps_narrow_the_interval_and_still_hold_the_truth():
    """Two laps err by about 1/√2 of one, three by less; the interval must not promise more than that."""
    errors, half, held = {}, {}, {}
    for count in (1, 2, 3):
        measured = [measure([walk_feature(several(FIELD, seed=seed, count=count))], POLICY) for seed in range(100)]
        assert sum(one.laps == count for one in measured) >= 94
        errors[count] = np.std([one.area_m2 for one in measured])
        half[count] = np.mean([one.area_se_m2 for one in measured])
        held[count] = sum(one.area_low_m2 <= 2000 <= one.area_high_m2 for one in measured)

    assert errors[3] < 0.8 * errors[1]
    assert half[3] < half[2] < half[1]
    assert min(held.values()) >= 92


def test_walks_recorded_one_by_one_are_combined():
    """Two features of one plot are two walks, not two plots; each stays on record as it was captured."""
    walks = [walk_feature(walk_xy(FIELD, seed=seed)) for seed in (1, 2)]
    alone = [measure([walk], POLICY) for walk in walks]

    both = measure(walks, POLICY)

    (one,) = both.plots
    assert (one.laps, both.laps, both.own_overlaps) == (2, 2, [])
    assert both.area_m2 == pytest.approx(np.mean([single.area_m2 for single in alone]), rel=0.02)
    assert both.area_se_m2 < min(single.area_se_m2 for single in alone)
    assert len(one.raw_geometry["coordinates"]) == 2


def test_the_outline_has_the_area_that_is_paid():
    """The geometry beside the figure is drawn to it: whoever measures it again gets the same."""
    result = measure([walk_feature(walk_xy(FIELD, seed=seed)) for seed in (1, 2, 3)], POLICY)

    again = measure([plot(FIELD) | {"geometry": result.plots[0].geometry}], POLICY)

    assert again.area_m2 == pytest.approx(result.area_m2, rel=1e-6)


def test_a_surveyors_walk_outweighs_a_phones():
    """A receiver good to five centimetres is not averaged with four metres."""
    phone = walk_feature(walk_xy(FIELD, seed=1))
    rtk = walk_feature(walk_xy(FIELD, seed=2, sigma_m=0.03, noise_m=0.005), accuracy_m=0.05)

    assert measure([phone, rtk], POLICY).area_m2 == pytest.approx(2000, rel=0.01)


def test_laps_that_differ_beyond_their_tolerance_are_looked_at():
    """Somebody walked another boundary the second time; the interval is as wide as they lie apart."""
    small, large = (
        walk_feature(walk_xy(FIELD, seed=1, sigma_m=0.3)),
        walk_feature(walk_xy(rectangle(65, 50), seed=2, sigma_m=0.3), accuracy_m=4.0),
    )
    for walk in (small, large):
        walk["properties"]["accuracy_m"] = 0.5

    result = measure([small, large], POLICY)

    assert result.status == "review"
    assert "laps_disagree" in [issue.code for issue in result.issues]


def test_walks_of_different_ground_are_no_laps():
    """A wrong plot number: no figure is better than the mean of two plots."""
    elsewhere = walk_feature(walk_xy(rectangle(50, 40, east_m=200), seed=2))

    result = measure([walk_feature(walk_xy(FIELD, seed=1)), elsewhere], POLICY)

    assert (result.status, result.issues[-1].code) == ("refused", "walks_apart")


def test_two_walks_of_a_small_plot_are_one_plot_though_both_err_as_a_whole():
    """On 0.6 mu a slow error of 3 m moves each walk by a seventh of a side: the second lap must not be lost for it."""
    apart = areas = 0
    for seed in range(0, 80, 2):
        walks = [walk_feature(walk_xy(rectangle(20, 20), seed=seed + i, sigma_m=3.0), accuracy_m=4.5) for i in range(2)]
        result = measure(walks, POLICY)
        apart += "walks_apart" in [issue.code for issue in result.issues]
        areas += result.area_low_m2 <= 400 <= result.area_high_m2

    assert apart <= 3
    assert areas >= 36


def test_a_refused_walk_leaves_the_others_and_a_question():
    """The good walk counts; that one was refused is not forgotten."""
    broken = walk_feature(walk_xy([(0, 0), (50, 40), (50, 0), (0, 40)], seed=1, sigma_m=0.5))

    result = measure([walk_feature(walk_xy(FIELD, seed=2)), broken], POLICY)

    assert result.status == "review"
    assert result.plots[0].laps == 1
    assert result.area_m2 == pytest.approx(2000, rel=0.3)


@pytest.mark.parametrize("broken", [{"geometry": None}, {"geometry": {"type": "Point", "coordinates": [109.4, 25.2]}}])
def test_a_first_walk_that_cannot_be_read_leaves_the_second(broken):
    """The first file of two was cut off on its way; the household is placed by the walk that is there."""
    walks = [walk_feature(walk_xy(FIELD, seed=seed)) for seed in (1, 2)]

    result = measure([walks[0] | broken, walks[1]], POLICY)

    assert (result.status, result.plots[0].laps) == ("review", 1)
    assert result.area_m2 == pytest.approx(measure([walks[1]], POLICY).area_m2)


def test_a_walk_that_comes_near_its_start_on_the_way_is_one_lap():
    """A plot shaped like an hour-glass is not walked twice."""
    waist = [(0, 0), (40, -30), (40, 30), (2, 4), (-40, 30), (-40, -30)]

    assert measure([walk_feature(walk_xy(waist, seed=1, sigma_m=0.8))], POLICY).laps == 1


@given(
    st.floats(10, 500),
    st.floats(0, 1),
    st.floats(-1500, 1500).filter(lambda away: abs(away) > 1),
)
def test_the_laps_asked_for_settle_it_and_one_fewer_would_not(se_m2, correlation, away_m2):
    """Nobody is sent round a plot in vain, if the estimate stays."""
    count = laps_to_settle(5000.0, se_m2, 5000.0 + away_m2, factor=1.96, correlation=correlation)

    def half_m2(laps):
        return 1.96 * se_m2 * ((1 + (laps - 1) * correlation) / laps) ** 0.5

    if count is None:
        assert abs(away_m2) <= half_m2(10) * (1 + 1e-9)
    else:
        assert abs(away_m2) > half_m2(count) * (1 - 1e-9)
        assert count == 1 or abs(away_m2) <= half_m2(count - 1) * (1 + 1e-9)


def test_the_measurement_says_how_many_laps_the_claim_needs():
    """One lap cannot tell 3.4 from 3.0 mu; a few can, and an honest claim needs none to be believed."""
    walk = walk_feature(walk_xy(FIELD, seed=4, sigma_m=1.0), accuracy_m=2.5)
    area_mu = measure([walk], POLICY).area_mu

    near = measure([walk], POLICY | {"claimed_mu": area_mu * 1.12})
    exact = measure([walk], POLICY | {"claimed_mu": area_mu})

    assert near.verdict == "within"
    assert 2 <= near.laps_to_settle <= 10
    assert exact.laps_to_settle is None
    assert measure([walk], POLICY).laps_to_settle == 1
