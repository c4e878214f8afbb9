"""An index for what an inspector's other phones told of and nobody received whole."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.tables import DeviceRecordTable

ID = "2026-11-26T22:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "index of what waits on phones, by person"


async def forwards() -> MigrationManager:
    """Create it."""
    manager = MigrationManager(migration_id=ID, app_name="server", description=DESCRIPTION)

    async def run() -> None:
        index = 'CREATE INDEX device_record_waiting_of ON device_record ("user", "submission_id")'
        await DeviceRecordTable.raw(f"{index} WHERE state IN ('queued', 'sending', 'failed')").run()

    manager.add_raw(run)
    return manager
