"""The event table: audit trail and job queue at once (操作日志)."""

from piccolo.columns import BigSerial, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table

from server.tables.users import UserTable


class EventTable(Table, tablename="event"):
    """
    One change: who, what, when, before and after, written in the change's own transaction.

    The first columns are history and refuse to change; those named job_ say what is still to be done because of it.
    """

    seq = BigSerial(primary_key=True)
    at = Timestamptz(default=None)
    actor = ForeignKey(UserTable, null=True, default=None, on_delete=OnDelete.restrict)
    action = Varchar(length=40, default=None)
    subject_kind = Varchar(length=20, default=None)
    subject_id = Varchar(length=64, default=None)
    before = Text(null=True, default=None, help_text="JSON; null when it did not exist.")
    after = Text(null=True, default=None, help_text="JSON; null when it is gone.")
    job = Varchar(length=20, null=True, default=None, help_text="What is to be done: see server/jobs.py.")
    job_due_at = Timestamptz(null=True, default=None, help_text="Next try; null when done or given up.")
    job_attempts = Integer(default=0)
    job_error = Text(null=True, default=None)
