import pytest
from shapely import box

from geo.overlaps import classify, mean_depth_m, overlap_pairs


def test_a_shared_edge_is_no_overlap():
    """Real neighbours share their edge."""
    assert overlap_pairs([box(0, 0, 10, 10)], [box(10, 0, 20, 10), box(0, 10, 10, 20)]) == []


def test_the_land_both_claim_is_found():
    """Index of ours, index of theirs, and the ground."""
    ((ours, theirs, shared),) = overlap_pairs([box(0, 0, 10, 10)], [box(50, 0, 60, 10), box(8, 0, 20, 10)])

    assert (ours, theirs) == (0, 1)
    assert shared.area == pytest.approx(20)


def test_depth_of_a_strip_is_about_its_width():
    """A strip of one metre along a long edge is GPS, not a claim."""
    assert mean_depth_m(box(0, 0, 1, 100)) == pytest.approx(1, rel=0.02)


def test_deep_or_large_overlaps_are_significant():
    """A quarter of a small plot matters even where it lies within the error of the fixes."""
    assert classify(1.0, 5.0, 0.05) == "within_tolerance"
    assert classify(6.0, 5.0, 0.05) == "significant"
    assert classify(1.0, 5.0, 0.30) == "significant"
