"""The neighbours of a plot: found by the grid's index on both databases, the nearest first, wherever the walk began."""

import json
from typing import Any
from unittest.mock import patch

from server.database import engine
from server.store.cells import cell_of, middle_of
from server.store.plots import neighbours_of
from server.tables import PlotTable
from tests.server.world import EAST_VILLAGE, HOUSEHOLD, NEIGHBOUR, PROGRAMME, RING, World, named

PLOTS = 6000


async def many_plots() -> None:
    """A county's plots on a grid of two hundred metres, in every direction."""
    rows = []
    for i in range(PLOTS):
        lon, lat = RING[0][0] + 0.002 * (i % 80 - 40), RING[0][1] + 0.002 * (i // 80 - 37)
        rows.append(
            PlotTable(
                id=named(f"plot {i}"),
                programme=PROGRAMME,
                household=NEIGHBOUR,
                number=10 + i,
                village_code=EAST_VILLAGE,
                land_type="paddy",
                declared_mu=1.0,
                boundary=json.dumps({"type": "Polygon", "coordinates": [RING]}),
                centre_lon=lon,
                centre_lat=lat,
                cell=cell_of(lon, lat),
            )
        )
    for start in range(0, PLOTS, 500):
        await PlotTable.insert(*rows[start : start + 500]).run()
    await PlotTable.raw("ANALYZE").run()


async def plan_of(position: tuple[float, float]) -> str:
    """What the database says it does to find the neighbours."""
    bound: Any = engine()
    asked: list[Any] = []
    run = type(bound).run_querystring

    async def recorded(self: Any, querystring: Any, *arguments: Any, **named: Any) -> Any:
        asked.append(querystring)
        return await run(self, querystring, *arguments, **named)

    with patch.object(type(bound), "run_querystring", recorded):
        await neighbours_of(position, household_id=HOUSEHOLD)
    (querystring,) = asked
    text, arguments = querystring.compile_string(engine_type=bound.engine_type)
    if bound.engine_type == "postgres":
        rows = await bound._run_in_pool(f"EXPLAIN (ANALYZE) {text}", arguments)
        return "\n".join(row["QUERY PLAN"] for row in rows)
    rows = await bound._run_in_new_connection(f"EXPLAIN QUERY PLAN {text}", arguments)
    return "\n".join(row["detail"] for row in rows)


async def test_an_index_finds_the_neighbours_on_either_database(world: World):
    """Nine cells out of a province: an evaluation must not cost more with every plot ever declared."""
    await many_plots()

    plan = await plan_of(middle_of(RING))

    assert "plot_cell" in plan, plan
    assert "Seq Scan" not in plan and "SCAN plot" not in plan, plan


async def test_the_nearest_come_first_and_the_far_not_at_all(world: World):
    """Where a bound cuts the list off, it must not cut off the plot next door."""
    await many_plots()

    found = await neighbours_of(middle_of(RING), household_id=HOUSEHOLD)
    with patch("server.store.plots.MAX_NEIGHBOURS", 9):
        nearest = await neighbours_of(middle_of(RING), household_id=HOUSEHOLD)

    assert 9 < len(found) < 400
    assert nearest == found[:9]
    assert named(f"plot {37 * 80 + 40}") in {plot.id for plot in nearest}


async def test_a_walk_whose_first_fix_was_thrown_far_off_has_the_same_neighbours(world: World):
    """Its overlap with the plot next door would be missed for a satellite low over the hill."""
    thrown = [[RING[0][0] + 0.05, RING[0][1] + 0.05], *RING]

    found = await neighbours_of(middle_of(thrown), household_id=HOUSEHOLD)

    assert [plot.household_id for plot in found] == [NEIGHBOUR]
