"""Repair and refusal, seen through `measure`: what changed is named, what cannot be measured is refused."""

import math

import numpy as np
import pytest

from geo import measure
from tests.geo.shapes import POLICY, feature, plot, positions, rectangle, walk_feature, walk_xy

FIELD = rectangle(50, 40)


def codes(measurement):
    """The issues in their order."""
    return [issue.code for issue in measurement.issues]


def measured(*features, **policy):
    """Measure with the usual policy."""
    return measure(list(features), POLICY | policy)


def test_a_clean_boundary_is_left_alone():
    """What needs no repair is not touched."""
    result = measured(plot(FIELD))

    assert (result.status, codes(result)) == ("ok", [])
    assert result.area_m2 == pytest.approx(2000, rel=1e-6)


def test_an_unclosed_ring_is_closed_and_said_so():
    """The last side was walked; the app merely did not repeat the first point."""
    result = measured(feature(positions(FIELD, close=False)))

    assert (result.status, codes(result)) == ("repaired", ["unclosed"])
    assert result.area_m2 == pytest.approx(2000, rel=1e-6)


def test_repeated_points_are_left_out_with_the_area_before_and_after():
    """A phone at rest repeats itself; the change is on record though the area stays."""
    result = measured(plot([FIELD[0], FIELD[0], *FIELD[1:]]))

    (issue,) = result.issues
    assert issue.code == "duplicate_points"
    assert issue.before_m2 == pytest.approx(issue.after_m2)


def test_a_jump_is_left_out_of_a_walk():
    """A reflected signal throws a few fixes over the hill; the plot does not follow."""
    xy = walk_xy(FIELD, seed=4, sigma_m=1.0)
    calm = measured(walk_feature(xy))
    xy[30:34] += 300

    result = measured(walk_feature(xy))

    assert "jumps" in codes(result)
    assert result.area_m2 == pytest.approx(calm.area_m2, rel=0.02)


@pytest.mark.parametrize(
    ("field", "thrown_m", "status"), [(rectangle(200, 160), 40, "repaired"), (FIELD, 40, "review")]
)
def test_a_spike_that_was_more_than_a_fiftieth_of_the_plot_is_looked_at(field, thrown_m, status):
    """One reflected fix is a tenth of a small plot and nothing of a large one: the rule asks for the share alone."""
    xy = walk_xy(field, seed=4, sigma_m=0.5)
    xy[30] += 40

    result = measured(walk_feature(xy))

    assert result.status == status
    assert "spikes" in codes(result)
    assert ("large_repair" in codes(result)) == (status == "review")


def test_a_track_that_lies_apart_is_refused():
    """A third of the fixes 500 m away: the datum changed on the way, and nothing can be measured."""
    xy = walk_xy(FIELD, seed=4)
    xy[40:95] += 400

    result = measured(walk_feature(xy))

    assert (result.status, codes(result)[-1]) == ("refused", "track_displaced")


def test_a_signal_lost_for_a_minute_is_no_jump():
    """The inspector walks on; the next fix is as far away as a minute's walk."""
    raw = walk_feature(walk_xy(FIELD, seed=4))
    ring = raw["geometry"]["coordinates"][0]
    times = raw["properties"]["timestamps_s"][0]
    del ring[40:75], times[40:75]
    raw["properties"]["accuracy_m"][0] = [4.0] * len(ring)

    assert "jumps" not in codes(measured(raw))


def test_the_end_walked_twice_is_left_out():
    """Inspectors go on past their start to be sure; those metres are not a lobe of the plot."""
    result = measured(walk_feature(walk_xy(FIELD, seed=8, sigma_m=0.5, past_m=12)))

    assert "overlap_trimmed" in codes(result)
    assert result.area_m2 == pytest.approx(2000, rel=0.05)


def test_a_small_loop_is_left_out():
    """A knot at a corner is not land, and never a second lobe."""
    knot = [(50, 38), (51, 41), (48, 41), (50.5, 38.5)]

    result = measured(plot([(0, 0), (50, 0), *knot, (0, 40)]))

    assert "small_loops" in codes(result)
    assert result.area_m2 == pytest.approx(2000, rel=0.03)


def test_a_bow_tie_is_refused():
    """Half of the true plot would look certain; nobody may be paid by a figure of eight."""
    result = measured(plot([(0, 0), (50, 40), (50, 0), (0, 40)]))

    assert (result.status, codes(result)) == ("refused", ["bow_tie"])
    assert result.area_m2 == 0


@pytest.mark.parametrize(
    ("ring", "code"),
    [
        ([[109.4, 25.2], [109.4, float("nan")], [109.5, 25.3], [109.4, 25.2]], "not_numbers"),
        ([[109.4, 25.2], [109.4, float("inf")], [109.5, 25.3], [109.4, 25.2]], "not_numbers"),
        ([[109.4, 25.2], ["109.4", 25.3], [109.5, 25.3], [109.4, 25.2]], "not_numbers"),
        ([[109.4, 25.2], [True, 25.3], [109.5, 25.3], [109.4, 25.2]], "not_numbers"),
        ([[109.4, 25.2], [10**400, 25.3], [109.5, 25.3], [109.4, 25.2]], "not_numbers"),
        ([[25.2, 109.4], [25.3, 109.4], [25.3, 109.5], [25.2, 109.4]], "lat_lon_swapped"),
        ([[448218, 2788000], [448300, 2788000], [448300, 2788100], [448218, 2788000]], "out_of_range"),
        ([[109.4, 25.2], [109.5, 25.3], [109.4, 25.2]], "too_few_points"),
        ([[109.4, 25.2]], "too_few_points"),
        ([], "too_few_points"),
        ([[109.4, 25.2], [109.4, 25.2001], [109.4, 25.2002], [109.4, 25.2]], "no_area"),
        ([[109.4], [109.5, 25.3], [109.6, 25.4]], "not_geojson"),
        ("ring", "not_geojson"),
        ([[0, 0], [90, 0], [0, 45], [0, 0]], "too_large"),
    ],
)
def test_what_is_no_boundary_is_refused(ring, code):
    """Bad geometry is a finding with a name, never an exception."""
    result = measured(feature(ring))

    assert (result.status, codes(result)) == ("refused", [code])
    assert result.contiguous_blocks_m2 == []


def test_a_boundary_outside_the_county_is_refused():
    """It catches longitude and latitude that changed places where both are possible."""
    result = measured(plot(FIELD), allowed_bbox=[110, 24, 111, 26])

    assert codes(result) == ["outside_allowed_bbox"]


def test_a_strip_narrower_than_its_accuracy_is_refused():
    """Two metres of width with fixes that err by three: a tape decides, not a phone."""
    assert codes(measured(plot(rectangle(80, 2), accuracy_m=5.0))) == ["narrower_than_accuracy"]
    assert codes(measured(plot(rectangle(80, 2), accuracy_m=0.5))) == []


def test_a_plot_larger_than_any_may_be_is_refused():
    """A slip in the boundary must not become money."""
    assert codes(measured(plot(rectangle(400, 400)), max_area_mu=200)) == ["too_large"]


def test_a_long_edge_is_looked_at():
    """Between two far points nothing was measured."""
    assert codes(measured(plot(FIELD), max_edge_m=45)) == ["long_edge"]


def test_a_hole_reaching_outside_is_looked_at_and_one_that_splits_is_refused():
    """What is taken out must lie in the plot; pieces are measured each by itself."""
    outer = positions(FIELD)
    over_the_edge = positions(rectangle(10, 10, east_m=45, north_m=10))
    across = positions(rectangle(10, 60, east_m=20, north_m=-10))

    outside = measured(feature(outer, over_the_edge))

    assert (outside.status, codes(outside)) == ("review", ["hole_outside"])
    assert (outside.issues[0].before_m2, outside.issues[0].after_m2) == pytest.approx((100, 50), rel=1e-6)
    assert codes(measured(feature(outer, across))) == ["hole_splits"]


def test_a_hole_along_the_boundary_lies_in_the_plot():
    """A house at the edge of the field shares its wall with the boundary, to the last rounding."""
    at_the_edge = positions(rectangle(10, 10, north_m=10))

    result = measured(feature(positions(FIELD), at_the_edge))

    assert (result.status, codes(result)) == ("ok", [])
    assert result.area_m2 == pytest.approx(1900, rel=1e-6)


def test_holes_that_overlap_are_taken_out_once_and_said_so():
    """Two outlines of one pond: what both hold is not land once, not twice."""
    ponds = [positions(rectangle(10, 10, east_m=10 + 5 * i, north_m=10 + 5 * i)) for i in range(2)]

    result = measured(feature(positions(FIELD), *ponds, accuracy_m=3))

    assert (result.status, codes(result)) == ("repaired", ["holes_overlap"])
    assert (result.issues[0].before_m2, result.issues[0].after_m2) == pytest.approx((200, 175), rel=1e-6)
    assert result.area_m2 == pytest.approx(1825, rel=1e-6)


def test_parts_of_a_plot_that_overlap_count_once_and_are_named():
    """A MultiPolygon whose parts lie on one another would be paid twice."""
    rings = [[positions(rectangle(50, 40, east_m=25 * i))] for i in range(2)]
    doubled = plot(FIELD) | {"geometry": {"type": "MultiPolygon", "coordinates": rings}}

    result = measured(doubled)

    assert (result.status, codes(result)) == ("review", ["parts_overlap", "large_repair"])
    assert (result.issues[0].before_m2, result.issues[0].after_m2) == pytest.approx((4000, 3000), rel=1e-6)
    assert result.area_m2 == pytest.approx(3000, rel=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_repair_is_idempotent(seed):
    """A repaired boundary measures the same when it is read again: it becomes the plot's outline."""
    first = measured(walk_feature(walk_xy(FIELD, seed=seed, past_m=8)))
    assert first.status != "refused"

    again = measured(feature(*first.plots[0].geometry["coordinates"]))

    assert [code for code in codes(again) if code != "duplicate_points"] == []
    assert again.area_m2 == pytest.approx(first.area_m2, rel=1e-7)


def test_the_cleaned_outline_of_a_tenth_of_a_mu_holds_its_area():
    """Written with nine decimals, a plot of 66 m² came back a millionth smaller or larger."""
    for seed in range(20):
        chance = np.random.default_rng(seed)
        turns = np.sort(chance.uniform(0, 2 * math.pi, 24))
        corners = 4.6 * chance.uniform(0.9, 1.1, (24, 1)) * np.column_stack((np.cos(turns), np.sin(turns)))
        first = measured(plot(corners.tolist()))

        assert measured(plot(FIELD) | {"geometry": first.geometry}).area_m2 == pytest.approx(first.area_m2, rel=1e-7)


def test_a_spiky_star_never_raises():
    """Ugly but measurable, or refused by name."""
    star = [
        (radius * math.cos(turn), radius * math.sin(turn))
        for i, turn in enumerate(i * math.pi * 0.7 for i in range(40))
        for radius in [30 if i % 2 else 10]
    ]

    assert measured(plot(star)).status in {"repaired", "review", "refused"}
