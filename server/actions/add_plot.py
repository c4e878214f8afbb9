"""Take in a plot that no list had, with its household and its task, as an inspector found it (计划外地块)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from inspections.wire import LandType
from server.database import is_postgres, transaction
from server.errors import NoteConflict, PlotRefused
from server.events import record
from server.roles import Identity, Role
from server.store.cells import cell_of
from server.store.programmes import find_programme
from server.tables import FoundPlotTable, HouseholdTable, PlotTable, RegionTable, TaskTable


@dataclass(frozen=True, slots=True)
class FoundHousehold:
    """Whose plot it is; of a household the ledger has, only the id is looked at."""

    id: UUID
    head_name: str
    group_name: str
    village_code: str
    person_count: int


@dataclass(frozen=True, slots=True)
class FoundPlot:
    """One plot; `centre` is (longitude, latitude) where the inspector stood, None without a fix."""

    household: FoundHousehold
    task_id: UUID
    programme_code: str
    land_type: LandType
    declared_mu: float
    centre: tuple[float, float] | None
    note: str
    noted_at: datetime


async def add_plot(plot_id: UUID, found: FoundPlot, content_sha256: str, *, inspector: Identity, at: datetime) -> bool:
    """
    Store household, plot and task once, in one transaction, and mark the plot as found in the field.

    Args:
        plot_id: Made on the device.
        found: What was noted.
        content_sha256: Digest of the bytes it came as.
        inspector: Who found it; the village must lie in their regions.
        at: Now.

    Returns:
        Whether it was stored now; False: the same bytes were there before.

    Raises:
        PlotRefused: Village, programme, household or area is not one the inspector may add to.
        NoteConflict: The id, or the task's, is taken by something else.
    """
    await _check(found, inspector)
    async with transaction():
        village_code = await _hold_household(found, inspector, at)
        # The household's row is held by now: of two requests with the same id the second finds the first one's row.
        known = await FoundPlotTable.select(FoundPlotTable.content_sha256).where(FoundPlotTable.plot == plot_id).first()
        if known is not None and known["content_sha256"] == content_sha256:
            return False
        taken = await PlotTable.exists().where(PlotTable.id == plot_id)
        if known is not None or taken or await TaskTable.exists().where(TaskTable.id == found.task_id):
            raise NoteConflict("该编号下已有另一份记录。", "This id holds another note already.")
        await _insert(plot_id, found, village_code, content_sha256, inspector, at)
    return True


async def _check(found: FoundPlot, inspector: Identity) -> None:
    village_code = found.household.village_code
    if not (found.household.head_name and found.household.group_name):
        raise PlotRefused("请写明户主和屯。", "Name the head of the household and the group.")
    if not inspector.covers(village_code, Role.INSPECTOR) or not await RegionTable.exists().where(
        (RegionTable.code == village_code) & (RegionTable.level == "village")
    ):
        raise PlotRefused("该村不在您的工作区域。", "This village is not in your regions.")
    programme = await find_programme(found.programme_code)
    if programme is None or not village_code.startswith(programme.region_code):
        raise PlotRefused("该村没有这个项目。", "There is no such programme in this village.")
    if found.declared_mu > programme.policy.max_area_mu:
        raise PlotRefused(
            f"申报面积超过每块 {programme.policy.max_area_mu:g} 亩的上限。",
            f"The declared area is above {programme.policy.max_area_mu:g} mu, the most a plot may have.",
        )


async def _hold_household(found: FoundPlot, inspector: Identity, at: datetime) -> str:
    """Make the household if it is new, hold its row, and return its village."""
    household = found.household
    facts: dict[str, Any] = {
        "head_name": household.head_name,
        "group_name": household.group_name,
        "village": household.village_code,
        "person_count": household.person_count,
    }
    # It has no declaration yet, so no number in the village's list: the code says so and cannot collide with one.
    code = f"{household.village_code}-X{household.id.hex[:8]}"
    inserted = await HouseholdTable.insert(HouseholdTable(id=household.id, code=code, **facts)).on_conflict(
        action="DO NOTHING"
    )
    query = HouseholdTable.select(HouseholdTable.village).where(HouseholdTable.id == household.id)
    row = await (query.lock_rows("UPDATE") if is_postgres() else query).first()
    if row is None or row["village"] != household.village_code:
        raise PlotRefused("农户所在村与登记的村不一致。", "The household belongs to another village.")
    if inserted:
        await record(
            "household.found",
            "household",
            household.id,
            actor=inspector.user_id,
            before=None,
            after={"code": code, **facts},
            at=at,
        )
    return household.village_code


async def _insert(
    plot_id: UUID, found: FoundPlot, village_code: str, content_sha256: str, inspector: Identity, at: datetime
) -> None:
    others = await PlotTable.select(PlotTable.number).where(PlotTable.household == found.household.id)
    number = max((row["number"] for row in others), default=0) + 1
    lon, lat = found.centre or (None, None)
    facts: dict[str, Any] = {
        "programme": found.programme_code,
        "household": found.household.id,
        "number": number,
        "land_type": found.land_type,
        "declared_mu": found.declared_mu,
    }
    await PlotTable.insert(
        PlotTable(
            id=plot_id,
            village_code=village_code,
            boundary=None,
            centre_lon=lon,
            centre_lat=lat,
            cell=None if lon is None or lat is None else cell_of(lon, lat),
            **facts,
        )
    ).run()
    await TaskTable.insert(
        TaskTable(id=found.task_id, plot=plot_id, village_code=village_code, state="open", due_on=None, updated_at=at)
    ).run()
    await FoundPlotTable.insert(
        FoundPlotTable(
            plot=plot_id,
            inspector=inspector.user_id,
            village_code=village_code,
            content_sha256=content_sha256,
            note=found.note,
            noted_at=found.noted_at,
            received_at=at,
        )
    ).run()
    await record(
        "plot.found",
        "plot",
        plot_id,
        actor=inspector.user_id,
        before=None,
        after={
            **facts,
            "centre": found.centre,
            "task": found.task_id,
            "note": found.note,
            "noted_at": found.noted_at,
            "content_sha256": content_sha256,
        },
        at=at,
    )
