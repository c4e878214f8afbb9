import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.area import CGCS2000
from geo.plane import LocalPlane

anywhere = {"lon": st.floats(-180, 180), "lat": st.floats(-90, 90)}
offset = st.floats(-5000, 5000)


@given(**anywhere, east_m=offset, north_m=offset)
def test_a_place_comes_back_where_it_was(lon, lat, east_m, north_m):
    """Cleaning happens in the plane; going there and back must not move a boundary."""
    plane = LocalPlane(lon, lat)
    xy = np.array([[east_m, north_m]])

    assert plane.forward(plane.inverse(xy)) == pytest.approx(xy, abs=1e-6)


@given(**anywhere, east_m=st.floats(-500, 500), north_m=st.floats(-500, 500))
def test_distances_in_the_plane_are_metres(lon, lat, east_m, north_m):
    """The gap between two plots is compared with a policy's metres."""
    plane = LocalPlane(lon, lat)
    there = plane.inverse(np.array([[east_m, north_m]]))[0]

    _, _, distance_m = CGCS2000.inv(lon, lat, *there)

    assert distance_m == pytest.approx(np.hypot(east_m, north_m), rel=1e-6, abs=1e-6)


def test_the_other_side_of_the_earth_has_no_place():
    """A projection straight through the earth would put the antipode onto the plot."""
    assert np.isnan(LocalPlane(109.4, 25.2).forward(np.array([[-70.6, -25.2]]))).all()
