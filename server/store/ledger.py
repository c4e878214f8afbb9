"""The ledger an inspector takes along: everything of their regions, and nothing that may not be on a phone."""

from typing import Any

import msgspec

from server.initials import initials
from server.roles import Identity, Role
from server.store.earlier_visits import TO_BE_VISITED, earlier_visits
from server.store.programmes import find_programme, newest_programme_code
from server.store.scope import within
from server.store.visits import visits_within
from server.tables import HouseholdTable, PlotTable, RegionTable, TaskTable


async def read_ledger(identity: Identity) -> dict[str, Any]:
    """
    Gather programme, regions, households, plots, tasks and earlier visits in the inspector's regions.

    Returns:
        The `GET /api/ledger` answer of docs/protocol.md without `server_time_at`; `programme` is None when there is
        none yet.
    """
    scope = identity.scope(Role.INSPECTOR)
    code = await newest_programme_code(scope)
    programme = await find_programme(code) if code else None
    regions = await RegionTable.select().where(within(RegionTable.code, [prefix[:6] for prefix in scope]))
    households = (
        await HouseholdTable.select(
            HouseholdTable.id,
            HouseholdTable.code,
            HouseholdTable.head_name,
            HouseholdTable.group_name,
            HouseholdTable.village.as_alias("village_code"),
            HouseholdTable.person_count,
        )
        .where(within(HouseholdTable.village, scope))
        .order_by(HouseholdTable.code)
    )
    plots = (
        await PlotTable.select()
        .where(within(PlotTable.village_code, scope) & (PlotTable.programme == (code or "")))
        .order_by(PlotTable.village_code, PlotTable.number)
    )
    tasks = (
        await TaskTable.select(
            TaskTable.id,
            TaskTable.plot.as_alias("plot_id"),
            TaskTable.state,
            TaskTable.due_on,
            TaskTable.return_reason,
            TaskTable.todo,
        )
        .where(within(TaskTable.village_code, scope))
        .order_by(TaskTable.due_on, TaskTable.id)
    )
    earlier = await earlier_visits(scope)
    return {
        "programme": programme,
        "regions": [row for row in regions if _needed(row["code"], scope)],
        "households": [{**row, "initials": initials(row["head_name"])} for row in households],
        "plots": [_plot(row) for row in plots],
        "tasks": [
            {
                **task,
                "todo": msgspec.json.decode(task["todo"]) if task["todo"] else [],
                "previous": earlier.get(task["plot_id"]) if task["state"] in TO_BE_VISITED else None,
            }
            for task in tasks
        ],
        "visits": await visits_within(scope),
    }


def _needed(code: str, scope: tuple[str, ...]) -> bool:
    """A region within the scope, or one that the scope lies in."""
    return any(code.startswith(prefix) or prefix.startswith(code) for prefix in scope)


def _plot(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "household_id": row["household"],
        "number": str(row["number"]),
        "land_type": row["land_type"],
        "declared_mu": row["declared_mu"],
        "boundary": msgspec.Raw(row["boundary"].encode()) if row["boundary"] else None,
        "centre": None if row["centre_lon"] is None else [row["centre_lon"], row["centre_lat"]],
    }
