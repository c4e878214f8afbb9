"""The ledger's rows as the rules know them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from piccolo.query import OrderByRaw

from inspections.plots import Household, Plot
from server.store.cells import cells_around
from server.tables import HouseholdTable, PlotTable

# A cell of one square kilometre holds some hundreds of plots of each programme; the bound keeps a mistake in the ledger
# cheap, and the nearest are kept.
MAX_NEIGHBOURS = 2000


def plot_of(row: dict[str, Any]) -> Plot:
    """Turn a row of the plot table into the value the rules take."""
    return Plot(
        id=row["id"],
        household_id=row["household"],
        number=str(row["number"]),
        land_type=row["land_type"],
        declared_mu=row["declared_mu"],
        boundary=msgspec.json.decode(row["boundary"]) if row["boundary"] else None,
    )


async def find_plot(plot_id: UUID) -> Plot | None:
    """Return one plot."""
    row = await PlotTable.select().where(PlotTable.id == plot_id).first()
    return None if row is None else plot_of(row)


async def find_household(household_id: UUID) -> Household | None:
    """Return one household."""
    row = await HouseholdTable.select().where(HouseholdTable.id == household_id).first()
    if row is None:
        return None
    return Household(
        id=row["id"],
        code=row["code"],
        head_name=row["head_name"],
        group_name=row["group_name"],
        village_code=row["village"],
        person_count=row["person_count"],
    )


async def plots_of_household(household_id: UUID, *, other_than: UUID) -> list[Plot]:
    """Return a household's other plots."""
    rows = await PlotTable.select().where((PlotTable.household == household_id) & (PlotTable.id != other_than))
    return [plot_of(row) for row in rows]


async def neighbours_of(position: Sequence[float], *, household_id: UUID) -> list[Plot]:
    """
    Return other households' plots whose centre lies within about a kilometre, the nearest first.

    The cells a GCJ-02 shift away (half a kilometre) are among them, so a neighbour outlined in that datum is found too.

    Args:
        position: (longitude, latitude) of any point of the plot in question.
        household_id: Whose plots are left out.
    """
    rows = (
        await PlotTable.select()
        .where(PlotTable.cell.is_in(cells_around(position[0], position[1])) & (PlotTable.household != household_id))
        .order_by(
            OrderByRaw(f"abs(centre_lon - {float(position[0])!r}) + abs(centre_lat - {float(position[1])!r}), id")
        )
        .limit(MAX_NEIGHBOURS)
    )
    return [plot_of(row) for row in rows]
