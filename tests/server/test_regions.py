from hypothesis import given
from hypothesis import strategies as st

from server.roles import Grant, Identity, Role
from server.store.cells import cell_of, cells_around
from server.store.scope import successor, within
from server.tables import RegionTable
from tests.server.world import EAST, EAST_OTHER, EAST_VILLAGE, WEST, World, named

CODES = st.text("0123456789", min_size=6, max_size=12)


@given(CODES, CODES)
def test_a_scope_is_exactly_the_codes_that_begin_with_it(prefix: str, code: str):
    """The range that the index answers and the prefix that people mean are the same set."""
    assert (prefix <= code < successor(prefix)) == code.startswith(prefix)


@given(st.floats(-180, 180, exclude_max=True), st.floats(-89.9, 89.9))
def test_a_point_a_kilometre_away_lies_in_a_cell_around(lon: float, lat: float):
    """The neighbours of a plot must not hide behind the edge of a cell, nor behind the antimeridian."""
    around = cells_around(lon, lat)

    for east in (-0.0099, 0, 0.0099):
        for north in (-0.0099, 0, 0.0099):
            wrapped = (lon + east + 180) % 360 - 180
            assert cell_of(wrapped, lat + north) in around


async def test_a_query_within_a_township_sees_its_villages_and_no_others(world: World):
    """Role and region, in the query itself."""
    rows = await RegionTable.select(RegionTable.code).where(within(RegionTable.code, [EAST]))
    nothing = await RegionTable.select(RegionTable.code).where(within(RegionTable.code, []))

    assert {row["code"] for row in rows} == {EAST, EAST_VILLAGE, EAST_OTHER}
    assert nothing == []


def test_a_role_counts_only_where_it_was_given():
    """A reviewer of one township who inspects in another reviews nothing there."""
    grants = (Grant(Role.REVIEWER, EAST), Grant(Role.INSPECTOR, WEST))
    person = Identity(named("x"), "x", "x", grants, "", "cookie")

    assert person.scope(Role.REVIEWER) == (EAST,)
    assert person.covers(EAST_VILLAGE, Role.REVIEWER)
    assert not person.covers(WEST, Role.REVIEWER)
    assert person.covers(WEST)
