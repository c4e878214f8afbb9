"""The ledger (台账): households and their plots, and the task of inspecting a plot."""

from piccolo.columns import (
    UUID,
    BigInt,
    Date,
    DoublePrecision,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from server.tables.programmes import ProgrammeTable
from server.tables.regions import RegionTable


class HouseholdTable(Table, tablename="household"):
    """A household (农户) that declared plots. It holds no ID, bank or telephone number."""

    id = UUID(primary_key=True, default=None)
    code = Varchar(length=30, default=None, unique=True)
    head_name = Varchar(length=40, default=None)
    group_name = Varchar(length=40, default=None, help_text="Village group (屯).")
    village = ForeignKey(RegionTable, null=False, on_delete=OnDelete.restrict, index=True)
    person_count = Integer(default=None)


class PlotTable(Table, tablename="plot"):
    """A declared plot (地块)."""

    id = UUID(primary_key=True, default=None)
    programme = ForeignKey(ProgrammeTable, null=False, on_delete=OnDelete.restrict, index=True)
    household = ForeignKey(HouseholdTable, null=False, on_delete=OnDelete.restrict, index=True)
    number = Integer(default=None, help_text="Counts within the household.")
    village_code = Varchar(length=12, default=None, index=True, help_text="The household's, repeated for the scope.")
    land_type = Varchar(length=10, default=None)
    declared_mu = DoublePrecision(default=None)
    boundary = Text(null=True, default=None, help_text="GeoJSON Polygon last known, WGS 84.")
    centre_lon = DoublePrecision(null=True, default=None)
    centre_lat = DoublePrecision(null=True, default=None)
    cell = BigInt(null=True, default=None, index=True, help_text="Grid cell of the centre: see server/store/cells.py.")


class TaskTable(Table, tablename="task"):
    """A plot waiting to be inspected (验收任务)."""

    id = UUID(primary_key=True, default=None)
    plot = ForeignKey(PlotTable, null=False, on_delete=OnDelete.restrict, index=True)
    village_code = Varchar(length=12, default=None, index=True)
    state = Varchar(length=10, default=None, help_text="open, submitted, returned or done.")
    due_on = Date(null=True, default=None)
    return_reason = Text(null=True, default=None)
    todo = Text(null=True, default=None, help_text="JSON: what is to be done again, codes of inspections.todo.")
    updated_at = Timestamptz(default=None)
