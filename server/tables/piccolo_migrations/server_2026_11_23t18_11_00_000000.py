"""Indexes for the desk's lists and for households by name; what is quarantined refuses to be rewritten."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server.tables.submissions import SubmissionTable

ID = "2026-11-23T18:11:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of decided tabs, household names, quarantine and jobs given up; append-only quarantine"

BACKFILL = [
    """UPDATE submission SET outcome = (SELECT evaluation.outcome FROM evaluation
        WHERE evaluation.id = submission.evaluation_id) WHERE evaluation_id IS NOT NULL""",
    """UPDATE submission SET decided_at = (SELECT review.decided_at FROM review
        WHERE review.submission = submission.id) WHERE state IN ('approved', 'returned', 'refused')""",
]

INDEXES = [
    # Decided tabs: one state, newest decision first, with or without one outcome; whole county or one township.
    'CREATE INDEX submission_decided ON submission ("state", "decided_at", "id") WHERE decided_at IS NOT NULL',
    """CREATE INDEX submission_decided_outcome ON submission ("state", "outcome", "decided_at", "id")
        WHERE decided_at IS NOT NULL""",
    """CREATE INDEX submission_decided_township ON submission ("township_code", "state", "decided_at", "id")
        WHERE decided_at IS NOT NULL""",
    """CREATE INDEX submission_decided_township_outcome
        ON submission ("township_code", "state", "outcome", "decided_at", "id") WHERE decided_at IS NOT NULL""",
    # What awaits review, of one outcome.
    """CREATE INDEX submission_queue_outcome ON submission ("state", "outcome", "complete_at", "id")
        WHERE decided_at IS NULL""",
    """CREATE INDEX submission_queue_township_outcome
        ON submission ("township_code", "state", "outcome", "complete_at", "id") WHERE decided_at IS NULL""",
    'CREATE INDEX quarantine_by_state ON quarantine ("state", "received_at", "id")',
    'CREATE INDEX event_given_up ON event ("seq") WHERE job_error IS NOT NULL AND job_due_at IS NULL',
]

# Names and codes by their beginning are a range of bytes, whatever the database's collation says about letters.
HOUSEHOLDS = {
    "sqlite": [
        'CREATE INDEX household_by_name ON household ("head_name")',
    ],
    "postgres": [
        'CREATE INDEX household_by_name ON household ("head_name" COLLATE "C")',
        'CREATE INDEX household_by_code ON household ("code" COLLATE "C")',
    ],
}

RECEIVED = '"id", "submission_id", "user", "content_sha256", "body", "code", "detail_zh", "detail_en", "received_at"'

KEPT = {
    "sqlite": [
        f"""CREATE TRIGGER quarantine_keeps_content BEFORE UPDATE OF {RECEIVED} ON quarantine
            BEGIN SELECT RAISE(ABORT, 'what is quarantined is never altered'); END""",
        """CREATE TRIGGER quarantine_keeps_rows BEFORE DELETE ON quarantine
            BEGIN SELECT RAISE(ABORT, 'what is quarantined is never deleted'); END""",
        """CREATE TRIGGER mending_keeps_content BEFORE UPDATE ON mending
            BEGIN SELECT RAISE(ABORT, 'a mending is never altered'); END""",
        """CREATE TRIGGER mending_keeps_rows BEFORE DELETE ON mending
            BEGIN SELECT RAISE(ABORT, 'a mending is never deleted'); END""",
    ],
    "postgres": [
        """CREATE FUNCTION refuse_quarantine_change() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN RAISE EXCEPTION ''what is quarantined is never altered or deleted''; END'""",
        f"""CREATE TRIGGER quarantine_keeps_content BEFORE UPDATE OF {RECEIVED} ON quarantine
            FOR EACH ROW EXECUTE FUNCTION refuse_quarantine_change()""",
        """CREATE TRIGGER quarantine_keeps_rows BEFORE DELETE OR TRUNCATE ON quarantine
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_quarantine_change()""",
        """CREATE TRIGGER mending_keeps_rows BEFORE UPDATE OR DELETE OR TRUNCATE ON mending
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_quarantine_change()""",
    ],
}


async def forwards() -> MigrationManager:
    """Fill the new columns, then build the indexes over them."""
    manager = MigrationManager(migration_id=ID, app_name="server", description=DESCRIPTION)

    async def run() -> None:
        engine_type = SubmissionTable._meta.db.engine_type
        for statement in [*BACKFILL, *INDEXES, *HOUSEHOLDS[engine_type], *KEPT[engine_type]]:
            await SubmissionTable.raw(statement).run()

    manager.add_raw(run)
    return manager
