"""
Whether the rows agree with each other, with the bytes that were received and with the events (数据一致性核验).

Each check is one statement, so that it sees one moment even while the server works.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from piccolo.table import Table

from inspections.errors import InspectionError
from inspections.submissions import content_digest
from inspections.submissions import read_manifest as read_submission
from server.backup.findings import Progress, Report
from server.backup.snapshots import table_names
from server.database import is_postgres
from server.tables import (
    AttemptTable,
    EvaluationTable,
    EventTable,
    FoundPlotTable,
    MendingTable,
    PhotoTable,
    QuarantineTable,
    ReviewTable,
    SubmissionTable,
)

PAGE = 500


@dataclass(frozen=True, slots=True)
class _Check:
    """A statement whose rows, each with a `subject`, are all wrong."""

    code: str
    detail: str
    sql: str


CHECKS = [
    _Check(
        "submission.photo_count",
        "received_photos is not the number of its photo rows",
        """SELECT id AS subject FROM submission
        WHERE received_photos <> (SELECT count(*) FROM photo WHERE photo.submission = submission.id)""",
    ),
    _Check(
        "submission.complete",
        "its state says the contrary of its photo counts",
        """SELECT id AS subject FROM submission
        WHERE (state = 'receiving') <> (received_photos < expected_photos)
        OR (state = 'receiving') <> (complete_at IS NULL)""",
    ),
    _Check(
        "receipts.gap",
        "receipt numbers, submissions and the counter do not agree",
        """SELECT subject FROM (
            SELECT 'counter' AS subject, (SELECT value FROM counter WHERE name = 'receipt') AS counted,
            (SELECT count(*) FROM submission) AS there,
            (SELECT coalesce(max(receipt_no), 0) FROM submission) AS newest) AS numbers
        WHERE counted IS NULL OR counted <> there OR there <> newest""",
    ),
    _Check(
        "submission.evaluation",
        "the evaluation in force is not there, or is another submission's",
        """SELECT submission.id AS subject
        FROM submission LEFT JOIN evaluation ON evaluation.id = submission.evaluation_id
        WHERE submission.evaluation_id IS NOT NULL
        AND (evaluation.id IS NULL OR evaluation.submission <> submission.id)""",
    ),
    _Check(
        "submission.review",
        "its state and the review do not agree",
        """SELECT submission.id AS subject FROM submission LEFT JOIN review ON review.submission = submission.id
        WHERE (submission.state IN ('approved', 'returned', 'refused')
            AND coalesce(review.decision, '') <> submission.state)
        OR (submission.state IN ('receiving', 'awaiting_review') AND review.decision IS NOT NULL)""",
    ),
    _Check(
        "review.own",
        "it was reviewed by the person who inspected it",
        """SELECT submission.id AS subject FROM submission JOIN review ON review.submission = submission.id
        WHERE review.reviewer = submission.inspector""",
    ),
]
SQLITE_CHECKS = [
    _Check(
        "database.page",
        "SQLite finds its file damaged",
        "SELECT integrity_check AS subject FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
    ),
    _Check(
        "database.reference",
        "a row refers to one that is not there",
        """SELECT "table" || ' row ' || coalesce(rowid, '?') || ' to ' || parent AS subject
        FROM pragma_foreign_key_check""",
    ),
]


SUBJECT = "subject"
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class _Stored:
    """
    What an event says was stored: a row, found by its key, and facts it holds.

    Pairs of a column and the member of the event's `after` that says its value; SUBJECT is what the event is about.
    The first column of a key is an id.
    """

    table: type[Table]
    key: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """The table's."""
        name: str = self.table._meta.tablename
        return name


DIGEST = ("content_sha256", "content_sha256")
REVIEW = _Stored(ReviewTable, (("submission", SUBJECT),), (("decision", "state"), ("reason", "reason")))
DECIDED = _Stored(QuarantineTable, (("id", SUBJECT),), (("state", "state"),))
STORED_BY = {
    "submission.received": _Stored(SubmissionTable, (("id", SUBJECT),), (DIGEST, ("receipt_no", "receipt_no"))),
    "photo.received": _Stored(PhotoTable, (("id", SUBJECT),), (("sha256", "sha256"), ("submission", "submission"))),
    "submission.evaluated": _Stored(
        EvaluationTable,
        (("id", "evaluation"),),
        (("submission", SUBJECT), ("policy_version", "policy_version"), ("engine_version", "engine_version")),
    ),
    **dict.fromkeys(("submission.approved", "submission.returned", "submission.refused"), REVIEW),
    "submission.quarantined": _Stored(QuarantineTable, (("submission_id", SUBJECT), DIGEST), (("code", "code"),)),
    "quarantine.mended": _Stored(MendingTable, (("quarantine", SUBJECT), DIGEST), ()),
    **dict.fromkeys(("quarantine.accepted", "quarantine.rejected"), DECIDED),
    "plot.visited": _Stored(
        AttemptTable, (("id", "attempt"),), (DIGEST, ("plot", SUBJECT), ("kind", "kind"), ("reason", "reason"))
    ),
    "plot.found": _Stored(FoundPlotTable, (("plot", SUBJECT),), (DIGEST, ("note", "note"))),
}


async def check_records(report: Report, progress: Progress) -> None:
    """Run every check over the rows, and note what is wrong."""
    for check in CHECKS if is_postgres() else [*CHECKS, *SQLITE_CHECKS]:
        for row in await SubmissionTable.raw(check.sql):
            report.add(check.code, row["subject"], check.detail)
    for name in table_names():
        report.rows[name] = (await SubmissionTable.raw(f'SELECT count(*) AS n FROM "{name}"'))[0]["n"]  # noqa: S608
    progress("rows agree with each other: looked")
    await _check_submissions(report, progress)
    await _check_bodies(report)
    await _check_events(report, progress)


async def _check_submissions(report: Report, progress: Progress) -> None:
    """The bytes received still have their digest, and every photo row was announced in them."""
    done, last = 0, None
    while True:
        query = SubmissionTable.select(SubmissionTable.id, SubmissionTable.content_sha256, SubmissionTable.manifest)
        if last is not None:
            query = query.where(SubmissionTable.id > last)
        page = await query.order_by(SubmissionTable.id).limit(PAGE)
        if not page:
            return
        last, done = page[-1]["id"], done + len(page)
        photos: dict[Any, set[str]] = {row["id"]: set() for row in page}
        for photo in await PhotoTable.select(PhotoTable.submission, PhotoTable.sha256).where(
            PhotoTable.submission.is_in(list(photos))
        ):
            photos[photo["submission"]].add(photo["sha256"])
        for row in page:
            body = bytes(row["manifest"])
            if content_digest(body) != row["content_sha256"]:
                report.add("submission.digest", row["id"], "its bytes are not those that were received")
            elif not photos[row["id"]] <= _announced(body):
                report.add("submission.photo", row["id"], "it has a photo that its manifest does not announce")
        progress(f"submissions {done}")


async def _check_bodies(report: Report) -> None:
    """What lies in quarantine, as it came and as it was mended, still has its digest."""
    for table in (QuarantineTable, MendingTable):
        key, digest, body = table.id, table.content_sha256, table.body
        last = None
        while True:
            query = table.select(key, digest, body)
            if last is not None:
                query = query.where(key > last)
            page = await query.order_by(key).limit(PAGE)
            if not page:
                break
            last = page[-1]["id"]
            for row in page:
                if content_digest(bytes(row["body"])) != row["content_sha256"]:
                    report.add(f"{table._meta.tablename}.digest", row["id"], "its bytes are not those that were kept")


async def _check_events(report: Report, progress: Progress) -> None:
    """Whatever an event says was stored is there, and is the same: so a row that was removed or changed is missed."""
    last = -1
    while (
        page := await EventTable.select(EventTable.seq, EventTable.action, EventTable.subject_id, EventTable.after)
        .where((EventTable.seq > last) & EventTable.action.is_in(list(STORED_BY)))
        .order_by(EventTable.seq)
        .limit(PAGE)
    ):
        last = page[-1]["seq"]
        for stored in dict.fromkeys(STORED_BY.values()):
            events = [event for event in page if STORED_BY[event["action"]] is stored]
            if events:
                await _check_stored(stored, events, report)
        progress(f"events up to {last}")


async def _check_stored(stored: "_Stored", events: list[dict[str, Any]], report: Report) -> None:
    """Compare events of one kind with the rows they tell of."""
    told: dict[tuple[str, ...], dict[str, str]] = {}
    for event in events:
        said = {SUBJECT: event["subject_id"], **_members(event["after"])}
        key = tuple(str(said.get(member)) for _, member in stored.key)
        # An event of an earlier release may say less; what it does not say is not compared.
        told[key] = {column: str(said[member]) for column, member in stored.facts if member in said}
    there = await _rows_of(stored, [key[0] for key in told])
    for key, facts in told.items():
        subject = " ".join(key)
        if key not in there:
            report.add(f"{stored.name}.gone", subject, "an event says it was stored, and there is no such row")
            continue
        found = {column: there[key][column] for column in facts}
        if found != facts:
            report.add(f"{stored.name}.changed", subject, f"an event says {facts}, the row says {found}")


async def _rows_of(stored: "_Stored", first_keys: list[str]) -> dict[tuple[str, ...], dict[str, str]]:
    """Return the rows whose first key column has one of these values, by their whole key, all as text."""
    table, (first, _) = stored.table, stored.key[0]
    column = table._meta.get_column_by_name(first)
    names = {name for name, _ in (*stored.key, *stored.facts)}
    rows = await table.select(*map(table._meta.get_column_by_name, sorted(names))).where(
        # What is no id cannot be asked for; it is told as gone.
        column.is_in([one for one in first_keys if _is_uuid(one)] or [NOBODY])
    )
    return {
        tuple(str(row[name]) for name, _ in stored.key): {name: str(row[name]) for name, _ in stored.facts}
        for row in rows
    }


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _members(after: str | None) -> dict[str, Any]:
    try:
        said = msgspec.json.decode(after or "{}")
    except msgspec.DecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _announced(body: bytes) -> set[str]:
    try:
        return {photo.sha256 for photo in read_submission(body).photos}
    except InspectionError:
        return set()
