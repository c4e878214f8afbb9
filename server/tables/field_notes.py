"""What inspectors note in the field besides inspections: visits that brought none, and plots no list had."""

from piccolo.columns import UUID, DoublePrecision, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table

from server.tables.plots import PlotTable, TaskTable
from server.tables.users import UserTable


class AttemptTable(Table, tablename="attempt"):
    """A visit that brought no inspection (未验收的来访). A row is never altered."""

    id = UUID(primary_key=True, default=None, help_text="Made on the device: sending twice stores once.")
    task = ForeignKey(TaskTable, null=False, on_delete=OnDelete.restrict, index=False)
    plot = ForeignKey(PlotTable, null=False, on_delete=OnDelete.restrict, index=True)
    inspector = ForeignKey(UserTable, null=False, on_delete=OnDelete.restrict, index=False)
    village_code = Varchar(length=12, default=None, help_text="The plot's, repeated for the scope.")
    content_sha256 = Varchar(length=64, default=None, help_text="Same id, other digest: a conflict.")
    kind = Varchar(length=10, default=None, help_text="absent or withdrawn.")
    reason = Text(default=None)
    attempted_at = Timestamptz(default=None, help_text="Device clock.")
    clock_offset_ms = Integer(null=True, default=None, help_text="Server minus device; null when never known.")
    lon = DoublePrecision(null=True, default=None)
    lat = DoublePrecision(null=True, default=None)
    accuracy_m = DoublePrecision(null=True, default=None)
    received_at = Timestamptz(default=None, help_text="Server clock.")


class FoundPlotTable(Table, tablename="found_plot"):
    """That a plot was added in the field, by whom and why (计划外地块). A row is never altered."""

    plot = ForeignKey(PlotTable, primary_key=True, null=False, on_delete=OnDelete.restrict)
    inspector = ForeignKey(UserTable, null=False, on_delete=OnDelete.restrict, index=False)
    village_code = Varchar(length=12, default=None, help_text="The plot's, repeated for the scope.")
    content_sha256 = Varchar(length=64, default=None, help_text="Same id, other digest: a conflict.")
    note = Text(default=None)
    noted_at = Timestamptz(default=None, help_text="Device clock.")
    received_at = Timestamptz(default=None, help_text="Server clock.")
