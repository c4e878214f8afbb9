"""Every role can be tried, and nobody's demonstration account reaches further than its role."""

import pytest

from inspections.wire import LandType
from server.demo.accounts import ACCOUNTS
from server.demo.landscape import make_landscape
from server.demo.policy import demo_policy
from server.roles import Role


def test_there_is_an_account_for_every_role():
    """A page made for a role that nobody holds would never be looked at."""
    assert {grant.role for account in ACCOUNTS for grant in account.grants} == set(Role)
    assert len({account.name for account in ACCOUNTS}) == len(ACCOUNTS)


def test_grants_name_regions_of_the_landscape():
    """A grant in a region that does not exist would see nothing and look like a fault."""
    codes = {region.code for region in make_landscape().regions}

    assert {grant.region_code for account in ACCOUNTS for grant in account.grants} <= codes


def test_somebody_inspects_and_reviews_the_same_township():
    """Without such a person nobody could try that nobody reviews their own inspection."""
    both = [a for a in ACCOUNTS if {grant.role for grant in a.grants} >= {Role.INSPECTOR, Role.REVIEWER}]

    assert len({grant.region_code for grant in both[0].grants}) == 1


def test_lost_digits_are_marked_as_samples():
    """The plan's text has lost the minimum of a contiguous block: no screen may show our figure as the county's."""
    assert "min_block_mu" in demo_policy().sample_parameters


@pytest.mark.parametrize("land_type", LandType.__args__)
def test_each_land_type_asks_for_five_photos(land_type):
    """Each kind once: the phone's shot list and the archive's facets go by kind."""
    shots = [shot for shot in demo_policy().shots if land_type in shot.land_types]

    assert [shot.kind for shot in shots if shot.required] == ["panorama", "spacing", "groundwork", "tree", "household"]
    assert [shot.kind for shot in shots if not shot.required] == ["problem"]


def test_all_land_lies_where_the_policy_allows_it():
    """Else every walk in the demonstration would be refused at the door."""
    west, south, east, north = demo_policy().allowed_bbox

    for plot in make_landscape().plots:
        assert all(west < lon < east and south < lat < north for lon, lat in plot.ring)
