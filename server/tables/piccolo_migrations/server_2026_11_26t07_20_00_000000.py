"""What a return asks to be done again; visits without an inspection, and plots found in the field."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, DoublePrecision, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.columns.indexes import IndexMethod
from piccolo.table import Table

ID = "2026-11-26T07:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "todo of reviews and tasks; attempts and found plots"

UNSET = {
    "primary_key": False,
    "unique": False,
    "index": False,
    "index_method": IndexMethod.btree,
    "choices": None,
    "db_column_name": None,
    "secret": False,
}
MAY_BE_NULL = {**UNSET, "default": None, "null": True}
NEVER_NULL = {**UNSET, "default": None, "null": False}


class UserTable(Table, tablename="app_user", schema=None):
    id = UUID(default=None, null=False, primary_key=True)


class PlotTable(Table, tablename="plot", schema=None):
    id = UUID(default=None, null=False, primary_key=True)


class TaskTable(Table, tablename="task", schema=None):
    id = UUID(default=None, null=False, primary_key=True)


REFERENCE = {"on_delete": OnDelete.restrict, "on_update": OnUpdate.cascade, "target_column": None}
ATTEMPT, FOUND = ("AttemptTable", "attempt"), ("FoundPlotTable", "found_plot")

COLUMNS = [
    ("ReviewTable", "review", "todo", Text, MAY_BE_NULL),
    ("TaskTable", "task", "todo", Text, MAY_BE_NULL),
    (*ATTEMPT, "id", UUID, {**NEVER_NULL, "primary_key": True}),
    (*ATTEMPT, "task", ForeignKey, {**NEVER_NULL, "references": TaskTable}),
    (*ATTEMPT, "plot", ForeignKey, {**NEVER_NULL, "references": PlotTable, "index": True}),
    (*ATTEMPT, "inspector", ForeignKey, {**NEVER_NULL, "references": UserTable}),
    (*ATTEMPT, "village_code", Varchar, {**NEVER_NULL, "length": 12}),
    (*ATTEMPT, "content_sha256", Varchar, {**NEVER_NULL, "length": 64}),
    (*ATTEMPT, "kind", Varchar, {**NEVER_NULL, "length": 10}),
    (*ATTEMPT, "reason", Text, NEVER_NULL),
    (*ATTEMPT, "attempted_at", Timestamptz, NEVER_NULL),
    (*ATTEMPT, "clock_offset_ms", Integer, MAY_BE_NULL),
    (*ATTEMPT, "lon", DoublePrecision, MAY_BE_NULL),
    (*ATTEMPT, "lat", DoublePrecision, MAY_BE_NULL),
    (*ATTEMPT, "accuracy_m", DoublePrecision, MAY_BE_NULL),
    (*ATTEMPT, "received_at", Timestamptz, NEVER_NULL),
    (*FOUND, "plot", ForeignKey, {**NEVER_NULL, "references": PlotTable, "primary_key": True}),
    (*FOUND, "inspector", ForeignKey, {**NEVER_NULL, "references": UserTable}),
    (*FOUND, "village_code", Varchar, {**NEVER_NULL, "length": 12}),
    (*FOUND, "content_sha256", Varchar, {**NEVER_NULL, "length": 64}),
    (*FOUND, "note", Text, NEVER_NULL),
    (*FOUND, "noted_at", Timestamptz, NEVER_NULL),
    (*FOUND, "received_at", Timestamptz, NEVER_NULL),
]

async def forwards() -> MigrationManager:
    """Add them; nothing that is there is changed."""
    manager = MigrationManager(migration_id=ID, app_name="server", description=DESCRIPTION)
    for class_name, table in (ATTEMPT, FOUND):
        manager.add_table(class_name=class_name, tablename=table, schema=None, columns=None)
    for class_name, table, name, kind, params in COLUMNS:
        manager.add_column(
            table_class_name=class_name,
            tablename=table,
            column_name=name,
            db_column_name=name,
            column_class_name=kind.__name__,
            column_class=kind,
            params={**params, **(REFERENCE if kind is ForeignKey else {})},
            schema=None,
        )
    return manager
