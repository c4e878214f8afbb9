"""The queries of the way in, each asked for every photo of every inspection."""

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from inspections.submissions import Manifest, ManifestPhoto, read_manifest
from server.statements import ask

CACHED_MANIFESTS = 512

# What `known_of` reads, of a row of `submission` that is selected, or returned by what writes it.
KNOWN_COLUMNS = """
submission.id, inspector, village_code, content_sha256, receipt_no, state, received_at, complete_at, evaluation_id,
(SELECT STRING_AGG(f.sha256, ' ') FROM photo f WHERE f.submission = submission.id AND f.lost_at IS NULL) AS photos,
(SELECT MAX(q.content_sha256) FROM quarantine q
 WHERE q.submission_id = submission.id AND q.state = 'accepted' AND q.content_sha256 <> submission.content_sha256)
AS mended_from
"""
_KNOWN = f"SELECT {KNOWN_COLUMNS} FROM submission WHERE id IN ({{*}})"  # noqa: S608 - names of ours.

_TARGET = """
SELECT p.id AS plot, p.programme, p.village_code, p.household AS household_id, p.number, p.land_type, p.declared_mu,
       h.code, h.head_name, h.group_name, h.village, h.person_count, t.plot AS task_plot
FROM plot p JOIN household h ON h.id = p.household LEFT JOIN task t ON t.id = {}
WHERE p.id = {}
"""

_PHOTO_TARGET = """
SELECT s.id, s.inspector, s.village_code, s.township_code, s.content_sha256, s.plot, p.household,
       (SELECT COUNT(*) FROM photo f WHERE f.submission = s.id AND f.sha256 = {} AND f.lost_at IS NULL) AS held
FROM submission s JOIN plot p ON p.id = s.plot WHERE s.id = {}
"""

_announced: OrderedDict[str, dict[str, ManifestPhoto]] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Known:
    """What the answers of intake say about a submission; `photos` are the SHA-256 of those that are durable and
    not known to be lost since.

    `mended_from` is the digest of the bytes the phone sent, where a person mended them in quarantine.
    """

    submission_id: UUID
    inspector_id: UUID
    village_code: str
    content_sha256: str
    receipt_no: int
    state: str
    received_at: datetime
    complete_at: datetime | None
    evaluation_id: UUID | None
    photos: tuple[str, ...]
    mended_from: str | None


@dataclass(frozen=True, slots=True)
class Stored:
    """What was sent is durable, and the submission stands so; `created` tells the first time from a repetition."""

    submission: Known
    created: bool


def known_of(row: dict[str, Any]) -> Known:
    """Read a row of `KNOWN_COLUMNS`."""
    return Known(
        submission_id=row["id"],
        inspector_id=row["inspector"],
        village_code=row["village_code"],
        content_sha256=row["content_sha256"],
        receipt_no=row["receipt_no"],
        state=row["state"],
        received_at=row["received_at"],
        complete_at=row["complete_at"],
        evaluation_id=row["evaluation_id"],
        photos=tuple(sorted((row["photos"] or "").split())),
        mended_from=row["mended_from"],
    )


async def find_all_known(submission_ids: Collection[UUID]) -> dict[UUID, Known]:
    """Return those of these submissions that there are, whatever their region; callers check the scope."""
    rows = await ask(_KNOWN, list(submission_ids))
    return {row["id"]: known_of(row) for row in rows}


async def find_known(submission_id: UUID) -> Known | None:
    """Return one submission, as `find_all_known`."""
    return (await find_all_known([submission_id])).get(submission_id)


async def find_target(plot_id: UUID, task_id: UUID) -> dict[str, Any] | None:
    """Return plot, household and the task's plot in one row, for the checks at the door."""
    rows = await ask(_TARGET, task_id, plot_id)
    return rows[0] if rows else None


async def find_photo_target(submission_id: UUID, sha256: str) -> dict[str, Any] | None:
    """Return what a photo's row repeats of its submission, and whether the photo is `held`: received and not lost."""
    rows = await ask(_PHOTO_TARGET, sha256, submission_id)
    return rows[0] if rows else None


async def announced_photos(submission_id: UUID, content_sha256: str) -> dict[str, ManifestPhoto]:
    """
    Return the photos a manifest announces, by SHA-256, in their order.

    Kept by the manifest's digest: the same digest is the same bytes.
    """
    kept = _announced.get(content_sha256)
    if kept is None:
        rows = await ask("SELECT manifest FROM submission WHERE id = {}", submission_id)
        kept = remember_announced(content_sha256, read_manifest(bytes(rows[0]["manifest"])))
    return kept


def remember_announced(content_sha256: str, manifest: Manifest) -> dict[str, ManifestPhoto]:
    """Keep a manifest's photos for the photos that follow it."""
    photos = {photo.sha256: photo for photo in manifest.photos}
    _announced[content_sha256] = photos
    while len(_announced) > CACHED_MANIFESTS:
        _announced.popitem(last=False)
    return photos
