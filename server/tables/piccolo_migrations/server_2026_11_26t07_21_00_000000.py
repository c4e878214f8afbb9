"""Indexes for the lists of field notes, which refuse to be rewritten."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.tables.submissions import SubmissionTable

ID = "2026-11-26T07:21:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of field notes; append-only"

INDEXES = [
    'CREATE INDEX attempt_by_village ON attempt ("village_code", "received_at")',
    'CREATE INDEX attempt_by_receipt ON attempt ("received_at", "id")',
    'CREATE INDEX found_plot_by_receipt ON found_plot ("received_at", "plot")',
]

APPEND_ONLY = {
    "sqlite": [
        f"""CREATE TRIGGER {table}_keeps_{what} BEFORE {event} ON {table}
            BEGIN SELECT RAISE(ABORT, 'what was noted in the field is never altered or deleted'); END"""
        for table in ("attempt", "found_plot")
        for what, event in (("content", "UPDATE"), ("rows", "DELETE"))
    ],
    "postgres": [
        """CREATE FUNCTION refuse_field_note_change() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN RAISE EXCEPTION ''what was noted in the field is never altered or deleted''; END'""",
        *(
            f"""CREATE TRIGGER {table}_keeps_rows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_field_note_change()"""
            for table in ("attempt", "found_plot")
        ),
    ],
}


async def forwards() -> MigrationManager:
    """Create indexes and triggers."""
    manager = MigrationManager(migration_id=ID, app_name="server", description=DESCRIPTION)

    async def run() -> None:
        for statement in [*INDEXES, *APPEND_ONLY[SubmissionTable._meta.db.engine_type]]:
            await SubmissionTable.raw(statement).run()

    manager.add_raw(run)
    return manager
