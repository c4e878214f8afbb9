import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import measure
from geo.area import CGCS2000
from geo.datum import EAST, NORTH, SOUTH, WEST, gcj02_from_wgs84, gcj02_shift_deg, wgs84_from_gcj02
from tests.geo.shapes import POLICY, feature, plot, positions, rectangle

# A kilometre inside, so that the shift does not carry a place across the region's edge.
china = st.tuples(st.floats(WEST + 0.02, EAST - 0.02), st.floats(SOUTH + 0.02, NORTH - 0.02))
elsewhere = st.tuples(st.floats(-180, WEST - 0.02) | st.floats(EAST + 0.02, 180), st.floats(-90, 90)) | st.tuples(
    st.floats(-180, 180), st.floats(-90, SOUTH - 0.02) | st.floats(NORTH + 0.02, 90)
)


@given(china)
def test_there_and_back_is_the_same_place_within_a_centimetre(place):
    """Converting a boundary must not move it; the formula's usual one-step inverse is metres off."""
    here = np.array([place])

    back = wgs84_from_gcj02(gcj02_from_wgs84(here))[0]

    assert CGCS2000.inv(*place, *back)[2] < 0.01


@given(elsewhere)
def test_elsewhere_nothing_is_moved(place):
    """Other countries' maps are not shifted."""
    here = np.array([place])

    assert (gcj02_from_wgs84(here) == here).all()
    assert (wgs84_from_gcj02(here) == here).all()
    assert gcj02_shift_deg(*place) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    ],
    ids=["Shanghai", "Shenzhen", "Beijing"],
)
def test_published_pairs_are_met(wgs84, gcj02):
    """The pairs that implementations of the reconstruction test themselves by."""
    assert gcj02_from_wgs84(np.array([wgs84]))[0] == pytest.approx(gcj02, abs=1e-9)


def test_a_plot_in_gcj02_is_measured_where_it_lies_and_said_so():
    """Area and neighbours are those of WGS 84; what was captured stays on record as it was."""
    true = positions(rectangle(50, 40))
    shifted = gcj02_from_wgs84(np.array(true)).tolist()

    result = measure([feature(shifted, datum="GCJ02")], POLICY)

    (one,), (issue,) = result.plots, result.issues
    assert result.area_m2 == pytest.approx(2000, rel=1e-6)
    assert (one.datum, issue.code, result.status) == ("GCJ02", "datum_converted", "repaired")
    assert issue.before_m2 != pytest.approx(issue.after_m2, rel=1e-6)
    assert one.raw_geometry["coordinates"][0][0] == shifted
    assert one.geometry["coordinates"][0][0] == pytest.approx(true[0], abs=1e-6)


def test_cgcs2000_is_taken_as_wgs84_and_said_so():
    """Centimetres apart: nothing is converted, and nothing hidden."""
    result = measure([plot(rectangle(50, 40), datum="CGCS2000")], POLICY)

    assert (result.status, [issue.code for issue in result.issues]) == ("ok", ["datum_cgcs2000"])
    assert result.plots[0].datum == "CGCS2000"


@pytest.mark.parametrize("datum", ["BD09", 4326, ["WGS84"], {}])
def test_an_unknown_datum_is_refused(datum):
    """Nobody can say where such a plot lies."""
    assert measure([plot(rectangle(50, 40), datum=datum)], POLICY).issues[0].code == "datum_unsupported"
