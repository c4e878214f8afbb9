"""A seal refuses to be rewritten, as the events it covers do."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.tables.seals import SealTable

ID = "2026-11-23T17:31:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "append-only seals"

APPEND_ONLY = {
    "sqlite": [
        """CREATE TRIGGER seal_keeps_content BEFORE UPDATE ON seal
            BEGIN SELECT RAISE(ABORT, 'a seal is never altered'); END""",
        """CREATE TRIGGER seal_keeps_rows BEFORE DELETE ON seal
            BEGIN SELECT RAISE(ABORT, 'a seal is never deleted'); END""",
    ],
    "postgres": [
        """CREATE FUNCTION refuse_seal_change() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN RAISE EXCEPTION ''a seal is never altered or deleted''; END'""",
        """CREATE TRIGGER seal_keeps_rows BEFORE UPDATE OR DELETE OR TRUNCATE ON seal
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_seal_change()""",
    ],
}


async def forwards() -> MigrationManager:
    """Create the triggers."""
    manager = MigrationManager(migration_id=ID, app_name="server", description=DESCRIPTION)

    async def run() -> None:
        for statement in APPEND_ONLY[SealTable._meta.db.engine_type]:
            await SealTable.raw(statement).run()

    manager.add_raw(run)
    return manager
