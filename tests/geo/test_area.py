import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box

from geo.area import geodesic_area, land, ring_area_and_perimeter, union
from geo.errors import InvalidBoundary
from geo.plane import LocalPlane
from tests.geo.oracle import integrated_area_m2
from tests.geo.shapes import positions, rectangle

FIELD = positions(rectangle(100, 80))
POND = positions(rectangle(20, 20, east_m=40, north_m=30))


def by_geographiclib(ring):
    """Area and perimeter of a closed ring by the independent implementation."""
    polygon = Geodesic.WGS84.Polygon()
    for lon, lat in ring[:-1]:
        polygon.AddPoint(lat, lon)
    _, perimeter_m, area_m2 = polygon.Compute(False, True)
    return abs(area_m2), perimeter_m


@given(
    lon=st.floats(-180, 180),
    lat=st.floats(-89.9, 89.9),
    mu=st.floats(0.1, 200),
    stretch=st.floats(0.2, 5),
    corners=st.integers(3, 40),
)
def test_any_plot_anywhere_agrees_with_geographiclib(lon, lat, mu, stretch, corners):
    """
    An independent implementation is the judge, near the poles and across the antimeridian as well.

    GeographicLib itself rounds at about 2e-4 m², which a plot of 0.1 mu can see.
    """
    radius_m = (mu * 2000 / 3 / np.pi) ** 0.5
    turns = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    xy = radius_m * np.column_stack((stretch * np.cos(turns), np.sin(turns) / stretch))
    ring = positions(xy, LocalPlane(lon, lat))

    area_m2, perimeter_m = ring_area_and_perimeter(np.array(ring))

    expected_m2, expected_m = by_geographiclib(ring)
    assert abs(area_m2) == pytest.approx(expected_m2, rel=1e-6, abs=3e-4)
    assert perimeter_m == pytest.approx(expected_m, rel=1e-6)


@given(
    lon=st.floats(-180, 180),
    lat=st.floats(-90, 90),
    mu=st.floats(0.1, 200),
    stretch=st.floats(0.4, 2.5),
    corners=st.integers(3, 24),
)
@settings(max_examples=60)
def test_any_plot_anywhere_agrees_with_an_integral_to_a_millionth(lon, lat, mu, stretch, corners):
    """Free of GeographicLib's rounding the promise is shown for a tenth of a mu as well, poles and antimeridian too."""
    radius_m = (mu * 2000 / 3 / np.pi) ** 0.5
    turns = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    xy = radius_m * np.column_stack((stretch * np.cos(turns), np.sin(turns) / stretch))
    ring = positions(xy, LocalPlane(lon, lat))

    area_m2, _ = ring_area_and_perimeter(np.array(ring))

    assert abs(area_m2) == pytest.approx(integrated_area_m2(ring), rel=2e-7)


@pytest.mark.parametrize("place", [(109.4, 25.2), (180.0, -17.0), (12.0, 64.0)])
def test_the_judges_agree_with_each_other(place):
    """The integral is the same surface as GeographicLib's, within its rounding; it rounds more near the poles."""
    ring = positions(rectangle(300, 200), LocalPlane(*place))

    assert integrated_area_m2(ring) == pytest.approx(by_geographiclib(ring)[0], rel=1e-8, abs=1e-3)


@pytest.mark.parametrize("pond", [POND, POND[::-1]], ids=["same way", "other way"])
def test_a_pond_is_taken_out_of_the_field(pond):
    """Whichever way the inspector walked round the pond, no subsidy is paid for water."""
    area_m2 = geodesic_area(Polygon(FIELD, [pond]))

    assert area_m2 == pytest.approx(geodesic_area(Polygon(FIELD)) - geodesic_area(Polygon(POND)))


def test_a_boundary_that_crosses_itself_has_no_one_area():
    """A figure of eight adds up to nearly nothing, which looks like a measurement and is none."""
    with pytest.raises(InvalidBoundary):
        geodesic_area(Polygon([FIELD[0], FIELD[2], FIELD[1], FIELD[3]]))


def test_an_empty_polygon_has_no_area():
    """Nothing encloses nothing."""
    assert geodesic_area(Polygon()) == 0.0


def test_touching_boundaries_leave_no_land():
    """Overlays return lines and points where plots merely touch; only ground counts."""
    assert land(Point(0, 0)).is_empty
    assert land(box(0, 0, 1, 1).intersection(box(1, 0, 2, 1))).is_empty
    assert isinstance(land(MultiPolygon([box(0, 0, 1, 1)])), MultiPolygon)


def test_ground_in_two_shapes_counts_once():
    """Two plots of one household walked a few metres into each other are paid once."""
    assert union([box(0, 0, 2, 1), box(1, 0, 3, 1)]).area == pytest.approx(3.0)
