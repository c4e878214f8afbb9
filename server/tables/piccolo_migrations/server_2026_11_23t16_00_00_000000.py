"""Indexes over several columns, and an event trail that refuses to be rewritten. The SQL runs on both engines."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.tables.events import EventTable

ID = "2026-11-23T16:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes over several columns, the receipt counter, append-only events"

INDEXES = [
    'CREATE UNIQUE INDEX role_grant_once ON role_grant ("user", "role", "region")',
    'CREATE UNIQUE INDEX policy_version_once ON policy ("programme", "version")',
    'CREATE UNIQUE INDEX plot_number_once ON plot ("programme", "household", "number")',
    'CREATE UNIQUE INDEX photo_once ON photo ("submission", "sha256")',
    'CREATE UNIQUE INDEX evaluation_once ON evaluation ("submission", "policy_version", "engine_version")',
    'CREATE UNIQUE INDEX quarantine_once ON quarantine ("submission_id", "content_sha256")',
    'CREATE INDEX sign_in_failure_name_at ON sign_in_failure ("name", "at")',
    # The queue: one state, oldest complete first, the whole county or one township.
    'CREATE INDEX submission_queue ON submission ("state", "complete_at", "id")',
    'CREATE INDEX submission_queue_township ON submission ("township_code", "state", "complete_at", "id")',
    'CREATE INDEX submission_receiving ON submission ("state", "received_at", "id")',
    # The archive: newest first within whatever was asked for.
    'CREATE INDEX photo_by_newest ON photo ("taken_at", "id")',
    'CREATE INDEX photo_by_township ON photo ("township_code", "taken_at", "id")',
    'CREATE INDEX photo_by_township_kind ON photo ("township_code", "kind", "taken_at", "id")',
    'CREATE INDEX photo_by_village ON photo ("village_code", "taken_at", "id")',
    'CREATE INDEX photo_by_household ON photo ("household", "taken_at", "id")',
    'CREATE INDEX photo_by_plot ON photo ("plot", "taken_at", "id")',
    'CREATE INDEX quarantine_newest ON quarantine ("received_at", "id")',
    'CREATE INDEX event_subject ON event ("subject_kind", "subject_id", "seq")',
    'CREATE INDEX event_due ON event ("job", "job_due_at", "seq") WHERE job_due_at IS NOT NULL',
]

COUNTERS = ["INSERT INTO counter (name, value) VALUES ('receipt', 0)"]

HISTORY = '"seq", "at", "actor", "action", "subject_kind", "subject_id", "before", "after"'

APPEND_ONLY = {
    "sqlite": [
        f"""CREATE TRIGGER event_keeps_history BEFORE UPDATE OF {HISTORY} ON event
            BEGIN SELECT RAISE(ABORT, 'an event is never altered'); END""",
        """CREATE TRIGGER event_keeps_rows BEFORE DELETE ON event
            BEGIN SELECT RAISE(ABORT, 'an event is never deleted'); END""",
    ],
    "postgres": [
        """CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN RAISE EXCEPTION ''an event is never altered or deleted''; END'""",
        f"""CREATE TRIGGER event_keeps_history BEFORE UPDATE OF {HISTORY} ON event
            FOR EACH ROW EXECUTE FUNCTION refuse_event_change()""",
        """CREATE TRIGGER event_keeps_rows BEFORE DELETE OR TRUNCATE ON event
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change()""",
    ],
}


async def forwards() -> MigrationManager:
    """Create them."""
    manager = MigrationManager(migration_id=ID, app_name="server", description=DESCRIPTION)

    async def run() -> None:
        engine_type = EventTable._meta.db.engine_type
        for statement in [*INDEXES, *COUNTERS, *APPEND_ONLY[engine_type]]:
            await EventTable.raw(statement).run()

    manager.add_raw(run)
    return manager
