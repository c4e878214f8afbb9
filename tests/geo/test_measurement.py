import json
import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import measure
from geo.plane import LocalPlane
from tests.geo.shapes import POLICY, feature, plot, positions, rectangle, walk_feature, walk_xy

FIELD = rectangle(50, 40)
shape = st.lists(st.floats(20, 80), min_size=5, max_size=12)


def star(radii):
    """A simple polygon round the origin."""
    turns = [2 * math.pi * i / len(radii) for i in range(len(radii))]
    return [(radius * math.cos(turn), radius * math.sin(turn)) for radius, turn in zip(radii, turns, strict=True)]


@given(radii=shape, start=st.integers(0, 11), turned=st.booleans())
def test_neither_the_way_round_nor_the_first_corner_matters(radii, start, turned):
    """Two inspectors who begin elsewhere and walk the other way measure the same plot."""
    corners = star(radii)
    other = corners[start % len(corners) :] + corners[: start % len(corners)]

    first = measure([plot(corners, accuracy_m=3)], POLICY)
    second = measure([plot(other[::-1] if turned else other, accuracy_m=3)], POLICY)

    assert second.area_m2 == pytest.approx(first.area_m2, rel=1e-6)
    assert second.area_se_m2 == pytest.approx(first.area_se_m2, rel=1e-9)


@given(radii=shape, lon=st.floats(-180, 180))
def test_a_plot_is_as_large_along_its_parallel(radii, lon):
    """The ellipsoid is round: a plot moved east is the same plot."""
    corners = star(radii)

    moved = measure([plot(corners, plane=LocalPlane(lon, 25.2))], POLICY)

    assert moved.area_m2 == pytest.approx(measure([plot(corners)], POLICY).area_m2, rel=1e-6)


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=6, unique=True))
def test_plots_apart_add_up(places):
    """Additivity, on a grid of plots that share no ground."""
    plots = [plot(rectangle(30, 30, east_m=40 * x, north_m=40 * y), plot_id=str((x, y))) for x, y in places]

    result = measure(plots, POLICY)

    assert result.area_m2 == pytest.approx(900 * len(places), rel=1e-6)
    assert sum(result.contiguous_blocks_m2) == pytest.approx(result.area_m2)
    assert sum(one.area_m2 for one in result.plots) == pytest.approx(result.area_m2, rel=1e-6)


@given(st.lists(st.tuples(st.floats(0, 60), st.floats(0, 60)), min_size=2, max_size=5))
def test_the_union_is_never_larger_than_the_sum(places):
    """Ground walked twice is paid once."""
    plots = [plot(rectangle(30, 30, east_m=x, north_m=y), plot_id=str(i)) for i, (x, y) in enumerate(places)]

    result = measure(plots, POLICY)

    total = sum(one.area_m2 for one in result.plots)
    assert max(one.area_m2 for one in result.plots) * (1 - 1e-6) <= result.area_m2 <= total * (1 + 1e-6)


def test_the_households_overlapping_plots_count_once():
    """Twenty metres of the second plot lie in the first."""
    result = measure([plot(FIELD), plot(rectangle(50, 40, east_m=30), plot_id="b")], POLICY)

    assert result.area_m2 == pytest.approx(80 * 40, rel=1e-6)
    (lap,) = result.own_overlaps
    assert (lap.own_plot_id, lap.plot_id) == ("a", "b")
    assert lap.area_m2 == pytest.approx(800, rel=1e-6)
    (issue,) = result.issues
    assert (result.status, issue.code) == ("ok", "counted_once")
    assert (issue.before_m2, issue.after_m2) == pytest.approx((4000, 3200), rel=1e-6)


@pytest.mark.parametrize(
    ("gap_m", "blocks"),
    [(1.99, [4000]), (2.0, [4000]), (2.01, [2000, 2000])],
    ids=["below", "at the limit", "above"],
)
def test_blocks_join_at_the_gap(gap_m, blocks):
    """Real metres on the ground, not degrees."""
    second = plot(rectangle(50, 40, east_m=50 + gap_m), plot_id="b")

    result = measure([plot(FIELD), second], POLICY)

    assert result.contiguous_blocks_m2 == pytest.approx(blocks, rel=1e-6)


def test_only_blocks_at_the_minimum_are_accepted_and_nothing_is_rounded_before():
    """0.4999 mu is not half a mu, though it prints as 0.50."""
    short = plot(rectangle(333.267 / 20, 20))
    enough = plot(rectangle(334 / 20, 20, east_m=200), plot_id="b")

    result = measure([short, enough], POLICY)

    assert result.area_mu == pytest.approx(1.0009, abs=1e-4)
    assert result.accepted_area_m2 == pytest.approx(334, rel=1e-6)


@given(st.floats(5, 60), st.floats(5, 60))
def test_a_block_of_just_the_minimum_is_accepted(width_m, height_m):
    """Mu to square metres and back loses a last digit: the minimum must not be missed by it."""
    field = plot(rectangle(width_m, height_m))
    area_mu = measure([field], POLICY).area_mu

    result = measure([field], POLICY | {"min_block_mu": area_mu})

    assert result.accepted_area_m2 == result.area_m2


def parted(*outlines, **properties):
    """A plot of several polygons."""
    rings = [[positions(corners)] for corners in outlines]
    return plot(FIELD, **properties) | {"geometry": {"type": "MultiPolygon", "coordinates": rings}}


def test_parts_of_one_plot_are_one_block_only_when_they_touch():
    """Half a kilometre apart under one number, two scraps below the minimum would else be accepted together."""
    near, far = (parted(rectangle(15, 15), rectangle(15, 15, east_m=15 + gap_m)) for gap_m in (1.5, 500))

    together, apart = measure([near], POLICY), measure([far], POLICY)

    assert together.contiguous_blocks_m2 == pytest.approx([450], rel=1e-6)
    assert together.accepted_area_m2 == pytest.approx(450, rel=1e-6)
    assert [(join.first_plot_id, join.second_plot_id, join.joined) for join in together.joins] == [("a", "a", True)]
    assert apart.contiguous_blocks_m2 == pytest.approx([225, 225], rel=1e-6)
    assert (apart.accepted_area_m2, apart.area_m2) == (0.0, pytest.approx(450, rel=1e-6))
    assert [issue.code for issue in apart.issues] == ["parts_apart"]


def test_a_part_joins_the_plot_it_touches():
    """A plot on both sides of another is one block through it; an inspector's word goes for all of its parts."""
    around = parted(rectangle(15, 15), rectangle(15, 15, east_m=31), plot_id="b")
    between = plot(rectangle(15, 15, east_m=15.5), plot_id="c")
    apart = [{"first_plot_id": "b", "second_plot_id": "c", "joined": False}]

    assert measure([around, between], POLICY).contiguous_blocks_m2 == pytest.approx([675], rel=1e-6)
    stated = measure([around, between], POLICY | {"statements": apart})
    assert stated.contiguous_blocks_m2 == pytest.approx([225, 225, 225], rel=1e-6)
    assert {join.stated for join in stated.joins if join.first_plot_id != join.second_plot_id} == {False}


def test_a_gap_measured_without_error_is_decided():
    """Surveyed corners that touch leave nothing to be asked."""
    touching = plot(rectangle(50, 40, east_m=50, north_m=40), plot_id="b", accuracy_m=0.0)

    (join,) = measure([plot(FIELD, accuracy_m=0.0), touching], POLICY | {"gap_m": 0.0}).joins

    assert (join.joined, join.decided) == (True, True)


def test_a_join_that_gps_cannot_decide_is_marked():
    """A phone does not see a two-metre path; the inspector must say whether there is one."""
    second = {"plot_id": "b", "accuracy_m": 4.0}

    near = measure([plot(FIELD, accuracy_m=4.0), plot(rectangle(50, 40, east_m=53), **second)], POLICY)
    sure = measure(
        [plot(FIELD, accuracy_m=0.02), plot(rectangle(50, 40, east_m=53), **second | {"accuracy_m": 0.02})], POLICY
    )

    assert [(join.joined, join.decided) for join in near.joins] == [(False, False)]
    assert sure.joins == []


@pytest.mark.parametrize(
    ("claimed_mu", "verdict"), [(2.5, "pass"), (3.0, "within"), (3.05, "within"), (4.0, "fail"), (None, None)]
)
def test_a_claim_fails_only_when_its_excess_is_proven(claimed_mu, verdict):
    """Honest farmers must not be called liars by the error of a phone."""
    result = measure([plot(FIELD, accuracy_m=3.0)], POLICY | {"claimed_mu": claimed_mu})

    assert result.verdict == verdict


@given(st.floats(0.5, 8), st.floats(1.05, 3))
def test_the_interval_widens_with_the_accuracy_radius(accuracy_m, factor):
    """And the estimate stays where it is."""
    good = measure([plot(FIELD, accuracy_m=accuracy_m)], POLICY)
    bad = measure([plot(FIELD, accuracy_m=accuracy_m * factor)], POLICY)

    assert bad.area_low_m2 <= good.area_low_m2 <= good.area_m2 <= good.area_high_m2 <= bad.area_high_m2


@pytest.mark.parametrize("side_m", [45, 100], ids=["3 mu", "15 mu"])
def test_the_interval_agrees_with_the_pocket_rule(side_m):
    """Half width is about 0.4 × accuracy × perimeter: an inspector can check the figure in the head."""
    accuracy_m, half_m2 = 4.0, []
    for seed in range(20):
        xy = walk_xy(rectangle(side_m, side_m), seed=seed, sigma_m=accuracy_m / 1.51)
        result = measure([walk_feature(xy, accuracy_m=accuracy_m)], POLICY)
        half_m2.append(1.96 * result.area_se_m2)

    assert sum(half_m2) / len(half_m2) == pytest.approx(0.4 * accuracy_m * 4 * side_m, rel=0.45)


@pytest.mark.parametrize("side_m", [20, 45], ids=["0.6 mu", "3 mu"])
def test_the_interval_holds_the_truth(side_m):
    """Of 100 simulated walks at least 92 intervals hold the true area; 95 are promised."""
    held = 0
    for seed in range(100):
        result = measure([walk_feature(walk_xy(rectangle(side_m, side_m), seed=1000 + seed))], POLICY)
        held += result.area_low_m2 <= side_m**2 <= result.area_high_m2

    assert held >= 92


def test_others_overlaps_are_found_and_graded():
    """A strip of a metre is GPS; twenty metres are a second claim."""
    result = measure(
        [
            plot(FIELD, accuracy_m=3),
            plot(rectangle(50, 40, east_m=49), plot_id="b", household_id="theirs", accuracy_m=3),
            plot(rectangle(50, 40, north_m=20), plot_id="c", household_id="others", accuracy_m=3),
            plot(rectangle(50, 40, east_m=500), plot_id="d", household_id="far", accuracy_m=3),
        ],
        POLICY,
    )

    assert [(lap.plot_id, lap.overlap_class) for lap in result.overlaps] == [
        ("b", "within_tolerance"),
        ("c", "significant"),
    ]
    assert result.overlap_class == "significant"
    assert result.overlaps[1].area_m2 == pytest.approx(1000, rel=1e-6)


def test_a_neighbours_broken_outline_does_not_refuse_ours():
    """Old records hold all sorts of shapes."""
    broken = plot([(0, 0), (50, 40), (50, 0), (0, 40)], plot_id="b", household_id="theirs")

    assert measure([plot(FIELD), broken], POLICY).status == "ok"


def test_a_household_without_plots_is_refused():
    """Nothing asked, nothing measured."""
    result = measure([plot(FIELD, household_id="theirs")], POLICY)

    assert (result.status, result.issues[0].code) == ("refused", "no_plots")


def test_a_hole_is_no_land_and_no_gap_in_the_block():
    """The farmhouse is taken out; its perimeter is walked as well."""
    house = positions(rectangle(10, 10, east_m=20, north_m=15))

    result = measure([feature(positions(FIELD), house)], POLICY)

    assert result.area_m2 == pytest.approx(1900, rel=1e-6)
    assert result.perimeter_m == pytest.approx(220, rel=1e-6)


EDGES_OF_THE_MAP = {
    "antimeridian": LocalPlane(180.0, -17.0),
    "north pole": LocalPlane(0.0, 90.0),
    "near the south pole": LocalPlane(77.0, -89.9993),
    "east of the antimeridian": LocalPlane(-179.9999, 65.0),
}


@pytest.mark.parametrize("plane", EDGES_OF_THE_MAP.values(), ids=EDGES_OF_THE_MAP.keys())
def test_the_edges_of_the_map_are_no_edges_of_the_land(plane):
    """Nobody plants there, but a wrong figure anywhere is a wrong formula: area, block, overlap and its geometry."""
    ours = [
        plot(rectangle(60, 40, east_m=-30, north_m=-20), plane=plane, accuracy_m=1),
        plot(rectangle(60, 40, east_m=31, north_m=-20), plane=plane, plot_id="b", accuracy_m=1),
    ]
    theirs = plot(
        rectangle(60, 40, east_m=-30, north_m=10), plane=plane, plot_id="c", household_id="theirs", accuracy_m=1
    )
    apart = plot(rectangle(60, 40, east_m=-30, north_m=100), plane=plane, plot_id="d", household_id="far")

    result = measure([*ours, theirs, apart], POLICY)

    assert result.area_m2 == pytest.approx(4800, rel=1e-6)
    assert result.contiguous_blocks_m2 == pytest.approx([4800], rel=1e-6)
    assert [(join.gap_m, join.joined) for join in result.joins] == [(pytest.approx(1, abs=1e-6), True)]
    assert [(lap.plot_id, lap.area_m2) for lap in result.overlaps] == [("c", pytest.approx(600, rel=1e-6))]
    again = measure([plot(FIELD) | {"geometry": result.overlaps[0].geometry}], POLICY)
    assert again.area_m2 == pytest.approx(600, rel=1e-5)
    assert measure([ours[0] | {"geometry": result.geometry}], POLICY).area_m2 == pytest.approx(4800, rel=1e-6)


@given(radii=shape, turn=st.floats(0, 2 * math.pi), east_m=st.floats(-2000, 2000), north_m=st.floats(-500, 500))
def test_a_plot_turned_or_moved_is_as_large(radii, turn, east_m, north_m):
    """Rotation and translation in the plane of the field change neither the area nor its tolerance."""
    corners = star(radii)
    cosine, sine = math.cos(turn), math.sin(turn)
    moved = [(east_m + x * cosine - y * sine, north_m + x * sine + y * cosine) for x, y in corners]

    first = measure([plot(corners, accuracy_m=3)], POLICY)
    second = measure([plot(moved, accuracy_m=3)], POLICY)

    assert second.area_m2 == pytest.approx(first.area_m2, rel=1e-6)
    assert second.area_se_m2 == pytest.approx(first.area_se_m2, rel=1e-6)


def village(count, corners=12):
    """Plots of other households on a grid, sixty metres apart."""
    outline = star([22] * corners)
    return [
        plot(
            [(25 + 60 * (i % 45) + x, 20 + 60 * (i // 45) + y) for x, y in outline],
            plot_id=str(i),
            household_id=f"household {i}",
            accuracy_m=4,
        )
        for i in range(count)
    ]


def best_of(times, work):
    """Processor seconds of the quickest run: by the clock, a busy machine would be measured, not the work."""
    durations = []
    for _ in range(times):
        began = time.process_time()
        work()
        durations.append(time.process_time() - began)
    return min(durations)


def test_two_thousand_neighbours_cost_little_more_than_none():
    """A township's plots are handed over as they are; those far away are sorted out unread."""
    ours, others = plot(FIELD, accuracy_m=3), village(2000)

    assert len(measure([ours, *others], POLICY).overlaps) == 1
    assert best_of(5, lambda: measure([ours, *others], POLICY)) < 0.06


def test_twenty_thousand_vertices_are_no_trouble():
    """A drone's outline, clean or with a thousand small loops: never quadratic."""
    turns = np.linspace(0, 2 * math.pi, 20_000, endpoint=False)
    ring = 300 * np.column_stack((np.cos(turns), np.sin(turns)))
    knotted = ring + np.random.default_rng(1).normal(0, 0.2, ring.shape)

    clean, tangled = plot(ring.tolist()), plot(knotted.tolist())

    assert measure([clean], POLICY).area_m2 == pytest.approx(math.pi * 300**2, rel=1e-5)
    assert measure([tangled], POLICY).area_m2 == pytest.approx(math.pi * 300**2, rel=5e-3)
    assert best_of(2, lambda: measure([clean], POLICY)) < 1.5
    assert best_of(2, lambda: measure([tangled], POLICY)) < 6


def test_to_dict_is_json():
    """The command line and the archive write it as it is."""
    near = plot(rectangle(50, 40, east_m=30), plot_id="b", household_id="theirs")
    written = json.loads(json.dumps(measure([plot(FIELD, accuracy_m=3), near], POLICY).to_dict()))

    assert written["overlaps"][0]["geometry"]["type"] == "Polygon"
    assert written["plots"][0]["raw_geometry"]["coordinates"][0][0][0] == pytest.approx([109.4, 25.2])


def test_a_policy_may_be_an_object():
    """The rules hand over their own struct."""

    class Asked:
        household_id = "ours"
        gap_m = 2.0
        min_block_mu = 0.5

    assert measure([plot(FIELD)], Asked()).area_m2 == measure([plot(FIELD)], POLICY).area_m2
    with pytest.raises(KeyError, match="gap_m"):
        measure([plot(FIELD)], {"min_block_mu": 0.5})


@pytest.mark.parametrize("past_m", [0, 200])
def test_a_walk_of_twenty_minutes_measures_at_once(past_m):
    """A thousand evaluations must not keep the county waiting; the best of seven, for a busy machine."""
    walk = walk_feature(walk_xy(rectangle(360, 360), seed=1, past_m=past_m))

    assert best_of(7, lambda: measure([walk], POLICY)) < 0.05


@pytest.mark.parametrize(
    "policy",
    [
        {"gap_m": "2"},
        {"gap_m": -1},
        {"confidence": 1.0},
        {"min_block_mu": None},
        {"allowed_bbox": [1, 2, 3]},
        {"allowed_bbox": [1, 2, 3, "4"]},
        {"allowed_bbox": 5},
        {"allowed_bbox": [109, 26, 110, 24]},
        {"claimed_mu": float("nan")},
    ],
)
def test_a_broken_policy_is_an_error(policy):
    """Bad geometry is a finding; a bad policy is a mistake of ours, and must not measure anything."""
    with pytest.raises(ValueError):
        measure([plot(FIELD)], POLICY | policy)


def test_an_allowed_box_may_cross_the_antimeridian():
    """West above east, as RFC 7946 has it."""
    near = plot(FIELD, plane=LocalPlane(179.9999, -17.0))

    assert measure([near], POLICY | {"allowed_bbox": [179, -18, -179, -16]}).status == "ok"
    assert measure([near], POLICY | {"allowed_bbox": [-179, -18, 179, -16]}).status == "refused"


def test_a_calibrated_phone_is_measured_with_what_its_walks_taught():
    """Its own scale and its own bias, both in the policy; the correction is named with the area before and after."""
    walk = walk_feature(walk_xy(FIELD, seed=1))
    walk["properties"]["phone_model"] = "P60"
    plain = measure([walk], POLICY)

    known = measure([walk], POLICY | {"calibration": {"P60": {"sigma_scale": 0.5, "bias_share": 0.02}}})
    other = measure([walk], POLICY | {"calibration": {"P50": {"sigma_scale": 0.5}}})

    assert known.area_m2 == pytest.approx(plain.area_m2 / 1.02, rel=1e-6)
    assert known.area_se_m2 < 0.6 * plain.area_se_m2
    assert [issue.code for issue in known.issues][-1] == "bias_corrected"
    assert other.area_m2 == plain.area_m2


def test_calibrated_laps_keep_their_mean():
    """Bias and laps together: the outline still has the area that is paid."""
    walks = [walk_feature(walk_xy(FIELD, seed=seed)) for seed in (1, 2)]
    for walk in walks:
        walk["properties"]["phone_model"] = "P60"
    plain = measure(walks, POLICY)

    known = measure(walks, POLICY | {"calibration": {"P60": {"bias_share": -0.03}}})

    assert known.area_m2 == pytest.approx(plain.area_m2 / 0.97, rel=1e-3)
    assert known.laps == 2
