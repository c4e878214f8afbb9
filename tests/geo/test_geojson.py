import json
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import measure
from geo.errors import BoundaryRefused
from geo.geojson import read_features
from tests.geo.shapes import POLICY, feature, plot, positions, rectangle, walk_feature, walk_xy

FIELD = rectangle(50, 40)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["type", "a"]), inner, max_size=3),
    max_leaves=12,
)


def test_a_collection_a_feature_and_a_list_are_the_same():
    """Callers hold whichever they hold."""
    one = plot(rectangle(30, 30))

    areas = {measure(form, POLICY).area_m2 for form in (one, [one], {"type": "FeatureCollection", "features": [one]})}

    assert len(areas) == 1


@pytest.mark.parametrize("nonsense", [None, 3, "x", {"type": "FeatureCollection"}, {"features": 1}])
def test_what_is_no_collection_is_refused(nonsense):
    """A refusal for `measure`, an error with its code for who reads features alone."""
    assert measure(nonsense, POLICY).issues[0].code == "not_geojson"
    with pytest.raises(BoundaryRefused):
        read_features(nonsense)


@given(geometry=anything, properties=anything, coordinates=anything, accuracy_m=anything, timestamps_s=anything)
def test_no_json_makes_it_raise(geometry, properties, coordinates, accuracy_m, timestamps_s):
    """Whatever a broken client sends, the answer is a measurement."""
    polygon = {"type": "Polygon", "coordinates": coordinates}
    said = {"household_id": "ours", "accuracy_m": accuracy_m, "timestamps_s": timestamps_s, "capture": "walk"}
    sane = feature(positions(rectangle(30, 30)), accuracy_m=accuracy_m, capture="walk", timestamps_s=timestamps_s)

    for broken in (
        [geometry],
        [{"type": "Feature", "geometry": geometry, "properties": properties}],
        [{"type": "Feature", "geometry": polygon, "properties": said}],
        [sane],
    ):
        assert measure(broken, POLICY | {"household_id": None}).status in {"ok", "repaired", "review", "refused"}


number = (
    st.floats() | st.integers() | st.sampled_from([109.4, 109.4001, 25.2, 25.2001, 180.0, -180.0, 90.0, 1e308, 0.0])
)
position = st.lists(number, min_size=1, max_size=3)
wild_ring = st.lists(position | anything, max_size=8)
near_ring = st.lists(st.tuples(st.floats(109.4, 109.401), st.floats(25.2, 25.201)), min_size=3, max_size=12)
word = st.sampled_from(["a", "b", "ours", "theirs", "walk", "vertices", "declared", "GCJ02", "CGCS2000", "WGS84"])
wild_feature = st.fixed_dictionaries(
    {
        "geometry": st.fixed_dictionaries(
            {
                "type": st.sampled_from(["Polygon", "MultiPolygon", "Point"]),
                "coordinates": st.lists(near_ring | wild_ring, max_size=3)
                | st.lists(st.lists(near_ring | wild_ring, max_size=2), max_size=2),
            }
        )
    },
    optional={
        "type": word,
        "properties": st.dictionaries(
            st.sampled_from(
                ["plot_id", "household_id", "datum", "capture", "role", "accuracy_m", "timestamps_s", "phone_model"]
            ),
            word | anything | number,
            max_size=7,
        )
        | anything,
    },
)


@settings(max_examples=300)
@given(st.lists(wild_feature | anything, max_size=5))
def test_no_collection_makes_it_raise(features):
    """Nearly right is worse than nonsense: rings beside each other, wrong words, figures no float can hold."""
    ours = plot(rectangle(30, 30))

    for household_id in (None, "ours"):
        result = measure([*features, ours], POLICY | {"household_id": household_id})
        assert result.status in {"ok", "repaired", "review", "refused"}
        json.dumps(result.to_dict(), allow_nan=False)
        assert result.area_low_m2 <= result.area_m2 <= result.area_high_m2


def test_altitude_is_left_aside():
    """Land is counted as horizontal area."""
    flat = positions(rectangle(30, 30))
    high = [[lon, lat, 800.0] for lon, lat in flat]

    assert measure([feature(high)], POLICY).area_m2 == measure([feature(flat)], POLICY).area_m2


@pytest.mark.parametrize("accuracy", [4, [[4] * 5], [4] * 5], ids=["a number", "beside each ring", "beside the ring"])
def test_accuracy_may_be_given_in_three_ways(accuracy):
    """One number, or arrays parallel to the rings."""
    assert measure([plot(rectangle(30, 30), accuracy_m=accuracy)], POLICY).area_se_m2 > 0


def test_unknown_accuracy_is_assumed_and_said_so():
    """An old outline states none; a tolerance of nothing would be a lie."""
    result = measure([plot(rectangle(30, 30), accuracy_m=None)], POLICY)

    assert [issue.code for issue in result.issues] == ["accuracy_unknown"]
    assert result.status == "ok"
    assert result.area_se_m2 > 0


def test_some_accuracies_unknown_are_filled_in_and_said_so():
    """A phone that lost its signal for a moment states none there."""
    result = measure([plot(rectangle(30, 30), accuracy_m=[[4, None, 4, None, 4]])], POLICY)

    assert [issue.code for issue in result.issues] == ["accuracy_filled"]
    assert result.area_se_m2 == pytest.approx(measure([plot(rectangle(30, 30), accuracy_m=4)], POLICY).area_se_m2)


def test_a_walk_is_never_without_error():
    """Phones state 0 m where they know nothing; an interval of nothing would prove any claim."""
    walk = walk_feature(walk_xy(FIELD, seed=1), accuracy_m=0.0)

    result = measure([walk], POLICY)

    assert "accuracy_unknown" in [issue.code for issue in result.issues]
    assert result.area_se_m2 > 100


@pytest.mark.parametrize("accuracy", [1e9, 1e300])
def test_an_accuracy_wider_than_the_earth_is_no_overflow(accuracy):
    """Refused by name, with figures that JSON can hold."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = measure([plot(rectangle(30, 30), accuracy_m=accuracy)], POLICY)

    assert [issue.code for issue in result.issues] == ["narrower_than_accuracy"]
    json.dumps(result.to_dict(), allow_nan=False)


@pytest.mark.parametrize("capture", ["Walk", "gps", "", 1, ["walk"]])
def test_an_unknown_capture_is_refused(capture):
    """Taken as separate corners, the fixes of a walk would get a third of the tolerance they need, in silence."""
    result = measure([plot(FIELD, accuracy_m=4, capture=capture)], POLICY)

    assert (result.status, [issue.code for issue in result.issues]) == ("refused", ["capture_unknown"])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_json_cannot_hold_comes_back_as_null(value):
    """The raw positions stand beside the cleaned ones even when they are none; the record is JSON all the same."""
    ring = positions(FIELD)
    ring[1][0] = value

    written = json.loads(json.dumps(measure([feature(ring)], POLICY).to_dict(), allow_nan=False))

    assert written["status"] == "refused"
    assert written["plots"][0]["raw_geometry"]["coordinates"][0][0][1] == [None, ring[1][1]]


def test_names_that_are_lists_name_nothing():
    """However deep they are: a sentence must not be built of them."""
    deep = []
    for _ in range(100_000):
        deep = [deep]

    result = measure([plot(FIELD, plot_id=deep, datum=deep), plot(FIELD, household_id=deep)], POLICY)

    assert [(plot.plot_id, plot.status) for plot in result.plots] == [(None, "refused")]


def test_a_multipolygon_is_one_plot_of_several_parts():
    """A plot may lie on both sides of a stream."""
    parts = [[positions(rectangle(30, 30))], [positions(rectangle(30, 30, east_m=50))]]
    two = plot(rectangle(1, 1)) | {"geometry": {"type": "MultiPolygon", "coordinates": parts}}

    assert measure([two], POLICY).area_m2 == pytest.approx(1800, rel=1e-6)
