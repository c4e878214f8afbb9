"""Seals over the events, backups that were checked, and the place of the scrub."""

from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, BigInt, Column, Text, Timestamptz, Varchar
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-23T17:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "seals, backups, scrub"

NEVER_NULL: dict[str, Any] = {
    "default": None,
    "null": False,
    "primary_key": False,
    "unique": False,
    "index": False,
    "index_method": IndexMethod.btree,
    "choices": None,
    "db_column_name": None,
    "secret": False,
}
KEY = {"primary_key": True}
TABLES: dict[str, tuple[str, list[tuple[str, type[Column], dict[str, Any]]]]] = {
    "SealTable": (
        "seal",
        [
            ("no", BigInt, KEY),
            ("from_seq", BigInt, {}),
            ("to_seq", BigInt, {}),
            ("event_count", BigInt, {}),
            ("digest", Varchar, {"length": 64}),
            ("sealed_at", Timestamptz, {}),
        ],
    ),
    "BackupTable": (
        "backup",
        [
            ("no", BigInt, KEY),
            ("id", UUID, {"unique": True}),
            ("newest_receipt_no", BigInt, {}),
            ("incomplete", Text, {}),
            ("photos", BigInt, {}),
            ("started_at", Timestamptz, {}),
            ("checked_at", Timestamptz, {}),
        ],
    ),
    "ScrubTable": (
        "scrub",
        [
            ("name", Varchar, {"length": 20, **KEY}),
            ("last_sha256", Varchar, {"length": 64}),
            ("checked", BigInt, {}),
            ("damaged", BigInt, {}),
            ("round_started_at", Timestamptz, {}),
            ("leased_until", Timestamptz, {}),
        ],
    ),
}


async def forwards() -> MigrationManager:
    """Create them."""
    manager = MigrationManager(migration_id=ID, app_name="server", description=DESCRIPTION)
    for class_name, (tablename, columns) in TABLES.items():
        manager.add_table(class_name=class_name, tablename=tablename, schema=None, columns=None)
        for name, column, differs in columns:
            manager.add_column(
                table_class_name=class_name,
                tablename=tablename,
                column_name=name,
                db_column_name=name,
                column_class_name=column.__name__,
                column_class=column,
                params={**NEVER_NULL, **differs},
                schema=None,
            )
    return manager
