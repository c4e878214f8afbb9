"""Submissions as received, what was judged and decided about them, and what could not be accepted."""

from piccolo.columns import (
    UUID,
    BigInt,
    Bytea,
    DoublePrecision,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from server.tables.plots import PlotTable, TaskTable
from server.tables.users import UserTable


class SubmissionTable(Table, tablename="submission"):
    """One visit to one plot (上报). What was received is never altered; only the state moves."""

    id = UUID(primary_key=True, default=None, help_text="Made on the device: sending twice stores once.")
    task = ForeignKey(TaskTable, null=False, on_delete=OnDelete.restrict, index=True)
    plot = ForeignKey(PlotTable, null=False, on_delete=OnDelete.restrict, index=True)
    inspector = ForeignKey(UserTable, null=False, on_delete=OnDelete.restrict, index=True)
    township_code = Varchar(length=9, default=None)
    village_code = Varchar(length=12, default=None)
    policy_version = Integer(default=None)
    content_sha256 = Varchar(length=64, default=None, help_text="Same id, other digest: a conflict.")
    manifest = Bytea(default=None, help_text="The bytes as received.")
    expected_photos = Integer(default=None)
    received_photos = Integer(default=None, help_text="Counted by the server; complete when equal to expected.")
    receipt_no = BigInt(default=None, unique=True, help_text="Without gaps, from the counter table.")
    state = Varchar(length=16, default=None)
    finished_at = Timestamptz(default=None, help_text="Device clock.")
    received_at = Timestamptz(default=None, help_text="Server clock.")
    complete_at = Timestamptz(null=True, default=None, help_text="When the last photo was durable.")
    evaluation_id = UUID(null=True, default=None, help_text="The evaluation in force.")
    outcome = Varchar(length=10, null=True, default=None, help_text="Its outcome, repeated for the queue's filter.")
    decided_at = Timestamptz(null=True, default=None, help_text="The review's, repeated for the order of the queue.")


class EvaluationTable(Table, tablename="evaluation"):
    """What the rules said (评定), kept with the versions that said it."""

    id = UUID(primary_key=True, default=None)
    submission = ForeignKey(SubmissionTable, null=False, on_delete=OnDelete.restrict)
    policy_version = Integer(default=None)
    engine_version = Varchar(length=20, default=None)
    outcome = Varchar(length=10, default=None)
    area_m2 = DoublePrecision(default=None)
    amount_fen = BigInt(default=None)
    data = Text(default=None, help_text="The whole inspections.evaluation.Evaluation as JSON.")
    evaluated_at = Timestamptz(default=None)


class ReviewTable(Table, tablename="review"):
    """The township's one decision about a submission (审核)."""

    submission = ForeignKey(SubmissionTable, primary_key=True, null=False, on_delete=OnDelete.restrict)
    decision = Varchar(length=10, default=None)
    reviewer = ForeignKey(UserTable, null=False, on_delete=OnDelete.restrict, index=True)
    reason = Text(default=None)
    todo = Text(null=True, default=None, help_text="JSON: what is to be done again, codes of inspections.todo.")
    decided_at = Timestamptz(default=None)


class QuarantineTable(Table, tablename="quarantine"):
    """
    A submission that came from a known user and could not be accepted (隔离).

    Nothing is dropped: what came is never altered, only what a person decided about it is added.
    """

    id = UUID(primary_key=True, default=None)
    submission_id = UUID(default=None, index=True, help_text="As named in the address; no row need exist.")
    user = ForeignKey(UserTable, null=False, on_delete=OnDelete.restrict, index=True)
    content_sha256 = Varchar(length=64, default=None)
    body = Bytea(default=None)
    code = Varchar(length=60, default=None)
    detail_zh = Text(default=None)
    detail_en = Text(default=None)
    received_at = Timestamptz(default=None)
    state = Varchar(length=10, default="open", help_text="open, accepted or rejected.")
    decided_by = ForeignKey(UserTable, null=True, default=None, on_delete=OnDelete.restrict, index=False)
    decided_at = Timestamptz(null=True, default=None)
    reason = Text(null=True, default=None, help_text="Why it was rejected, or what was mended and why.")


class MendingTable(Table, tablename="mending"):
    """A quarantined manifest with mended references (补正): new bytes beside those received. A row is never altered."""

    id = UUID(primary_key=True, default=None)
    quarantine = ForeignKey(QuarantineTable, null=False, on_delete=OnDelete.restrict, index=True)
    content_sha256 = Varchar(length=64, default=None)
    body = Bytea(default=None)
    changes = Text(default=None, help_text="JSON: [{path, before, after}].")
    mended_by = ForeignKey(UserTable, null=False, on_delete=OnDelete.restrict, index=False)
    mended_at = Timestamptz(default=None)


class CounterTable(Table, tablename="counter"):
    """Numbers that must have no gaps."""

    name = Varchar(length=20, primary_key=True, default=None)
    value = BigInt(default=None)
