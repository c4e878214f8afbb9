import msgspec
import numpy as np
import pytest

from inspections.evidence import clock_right, photo_fact
from inspections.policy import EvidenceLimits
from inspections.submissions import ManifestPhoto
from tests.inspections.factories import HERE, make_photo, polygon

LIMITS = EvidenceLimits()


def photo(**changes):
    """A photo as read."""
    return msgspec.convert(make_photo(**changes), ManifestPhoto)


def taken_at(east_m, north_m, accuracy_m=4.0):
    """A photo taken so many metres from the plot's corner."""
    lon, lat = HERE.inverse(np.array([[east_m, north_m]])).tolist()[0]
    return photo(
        position={"lon": lon, "lat": lat, "accuracy_m": accuracy_m, "fixed_at": "2026-03-01T02:10:00Z"},
    )


@pytest.mark.parametrize(
    ("east_m", "distance_m", "near"), [(25, 0, True), (80, 30, True), (103, 53, True), (110, 60, False)]
)
def test_a_photo_is_near_within_the_limit_and_its_own_accuracy(east_m, distance_m, near):
    """A panorama is taken from the path; a fix is never better than it says."""
    fact = photo_fact(taken_at(east_m, 20), polygon(50, 40), LIMITS)

    assert fact.distance_m == pytest.approx(distance_m, abs=0.01)
    assert fact.near is near


def test_what_is_unknown_stays_unknown():
    """No position, no plot, no clock: nothing is claimed."""
    nowhere = photo_fact(photo(position=None, clock_offset_ms=None), polygon(50, 40), LIMITS)
    no_plot = photo_fact(photo(), None, LIMITS)

    assert (nowhere.distance_m, nowhere.near, nowhere.clock_offset_s, nowhere.clock_right) == (None,) * 4
    assert (no_plot.distance_m, no_plot.near) == (None, None)


@pytest.mark.parametrize(("offset_ms", "right"), [(300_000, True), (-300_001, False), (0, True), (None, None)])
def test_a_clock_more_than_five_minutes_off_is_flagged(offset_ms, right):
    """A changed clock is the known way to forge a photo's time."""
    assert clock_right(offset_ms, LIMITS) is right
