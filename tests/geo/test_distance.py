import pytest

from geo.distance import distance_from_land_m
from tests.geo.shapes import positions, rectangle

FIELD = {"type": "Polygon", "coordinates": [positions(rectangle(50, 40))]}


@pytest.mark.parametrize(
    ("spot", "metres"), [((25, 20), 0.0), ((80, 20), 30.0), ((53, 44), 5.0)], ids=["inside", "beside", "at a corner"]
)
def test_a_photo_is_so_far_from_the_plot(spot, metres):
    """Inside is no distance at all: most photos are taken there."""
    ((lon, lat),) = positions([spot], close=False)

    assert distance_from_land_m(lon, lat, FIELD) == pytest.approx(metres, abs=1e-3)


def test_a_position_from_another_country_has_no_distance():
    """The plane ends at 200 km."""
    assert distance_from_land_m(2.35, 48.85, FIELD) is None


def test_a_pond_is_not_the_plot():
    """Holes are not land for photos either."""
    pond = positions(rectangle(20, 20, east_m=10, north_m=10))
    lon, lat = positions([(20, 20)], close=False)[0]

    assert distance_from_land_m(lon, lat, {"type": "Polygon", "coordinates": [*FIELD["coordinates"], pond]}) > 9.9
