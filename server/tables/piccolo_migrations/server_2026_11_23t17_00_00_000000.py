"""The device ledger."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.tables.devices import DeviceRecordTable

ID = "2026-11-23T17:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the device ledger"

CREATE = """CREATE TABLE device_record (
    submission_id {uuid} PRIMARY KEY NOT NULL,
    device_id {uuid} NOT NULL,
    "user" {uuid} NOT NULL REFERENCES app_user (id) ON DELETE RESTRICT,
    created_at {instant} NOT NULL,
    first_reported_at {instant} NOT NULL,
    last_listed_at {instant} NOT NULL,
    state VARCHAR(16) NOT NULL
)"""

TYPES = {
    "sqlite": {"uuid": "UUID", "instant": "TIMESTAMPTZ"},
    "postgres": {"uuid": "UUID", "instant": "TIMESTAMP WITH TIME ZONE"},
}


async def forwards() -> MigrationManager:
    """Create it."""
    manager = MigrationManager(migration_id=ID, app_name="server", description=DESCRIPTION)

    async def run() -> None:
        engine_type = DeviceRecordTable._meta.db.engine_type
        await DeviceRecordTable.raw(CREATE.format(**TYPES[engine_type])).run()
        await DeviceRecordTable.raw('CREATE INDEX device_record_of ON device_record ("device_id", "user")').run()

    manager.add_raw(run)
    return manager
