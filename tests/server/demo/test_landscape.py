"""The invented county must look like land, or everything tried on it proves nothing."""

from collections import Counter, defaultdict
from itertools import combinations

import pytest
from shapely import Polygon

from geo.area import geodesic_area
from geo.units import m2_to_mu
from server.demo.landscape import TOWNSHIPS, Landscape, make_landscape


@pytest.fixture(scope="module")
def land() -> Landscape:
    """The demonstration everybody sees."""
    return make_landscape()


def test_a_seed_makes_the_same_county_again(land):
    """A bug report from the demonstration can be followed on any machine."""
    assert make_landscape(2026) == land


def test_another_seed_makes_another_county(land):
    """Else the test above would pass on a county that knows no seed."""
    other = make_landscape(7)

    assert {plot.ring for plot in other.plots}.isdisjoint(plot.ring for plot in land.plots)
    assert {plot.id for plot in other.plots}.isdisjoint(plot.id for plot in land.plots)


def test_counts_and_codes(land):
    """A village's code begins with its township's, that with the county's: scopes are prefixes."""
    levels = Counter(region.level for region in land.regions)

    assert levels == {"county": 1, "township": 3, "village": 12}
    assert {(region.level, len(region.code)) for region in land.regions} == {
        ("county", 6),
        ("township", 9),
        ("village", 12),
    }
    assert all(region.code.startswith("450224") for region in land.regions)
    assert (len(land.households), len(land.plots), len(land.tasks)) == (120, 144, 144)
    assert len({household.code for household in land.households}) == 120


def test_every_outline_is_sound_and_of_a_size_that_occurs(land):
    """Closed, uncrossed, with several corners, between 0.4 and 9 mu."""
    for plot in land.plots:
        assert plot.ring[0] == plot.ring[-1]
        assert len(set(plot.ring)) == len(plot.ring) - 1 >= 8
        assert Polygon(plot.ring).is_valid
        assert 0.4 <= plot.true_mu <= 9


def test_the_true_area_is_the_geodesic_one(land):
    """The plane the fields are drawn in and the ellipsoid they are measured on differ by less than the last digit."""
    for plot in land.plots:
        assert m2_to_mu(geodesic_area(Polygon(plot.ring))) == pytest.approx(plot.true_mu, rel=1e-6)


def test_neighbours_share_edges_and_no_ground(land):
    """Where two fields meet they carry the same points, so neither a gap nor an overlap is an accident of drawing."""
    shared = 0
    for village in _by_village(land).values():
        for one, other in combinations(village, 2):
            a, b = Polygon(one.ring), Polygon(other.ring)
            assert a.intersection(b).area == 0
            common = set(one.ring) & set(other.ring)
            assert len(common) > 0 or not a.intersects(b)
            shared += len(common) >= 3

    assert shared > 150


def test_some_households_hold_two_fields_side_by_side_and_some_apart(land):
    """Contiguity (自然连片) is decided on exactly these."""
    side_by_side = apart = 0
    fields = defaultdict(list)
    for plot in land.plots:
        fields[plot.household_id].append(Polygon(plot.ring))
    for shapes in fields.values():
        for a, b in combinations(shapes, 2):
            side_by_side += a.intersects(b)
            apart += not a.intersects(b)

    assert side_by_side >= 10
    assert apart >= 10


def test_a_household_of_every_township_holds_three_fields(land):
    """Two share a ridge, the third lies beyond the road: an inspector of any township can try such a visit."""
    fields = defaultdict(list)
    for plot in land.plots:
        fields[plot.household_id].append(plot)
    threes = [plots for plots in fields.values() if len(plots) == 3]

    assert Counter(plots[0].village_code[:9] for plots in threes) == {code: 1 for code, *_ in TOWNSHIPS}
    for plots in threes:
        first, second, third = (Polygon(plot.ring) for plot in plots)
        assert first.intersects(second)
        assert not third.intersects(first.union(second))
        assert [plot.number for plot in plots] == [1, 2, 3]


def test_some_claims_are_too_large(land):
    """A few farmers declare 10 to 40 per cent more than they have; the rest are about right."""
    over = [plot for plot in land.plots if plot.declared_mu > plot.true_mu * 1.09]

    assert 5 <= len(over) <= 20
    assert all(0.9 < plot.declared_mu / plot.true_mu < 1.41 for plot in land.plots)


def test_every_land_type_occurs_in_every_township(land):
    """The shot list differs by land type; an inspector of any township can try all three."""
    kinds = {(plot.village_code[:9], plot.land_type) for plot in land.plots}

    assert len(kinds) == 9


def _by_village(land):
    villages = defaultdict(list)
    for plot in land.plots:
        villages[plot.village_code].append(plot)
    return villages
