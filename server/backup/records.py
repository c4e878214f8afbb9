"""
Whether the rows agree with each other, with the bytes that were received and with the events (数据一致性核验).

Each check is one statement, so that it sees one moment even while the server works.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from inspections.errors import InspectionError
from inspections.submissions import content_digest
from inspections.submissions import read_manifest as read_submission
from server.backup.findings import Progress, Report
from server.backup.snapshots import table_names
from server.database import is_postgres
from server.tables import EventTable, PhotoTable, QuarantineTable, SubmissionTable

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


async def check_records(report: Report, progress: Progress) -> None:
    """Run every check over the rows, and note what is wrong."""
    for check in CHECKS if is_postgres() else [*CHECKS, *SQLITE_CHECKS]:
        for row in await SubmissionTable.raw(check.sql):
            report.add(check.code, row["subject"], check.detail)
    for name in table_names():
        report.rows[name] = (await SubmissionTable.raw(f'SELECT count(*) AS n FROM "{name}"'))[0]["n"]  # noqa: S608
    progress("rows agree with each other: looked")
    await _check_submissions(report, progress)
    await _check_quarantine(report)
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


async def _check_quarantine(report: Report) -> None:
    last = None
    while True:
        query = QuarantineTable.select(QuarantineTable.id, QuarantineTable.content_sha256, QuarantineTable.body)
        if last is not None:
            query = query.where(QuarantineTable.id > last)
        page = await query.order_by(QuarantineTable.id).limit(PAGE)
        if not page:
            return
        last = page[-1]["id"]
        for row in page:
            if content_digest(bytes(row["body"])) != row["content_sha256"]:
                report.add("quarantine.digest", row["id"], "its bytes are not those that were received")


async def _check_events(report: Report, progress: Progress) -> None:
    """Whatever an event says was stored is there, and is the same: so a row that was removed or changed is missed."""
    last = -1
    while (
        page := await EventTable.select(EventTable.seq, EventTable.action, EventTable.subject_id, EventTable.after)
        .where((EventTable.seq > last) & EventTable.action.is_in(list(_TOLD)))
        .order_by(EventTable.seq)
        .limit(PAGE)
    ):
        last = page[-1]["seq"]
        for table, (find, facts_of) in _FINDERS.items():
            told = {row["subject_id"]: facts_of(row["after"]) for row in page if _TOLD[row["action"]] == table}
            there = await find(list(told)) if told else {}
            for subject, fact in told.items():
                if subject not in there:
                    report.add(f"{table}.gone", subject, "an event says it was stored, and there is no such row")
                elif there[subject] != fact:
                    report.add(f"{table}.changed", subject, f"an event says {fact}, the row says {there[subject]}")
        progress(f"events up to {last}")


async def _submissions_there(ids: list[str]) -> dict[str, str]:
    rows = await SubmissionTable.select(SubmissionTable.id, SubmissionTable.content_sha256).where(
        SubmissionTable.id.is_in(ids)
    )
    return {str(row["id"]): row["content_sha256"] for row in rows}


async def _photos_there(ids: list[str]) -> dict[str, str]:
    rows = await PhotoTable.select(PhotoTable.id, PhotoTable.sha256).where(PhotoTable.id.is_in(ids))
    return {str(row["id"]): row["sha256"] for row in rows}


def _member(name: str) -> Callable[[str | None], str]:
    def read(after: str | None) -> str:
        try:
            return str(msgspec.json.decode(after or "{}").get(name))
        except (msgspec.DecodeError, AttributeError):
            return "nothing that can be read"

    return read


_TOLD = {"submission.received": "submission", "photo.received": "photo"}
_FINDERS: dict[str, tuple[Any, Callable[[str | None], str]]] = {
    "submission": (_submissions_there, _member("content_sha256")),
    "photo": (_photos_there, _member("sha256")),
}


def _announced(body: bytes) -> set[str]:
    try:
        return {photo.sha256 for photo in read_submission(body).photos}
    except InspectionError:
        return set()
