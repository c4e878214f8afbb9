"""No index of events by actor: nothing asks that way, and it was written with every event."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-26T19:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "drop the index on event.actor"


async def forwards() -> MigrationManager:
    """Drop it."""
    manager = MigrationManager(migration_id=ID, app_name="server", description=DESCRIPTION)
    manager.alter_column(
        table_class_name="EventTable",
        tablename="event",
        column_name="actor",
        db_column_name="actor",
        params={"index": False},
        old_params={"index": True},
    )
    return manager
