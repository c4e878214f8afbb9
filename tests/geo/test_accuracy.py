import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.walks import SIZES_MU, random_walk, seeds_of
from benchmarks.walks_table import independent_se_m2
from geo import measure
from geo.accuracy import (
    SIGMA_DOUBT,
    Calibration,
    fading_variance,
    read_calibration,
    track_residual_m,
    track_sigma_m,
    vertices_variance,
    walk_variance,
)
from geo.area import signed_area_m2
from tests.geo.shapes import POLICY, rectangle, walk_xy

LEAST_COVERAGE = 0.9
SQUARE = np.array(rectangle(100, 100), dtype=float)


def test_independent_corners_match_a_simulation():
    """The formula is checked against what it predicts: 706 m² for a hectare's corners at 5 m."""
    chance = np.random.default_rng(7)
    areas = [signed_area_m2(SQUARE + chance.normal(0, 5, (4, 2))) for _ in range(4000)]

    assert vertices_variance(SQUARE, np.full(4, 5.0)) ** 0.5 == pytest.approx(np.std(areas), rel=0.05)


def test_a_walk_matches_a_simulation():
    """Errors that fade with 60 s: the standard error of the formula is the scatter of simulated walks."""
    corners = rectangle(45, 45)
    walks = [walk_xy(corners, seed=seed, noise_m=0.0) for seed in range(300)]
    times = np.arange(len(walks[0]), dtype=float)

    # The last fix repeats the first corner, as it does on a phone; the ring is closed from there.
    predicted = fading_variance(walks[0], np.full(len(times), 2.6), times, 60) ** 0.5

    assert predicted == pytest.approx(np.std([signed_area_m2(xy) for xy in walks]), rel=0.15)


def test_errors_of_a_walk_do_not_average_out():
    """Treated as independent, three walks in four would claim more than they know."""
    xy = walk_xy(rectangle(45, 45), seed=1)
    times, sigma_m = np.arange(len(xy), dtype=float), np.full(len(xy), 2.6)

    assert walk_variance(xy, sigma_m, times) > 4 * vertices_variance(xy, sigma_m)


@given(sigma_m=st.floats(0.1, 10), factor=st.floats(1.01, 5))
def test_worse_fixes_widen_the_interval(sigma_m, factor):
    """A worse phone is told so, never flattered."""
    times = np.arange(4) * 60.0
    good, bad = np.full(4, sigma_m), np.full(4, sigma_m * factor)

    assert vertices_variance(SQUARE, bad) > vertices_variance(SQUARE, good)
    assert walk_variance(SQUARE, bad, times) > walk_variance(SQUARE, good, times)


def test_fixes_long_apart_are_as_good_as_independent():
    """Both formulae are one where their conditions meet."""
    times, sigma_m = np.arange(4) * 1e5, np.full(4, 3.0)

    assert fading_variance(SQUARE, sigma_m, times, 60) == pytest.approx(vertices_variance(SQUARE, sigma_m))


def test_a_longer_walk_is_thinned_without_changing_its_tolerance_much():
    """The matrix of a 20 minutes' walk would cost more than all else; its fixes say the same twice."""
    xy = walk_xy(rectangle(120, 120), seed=3, noise_m=0.0, speed_m_s=1.25)
    times, sigma_m = np.arange(len(xy), dtype=float), np.full(len(xy), 2.6)
    fine = np.column_stack([np.interp(np.arange(0, len(xy), 0.25), times, xy[:, axis]) for axis in (0, 1)])
    fine_times = np.arange(0, len(xy), 0.25)[: len(fine)]

    thinned = walk_variance(fine, np.full(len(fine), 2.6), fine_times) ** 0.5

    assert thinned == pytest.approx(walk_variance(xy, sigma_m, times) ** 0.5, rel=0.02)


def test_a_trembling_track_shows():
    """One phone in four promises more than it keeps; its own track gives it away."""
    calm = walk_xy(rectangle(100, 100), seed=2, sigma_m=0.5, noise_m=0.05)
    wild = walk_xy(rectangle(100, 100), seed=2, sigma_m=6.0, noise_m=0.5)
    times = np.arange(len(calm), dtype=float)

    assert track_residual_m(wild, times) > 3 * track_residual_m(calm, times)
    assert track_sigma_m(1.0, track_residual_m(wild, times)) > 1.0


def test_a_track_that_stands_still_tells_nothing():
    """Without moving parts there is no line to tremble about."""
    assert track_residual_m(np.zeros((60, 2)), np.arange(60.0)) is None
    assert track_sigma_m(0.0, 1.0) == 0.0


def test_the_worse_of_two_fading_times_is_taken_until_a_phone_is_calibrated():
    """On a long walk slow errors do more harm, on a short one quick ones; which a phone makes is unknown."""
    long_walk = walk_xy(rectangle(300, 300), seed=4)
    times, sigma_m = np.arange(len(long_walk), dtype=float), np.full(len(long_walk), 2.0)
    widened = 2.0 * SIGMA_DOUBT

    open_tau = walk_variance(long_walk, sigma_m, times)
    quick = walk_variance(long_walk, sigma_m, times, Calibration(tau_s=60.0))

    assert quick == pytest.approx(fading_variance(long_walk, np.full(len(times), widened), times, 60))
    assert open_tau == pytest.approx(fading_variance(long_walk, np.full(len(times), widened), times, 100))
    assert open_tau > quick


def test_a_calibrated_scale_widens_by_itself():
    """A phone that promises half of its error is told so once, for all its walks."""
    xy = walk_xy(rectangle(45, 45), seed=5)
    times, sigma_m = np.arange(len(xy), dtype=float), np.full(len(xy), 1e-3)

    twice = walk_variance(xy, sigma_m, times, Calibration(sigma_scale=2.0))

    assert twice == pytest.approx(4 * walk_variance(xy, sigma_m, times), rel=1e-3)


@pytest.mark.parametrize(
    "part",
    [
        [],
        {"P60": 1.5},
        {"P60": {"sigma": 1}},
        {"P60": {"sigma_scale": 0}},
        {"P60": {"tau_s": "60"}},
        {"P60": {"bias_share": float("nan")}},
        {"P60": {"sigma_scale": True}},
    ],
)
def test_a_calibration_that_is_none_is_refused(part):
    """Policy data decides about money; a slip of the pen must not."""
    with pytest.raises(ValueError, match="calibration"):
        read_calibration(part)


def test_a_calibration_leaves_open_what_it_does_not_say():
    """A county may know a phone's scale and not how fast its errors fade."""
    assert read_calibration({"P60": {"sigma_scale": 1.5}, "X": {}}) == {"P60": Calibration(1.5), "X": Calibration()}


@pytest.fixture(scope="module")
def simulated():
    """Eighty walks of each size, of seed 41."""
    return {size: [random_walk(size, chance) for _ in range(80)] for size, chance in seeds_of(41, SIZES_MU).items()}


@pytest.fixture(scope="module")
def measured(simulated):
    """The walks that can be measured, with their measurements; two in a hundred small ones are refused."""
    pairs = {size: [(walk, measure([walk.feature], POLICY)) for walk in walks] for size, walks in simulated.items()}
    return {size: [pair for pair in found if pair[1].status != "refused"] for size, found in pairs.items()}


@pytest.mark.parametrize("size_mu", SIZES_MU)
def test_the_interval_holds_the_truth_of_walks_unlike_the_model(measured, size_mu):
    """Two kinds of drift at once, heavy tails, stops, lost fixes, jumps, phones that promise too much."""
    found = measured[size_mu]

    held = np.mean([result.area_low_m2 <= walk.true_m2 <= result.area_high_m2 for walk, result in found])
    called_false = np.mean([walk.true_m2 > result.area_high_m2 for walk, result in found])

    assert len(found) > 70
    assert held >= LEAST_COVERAGE
    assert called_false <= 0.05


@pytest.mark.parametrize("size_mu", SIZES_MU)
def test_independent_fixes_would_fail_that_bound(measured, size_mu):
    """Else the bound above would let the textbook's formula pass, and honest farmers with it."""
    errors = [(abs(result.area_m2 - walk.true_m2), independent_se_m2(walk)) for walk, result in measured[size_mu]]

    assert np.mean([error <= 1.96 * se for error, se in errors]) < LEAST_COVERAGE


@pytest.mark.parametrize("size_mu", SIZES_MU)
def test_the_pocket_rule_is_near_the_interval(measured, size_mu):
    """0.4 × accuracy × perimeter is what an inspector can work out in the field; it does not know what is unknown."""
    ratios = [
        (result.area_high_m2 - result.area_m2)
        / (0.4 * np.median(walk.feature["properties"]["accuracy_m"][0]) * result.perimeter_m)
        for walk, result in measured[size_mu]
    ]

    assert 0.85 < np.median(ratios) < 1.4
