import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.units import interval_factor, m2_to_mu, mu_to_m2, sigma_per_radius


def test_a_mu_is_two_thirds_of_a_thousand_square_metres():
    """666 or 667 would be a tenth of a per cent: 4,000 yuan of the programme."""
    assert m2_to_mu(2000.0) == 3.0
    assert mu_to_m2(0.3) == pytest.approx(200.0)


@given(st.floats(0, 1e9))
def test_there_and_back_is_the_same_area(area_m2):
    """Thresholds are given in mu and compared in square metres."""
    assert mu_to_m2(m2_to_mu(area_m2)) == pytest.approx(area_m2, rel=1e-15)


def test_accuracy_means_different_radii():
    """Android's radius holds 68 % of the fixes, the W3C's 95 %: a factor of 1.6 in sigma."""
    assert 1 / sigma_per_radius(0.68) == pytest.approx(1.51, abs=0.005)
    assert 1 / sigma_per_radius(0.95) == pytest.approx(2.45, abs=0.005)


def test_ninety_five_per_cent_is_nearly_two_standard_errors():
    """The interval shown to the farmer."""
    assert interval_factor(0.95) == pytest.approx(1.96, abs=0.001)
