"""What only a walk has: stops, spikes, an end past the start, a datum that changes on the way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import measure
from geo.datum import gcj02_from_wgs84
from tests.geo.shapes import HERE, POLICY, rectangle, walk_feature, walk_xy

FIELD = rectangle(50, 40)


def codes(measurement):
    """The issues in their order."""
    return [issue.code for issue in measurement.issues]


def in_gcj02(xy):
    """The same places as a phone reports them that answers in GCJ-02."""
    return HERE.forward(gcj02_from_wgs84(HERE.inverse(xy)))


def with_stops(xy, *, seconds, wander_m, seed):
    """The phone held still a while at four places; it wanders as it does."""
    chance = np.random.default_rng(seed)
    pieces = []
    for piece in np.array_split(xy, 4):
        stop = piece[-1] + np.cumsum(chance.normal(0, wander_m, (seconds, 2)), axis=0)
        pieces += [piece, stop]
    return np.concatenate(pieces)


@pytest.mark.parametrize(
    "part",
    [slice(60, 120), slice(100, None), slice(0, 20), slice(40, 45)],
    ids=["middle", "end", "start", "five fixes"],
)
def test_a_datum_that_changes_on_the_way_is_refused_by_its_name(part):
    """An app in the background answers in another datum: half a kilometre of boundary nobody walked."""
    xy = walk_xy(FIELD, seed=4)
    xy[part] = in_gcj02(xy[part])

    result = measure([walk_feature(xy)], POLICY)

    assert (result.status, codes(result)) == ("refused", ["datum_switch"])


def test_other_jumps_are_no_change_of_datum():
    """As far, but elsewhere: a reflection, or a hole in the signal."""
    xy = walk_xy(FIELD, seed=4)
    shift = in_gcj02(xy[:1])[0] - xy[0]
    xy[40:100] += (-shift[1], shift[0])

    assert codes(measure([walk_feature(xy)], POLICY)) == ["track_displaced"]


def test_a_large_plot_as_wide_as_the_shift_is_no_change_of_datum():
    """A kilometre's walk crosses that distance step by step."""
    assert measure([walk_feature(walk_xy(rectangle(560, 300), seed=1))], POLICY).status in {"ok", "repaired"}


def test_a_single_spike_within_fifteen_metres_is_left_out():
    """Nobody runs ten metres and back within two seconds."""
    xy = walk_xy(FIELD, seed=4, sigma_m=0.5)
    calm = measure([walk_feature(xy)], POLICY)
    xy[30] += (0, -10)

    result = measure([walk_feature(xy)], POLICY)

    assert (result.status, codes(result)) == ("repaired", ["spikes"])
    assert result.issues[0].before_m2 != result.issues[0].after_m2
    assert result.area_m2 == pytest.approx(calm.area_m2, rel=0.01)


def test_stops_bias_neither_the_area_nor_its_tolerance():
    """A minute at each corner weighs no more than a corner."""
    areas, errors = [], []
    for seed in range(30):
        xy = walk_xy(FIELD, seed=seed)
        for track in (xy, with_stops(xy, seconds=60, wander_m=0.3, seed=seed)):
            result = measure([walk_feature(track)], POLICY)
            areas.append(result.area_m2)
            errors.append(result.area_se_m2)
    straight, stopped = np.array(areas).reshape(-1, 2).T
    straight_se, stopped_se = np.array(errors).reshape(-1, 2).T

    assert np.mean(stopped / straight) == pytest.approx(1, abs=0.02)
    assert np.mean(stopped_se / straight_se) == pytest.approx(1, abs=0.25)


def test_a_stop_is_named():
    """The ten seconds at the start that the phone asks for are one place on the boundary."""
    result = measure([walk_feature(with_stops(walk_xy(FIELD, seed=3), seconds=40, wander_m=0.1, seed=3))], POLICY)

    assert "stops_merged" in codes(result)
    assert result.status == "repaired"


def test_an_honest_walk_of_a_small_plot_is_rarely_sent_to_a_person():
    """Who closes at the start, as the phone asks, gives a person nothing to look at."""
    statuses = [measure([walk_feature(walk_xy(rectangle(20, 20), seed=seed))], POLICY).status for seed in range(60)]

    assert sum(status in {"review", "refused"} for status in statuses) <= 6


def test_the_far_side_of_a_narrow_plot_is_no_overlap():
    """Nine metres wide, fixes that err by three: the way back runs beside the beginning, and is boundary."""
    areas = []
    for seed in range(30):
        result = measure([walk_feature(walk_xy(rectangle(120, 9), seed=seed))], POLICY)
        assert all(abs(issue.before_m2 - issue.after_m2) < 60 for issue in result.issues if "overlap" in issue.code)
        areas.append(result.area_m2)

    assert np.median(areas) == pytest.approx(1080, rel=0.12)


def test_an_end_that_is_another_line_is_looked_at():
    """Four metres beside the beginning with a receiver good to centimetres is land, not error: a person looks."""
    corners = [(0, 0), (30, 0), (30, 30), (0, 30), (0, 0), (1, 4), (25, 4)]
    line = np.array(corners, dtype=float)
    along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))))
    xy = np.column_stack([np.interp(np.arange(0, along[-1], 1.0), along, line[:, axis]) for axis in (0, 1)])

    result = measure([walk_feature(xy, accuracy_m=0.05)], POLICY)

    assert "overlap_trimmed" in codes(result)
    assert result.status == "review"


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    past_m=st.sampled_from([0, 8, 20]),
    thrown=st.lists(st.tuples(st.integers(3, 140), st.floats(-400, 400), st.floats(-400, 400)), max_size=6),
)
def test_repair_is_idempotent_and_names_every_change(seed, past_m, thrown):
    """Whatever was thrown aside: the cleaned outline needs no cleaning, and no change of the area is silent."""
    xy = walk_xy(FIELD, seed=seed, past_m=past_m)
    for at, east_m, north_m in thrown:
        xy[at] += (east_m, north_m)
    first = measure([walk_feature(xy)], POLICY)
    if first.status == "refused":
        return

    cleaned = walk_feature(xy) | {"geometry": first.plots[0].geometry}
    cleaned["properties"] = {"plot_id": "a", "household_id": "ours", "accuracy_m": 0.0}
    again = measure([cleaned], POLICY)

    assert again.area_m2 == pytest.approx(first.area_m2, rel=1e-7)
    assert again.status == "ok"
    changes = [abs(issue.after_m2 - issue.before_m2) for issue in first.issues if issue.before_m2 is not None]
    if max(changes, default=0.0) > min(0.02 * first.area_m2, first.area_se_m2):
        assert first.status == "review"
    if first.status == "ok":
        raw = measure(
            [cleaned | {"geometry": {"type": "Polygon", "coordinates": first.plots[0].raw_geometry["coordinates"][0]}}],
            POLICY,
        )
        assert raw.area_m2 == pytest.approx(first.area_m2, rel=1e-6)
