import numpy as np
import pytest

from geo import measure
from geo.datum import gcj02_from_wgs84, wgs84_from_gcj02
from tests.geo.shapes import POLICY, feature, plot, positions, rectangle, walk_feature, walk_xy

ODD = [(0, 0), (60, 5), (70, 40), (30, 55), (5, 35)]


def moved(corners, convert):
    """Corners in metres to a ring that another datum has moved."""
    return convert(np.array(positions(corners))).tolist()


def suspects(measurement):
    """The plots whose datum is in question."""
    return [issue.message_en for issue in measurement.issues if issue.code == "datum_suspect"]


@pytest.mark.parametrize(
    ("convert", "whose"), [(gcj02_from_wgs84, "the other"), (wgs84_from_gcj02, "this plot")], ids=["theirs", "ours"]
)
def test_a_second_claim_hidden_by_the_shift_is_found(convert, whose):
    """Half a kilometre apart on the map, one plot on the ground: the overlap alone shows nothing."""
    theirs = feature(moved(ODD, convert), plot_id="b", household_id="theirs")

    result = measure([plot(ODD), theirs], POLICY)

    (sentence,) = suspects(result)
    assert result.status == "review"
    assert result.overlaps == []
    assert f"{whose} fits plot b of theirs" in sentence


def test_walks_of_one_plot_are_similar_enough():
    """Neither outline is exact."""
    xy = walk_xy(ODD, seed=2)
    theirs = walk_feature(walk_xy(ODD, seed=3), plot_id="b", household_id="theirs")
    ring = theirs["geometry"]["coordinates"][0]
    theirs["geometry"]["coordinates"] = [gcj02_from_wgs84(np.array(ring)).tolist()]

    assert len(suspects(measure([walk_feature(xy), theirs], POLICY))) == 1


def test_the_ledgers_outline_of_the_plot_is_compared_and_never_measured():
    """The declaration came from a map in GCJ-02: the walk is right, the outline is not."""
    declared = feature(moved(ODD, gcj02_from_wgs84), role="declared")

    result = measure([plot(ODD), declared], POLICY)

    assert len(suspects(result)) == 1
    assert [one.plot_id for one in result.plots] == ["a"]
    assert suspects(measure([plot(ODD), feature(positions(ODD), role="declared")], POLICY)) == []


def test_neighbours_and_strangers_are_not_suspected():
    """Other forms at that distance, and a real overlap where the plot stands, are what they are."""
    stranger = feature(moved(rectangle(200, 20), gcj02_from_wgs84), plot_id="b", household_id="theirs")
    double = plot(ODD, plot_id="c", household_id="theirs")

    result = measure([plot(ODD), stranger, double], POLICY)

    assert suspects(result) == []
    assert result.overlap_class == "significant"


def test_outside_the_region_there_is_no_shift():
    """Europe has no GCJ-02."""
    from geo.plane import LocalPlane

    rome = LocalPlane(12.5, 41.9)
    assert suspects(measure([plot(ODD, plane=rome), plot(ODD, plane=rome, household_id="theirs")], POLICY)) == []
