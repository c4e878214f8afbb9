import json

import numpy as np
import pytest

from benchmarks.walks import Habits, Noise, Phone, natural_plot, walk
from geo.accuracy import read_calibration, walk_variance
from geo.calibration import KnownWalk, calibrate, precision, read_walks
from geo.outliers import cochran_critical, cochran_outlier, grubbs_critical, grubbs_outlier, t_quantile

HONEST = Phone(2.5, 1.0, Noise(20, 20, 0.0), False, "honest")
# It states half of its error, which fades slowly, and its owners walk outside the boundary.
BOASTFUL = Phone(3.0, 0.5, Noise(150, 150, 0.0), False, "boastful")
OUTSIDE_SHARE = 0.06


def known_walks(phone, seed, *, plots=5, operators=3, walks=5, outside_share=0.0):
    """Walks of plots whose area somebody surveyed; areas from 0.6 to 20 mu."""
    chance = np.random.default_rng(seed)
    features = []
    for number, size_mu in enumerate(np.geomspace(0.6, 20, plots)):
        corners = natural_plot(size_mu, np.random.default_rng([77, number]))
        for operator in range(operators):
            for _ in range(walks):
                habits = Habits(chance.uniform(0.8, 1.3), outside_share)
                properties = {"phone_model": phone.model, "operator": f"walker {operator}", "plot_id": f"plot {number}"}
                done = walk(corners, phone, habits, chance, **properties)
                done.feature["properties"]["known_area_m2"] = done.true_m2
                features.append(done.feature)
    return features


@pytest.fixture(scope="module")
def features():
    """75 walks with either phone: five plots, three people, five times."""
    return known_walks(HONEST, 51) + known_walks(BOASTFUL, 52, outside_share=OUTSIDE_SHARE)


@pytest.fixture(scope="module")
def report(features):
    """What they teach."""
    return calibrate({"type": "FeatureCollection", "features": features})


@pytest.fixture(scope="module")
def fits(report):
    """The fits by phone model."""
    return {phone.phone_model: phone for phone in report.phones}


@pytest.mark.parametrize(
    ("phone", "outside_share"), [(HONEST, 0.0), (BOASTFUL, OUTSIDE_SHARE)], ids=["honest", "boastful"]
)
def test_what_was_put_into_the_walks_comes_back(features, fits, phone, outside_share):
    """τ to a factor of two and a half, σ to a quarter, the bias to three standard errors: what 75 walks can tell."""
    fit = fits[phone.model]
    true_tau_s = phone.noise.slow_tau_s
    used_m = np.median([one.sigma_m for one in read_walks(features, 0.68)[0] if one.phone_model == phone.model])

    assert fit.usable and fit.walks > 60 and fit.plots == 5
    assert true_tau_s / 2.5 < fit.tau_s < true_tau_s * 2.5
    assert fit.tau_low_s <= true_tau_s <= fit.tau_high_s
    assert fit.sigma_scale * used_m == pytest.approx(phone.sigma_m, rel=0.25)
    assert abs(fit.bias_share - outside_share) < 3 * fit.bias_se_share < 0.03


def test_only_what_is_proven_goes_into_the_policy(report, fits):
    """The county stores it and every later walk is judged by it."""
    stored = read_calibration(report.policy()["calibration"])

    assert stored["boastful"].bias_share == pytest.approx(fits["boastful"].bias_share, abs=1e-4)
    assert stored["honest"].bias_share == 0.0
    assert stored["boastful"].sigma_scale > 1.2 > 1 > stored["honest"].sigma_scale
    assert [fit.tau_told for fit in report.phones] == [
        stored[fit.phone_model].tau_s is not None for fit in report.phones
    ]


def test_a_calibrated_phone_keeps_what_it_promises(features, report):
    """The point of it all: with the figures of these walks, the intervals of other walks hold the truth."""
    stored = read_calibration(report.policy()["calibration"])["boastful"]
    others, _ = read_walks(known_walks(BOASTFUL, 53, outside_share=OUTSIDE_SHARE), 0.68)

    held = []
    for one in others:
        sigma_m = np.full(len(one.xy), one.sigma_m)
        half_m2 = 1.96 * walk_variance(one.xy, sigma_m, one.timestamps_s, stored) ** 0.5
        held.append(abs(one.area_m2 / (1 + stored.bias_share) - one.known_m2) <= half_m2)

    assert np.mean(held) >= 0.92


def test_the_table_has_a_line_for_each_phone_and_plot_and_one_for_all_phones(report):
    """What anybody may meet with any phone is the figure a county publishes."""
    lines = {(line.phone_model, line.plot_id): line for line in report.table}

    assert len(lines) == 3 * 5
    for line in lines.values():
        assert line.reproducibility_share >= line.repeatability_share > 0
    assert lines[None, "plot 4"].groups == 6
    assert json.loads(json.dumps(report.to_dict()))["calibration"].keys() == {"honest", "boastful"}


def measured_walk(operator, error_share):
    """A walk of a hectare with a given error, its fixes left out."""
    nothing = np.zeros((0, 2))
    return KnownWalk("P60", operator, "a", 10_000.0, 10_000.0 * (1 + error_share), 3.0, nothing, nothing[:, 0])


def test_the_table_is_that_of_iso_5725():
    """Worked by hand: variances 1 and 1, means 2 and 6, two walks each: sr² = 1, sL² = (16 - 1) / 2 = 7.5, all ‰²."""
    errors = {"li": (2 - 0.5**0.5, 2 + 0.5**0.5), "wei": (6 - 0.5**0.5, 6 + 0.5**0.5)}
    walks = [measured_walk(name, error / 1000) for name, pair in errors.items() for error in pair]

    line, kept = precision(walks, "P60", by=lambda walk: walk.operator)

    assert len(kept) == 4 and line.left_out == 0
    assert line.mean_error_share == pytest.approx(0.004)
    assert line.repeatability_share == pytest.approx(0.001)
    assert line.reproducibility_share == pytest.approx(8.5**0.5 / 1000)


def test_one_wild_walk_is_left_out_and_the_others_of_its_walker_stay():
    """Cochran's test finds the walker, Grubbs' the walk."""
    chance = np.random.default_rng(3)
    walks = [measured_walk(f"walker {i}", error) for i in range(4) for error in chance.normal(0, 0.02, 5)]
    walks[7] = measured_walk("walker 1", 0.9)

    line, kept = precision(walks, "P60", by=lambda walk: walk.operator)

    assert line.left_out == 1 and line.groups == 4
    assert max(walk.error_share for walk in kept) < 0.1


def test_one_person_alone_says_nothing_about_others():
    """The reproducibility is unknown then, not zero."""
    line, _ = precision([measured_walk("li", 0.01), measured_walk("li", 0.03)], "P60", by=lambda walk: walk.operator)

    assert line.repeatability_share == pytest.approx(0.02 / 2**0.5)
    assert line.reproducibility_share is None


def test_too_few_walks_are_shown_and_not_stored():
    """Four walks of one plot are an anecdote."""
    report = calibrate(known_walks(HONEST, 54, plots=1, operators=1, walks=4))

    assert [phone.usable for phone in report.phones] == [False]
    assert report.policy() == {"calibration": {}}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"known_area_m2": None}, "known_area_m2"),
        ({"known_area_m2": float("inf")}, "known_area_m2"),
        ({"known_area_m2": True}, "known_area_m2"),
        ({"capture": "vertices"}, "capture"),
        ({"phone_model": ""}, "phone_model"),
        ({"plot_id": None}, "plot_id"),
    ],
)
def test_a_feature_that_is_no_known_walk_is_named(change, reason):
    """By its place in the file, so that somebody can find it."""
    walks = known_walks(HONEST, 55, plots=1, operators=1, walks=2)
    walks[1]["properties"].update(change)

    (unread,) = calibrate(walks).unread

    assert unread.number == 2 and reason in unread.message_en and reason in unread.message_zh


@pytest.mark.parametrize("collection", [None, 5, "walks", {}, {"type": "FeatureCollection"}, [None, 7], []])
def test_nothing_makes_it_raise(collection):
    """A file from the field may hold anything."""
    assert calibrate(collection).phones == []


def test_critical_values_are_those_of_the_tables():
    """ISO 5725-2, tables 4 and 5, and Student's t."""
    assert cochran_critical(5, 3, 0.05) == pytest.approx(0.684, abs=5e-4)
    assert cochran_critical(8, 4, 0.01) == pytest.approx(0.521, abs=5e-4)
    assert grubbs_critical(10, 0.05) == pytest.approx(2.290, abs=1e-3)
    assert grubbs_critical(20, 0.01) == pytest.approx(3.001, abs=1e-3)
    assert t_quantile(0.975, 10) == pytest.approx(2.228, abs=1e-3)


def test_alike_values_have_no_outlier():
    """Neither do too few, nor some that do not differ at all."""
    assert grubbs_outlier([1.0, 1.1, 0.9, 1.05], 0.05) is None
    assert grubbs_outlier([1.0, 9.0], 0.05) is None
    assert grubbs_outlier([1.0, 1.0, 1.0], 0.05) is None
    assert grubbs_outlier([1.0, 1.1, 0.9, 1.05, 1.02, 0.97, 9.0], 0.01) == 6
    assert cochran_outlier([0.0, 0.0], 5, 0.01) is None
    assert cochran_outlier([1.0, 1.2, 0.9, 40.0], 5, 0.01) == 3
