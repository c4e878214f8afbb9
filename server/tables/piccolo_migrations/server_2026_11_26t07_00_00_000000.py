"""Indexes for counting failed sign-ins by address, and for forgetting old ones."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.tables import RegionTable

ID = "2026-11-26T07:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes on sign_in_failure and user_session"

STATEMENTS = (
    'CREATE INDEX sign_in_failure_address_at ON sign_in_failure ("address", "at")',
    'CREATE INDEX sign_in_failure_at ON sign_in_failure ("at")',
    'CREATE INDEX user_session_expires_at ON user_session ("expires_at")',
)


async def forwards() -> MigrationManager:
    """Add them."""
    manager = MigrationManager(migration_id=ID, app_name="server", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await RegionTable.raw(statement).run()

    manager.add_raw(run)
    return manager
