"""Columns for the desk's lists and for what a person decides about quarantined content."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, Bytea, ForeignKey, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.columns.indexes import IndexMethod
from piccolo.table import Table

ID = "2026-11-23T18:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "outcome and decision time on submissions; state of quarantine; mendings"

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


class QuarantineTable(Table, tablename="quarantine", schema=None):
    id = UUID(default=None, null=False, primary_key=True)


REFERENCE = {"on_delete": OnDelete.restrict, "on_update": OnUpdate.cascade, "target_column": None}

COLUMNS = [
    ("SubmissionTable", "submission", "outcome", Varchar, {**MAY_BE_NULL, "length": 10}),
    ("SubmissionTable", "submission", "decided_at", Timestamptz, MAY_BE_NULL),
    ("QuarantineTable", "quarantine", "state", Varchar, {**UNSET, "length": 10, "default": "open", "null": False}),
    ("QuarantineTable", "quarantine", "decided_by", ForeignKey, {**MAY_BE_NULL, "references": UserTable}),
    ("QuarantineTable", "quarantine", "decided_at", Timestamptz, MAY_BE_NULL),
    ("QuarantineTable", "quarantine", "reason", Text, MAY_BE_NULL),
    ("MendingTable", "mending", "id", UUID, {**NEVER_NULL, "primary_key": True}),
    ("MendingTable", "mending", "quarantine", ForeignKey, {**NEVER_NULL, "references": QuarantineTable, "index": True}),
    ("MendingTable", "mending", "content_sha256", Varchar, {**NEVER_NULL, "length": 64}),
    ("MendingTable", "mending", "body", Bytea, NEVER_NULL),
    ("MendingTable", "mending", "changes", Text, NEVER_NULL),
    ("MendingTable", "mending", "mended_by", ForeignKey, {**NEVER_NULL, "references": UserTable}),
    ("MendingTable", "mending", "mended_at", Timestamptz, NEVER_NULL),
]


async def forwards() -> MigrationManager:
    """Add them; nothing that is there is changed."""
    manager = MigrationManager(migration_id=ID, app_name="server", description=DESCRIPTION)
    manager.add_table(class_name="MendingTable", tablename="mending", schema=None, columns=None)
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
