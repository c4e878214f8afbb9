"""Submissions and their photos, as the phone sends them."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, MediaType, Request, Response, get, put
from litestar.datastructures import State
from litestar.params import FromPath, PathParameter
from msgspec import Struct

from inspections.evaluation import Evaluation
from inspections.submissions import MAX_PHOTO_BYTES
from server.actions.read_original import WholeOriginals
from server.actions.receive_photo import receive_photo
from server.actions.receive_submission import Quarantined, receive_submission
from server.backup.watermark import recent_watermark
from server.errors import PhotoNotInManifest, SubmissionNotFound
from server.failpoints import fail_here
from server.guards import allow
from server.i18n import language_of
from server.keys import KeyPair
from server.receipts import sign_receipt
from server.renditions import NotAPicture, ensure
from server.roles import Identity, Role
from server.store.intake import Known, announced_photos, find_known
from server.store.queue import DECIDED
from server.store.submissions import find_evaluation, find_review
from server.traffic import TRAFFIC

MAX_MANIFEST_BYTES = 256 * 1024

Sha256Path = Annotated[str, PathParameter(pattern="^[0-9a-f]{64}$", max_length=64)]


class ReviewOut(Struct):
    """What the township decided."""

    decision: str
    reason: str
    decided_at: datetime


class SubmissionStatus(Struct):
    """What the server holds of a submission, and where it stands."""

    submission_id: UUID
    content_sha256: str
    mended_from: str | None
    complete: bool
    received: list[str]
    missing: list[str]
    state: str
    review: ReviewOut | None
    evaluation: Evaluation | None
    receipt: str
    backup_watermark: int | None
    server_time_at: datetime


class QuarantinedOut(Struct):
    """Why a submission was kept aside, or why a person did not take it in."""

    quarantine_id: UUID
    submission_id: UUID
    code: str
    detail: str
    rejected: bool
    server_time_at: datetime


class SubmissionController(Controller):
    """One submission at a time: manifest first, then its photos."""

    path = "/api/submissions/{submission_id:uuid}"
    tags = ["submissions"]
    opt = {"policy": allow(Role.INSPECTOR)}

    @put(operation_id="putSubmission", status_code=201, request_max_body_size=MAX_MANIFEST_BYTES)
    async def send(
        self, submission_id: FromPath[UUID], request: Request[Identity, Any, State]
    ) -> Response[SubmissionStatus | QuarantinedOut]:
        """
        Send a manifest: 201 stored, 200 known, 202 kept in quarantine, 409 `submission_conflict`.

        The body is the manifest of docs/protocol.md; the digest is taken of exactly these bytes.
        """
        with TRAFFIC.upload():
            body = await request.body()
            result = await receive_submission(submission_id, body, inspector=request.user, at=datetime.now(UTC))
        if isinstance(result, Quarantined):
            return Response(_quarantined(submission_id, result, request), status_code=202)
        await fail_here("answer")
        status = await status_of(result.submission, request.app.state.receipt_key)
        return Response(status, status_code=201 if result.created else 200)

    @get(operation_id="readSubmission")
    async def read(self, submission_id: FromPath[UUID], request: Request[Identity, Any, State]) -> SubmissionStatus:
        """Say what the server holds; 404 `submission_not_found`."""
        known = await _known_to(request.user, submission_id)
        return await status_of(known, request.app.state.receipt_key)

    @put(
        "/photos/{sha256:str}",
        operation_id="putPhoto",
        status_code=201,
        media_type=MediaType.JSON,
        request_max_body_size=MAX_PHOTO_BYTES,
    )
    async def send_photo(
        self, submission_id: FromPath[UUID], sha256: Sha256Path, request: Request[Identity, Any, State]
    ) -> Response[SubmissionStatus]:
        """Send one announced photo: 201 durable, 200 known, 404, 422 `photo_digest_mismatch`, 413."""
        with TRAFFIC.upload():
            stored = await receive_photo(
                submission_id,
                sha256,
                request.stream(),
                photos=request.app.state.photos,
                inspector=request.user,
                at=datetime.now(UTC),
            )
        await fail_here("answer")
        status = await status_of(stored.submission, request.app.state.receipt_key)
        return Response(status, status_code=201 if stored.created else 200)

    @get("/photos/{sha256:str}/preview", operation_id="readPhotoPreview", media_type="image/jpeg")
    async def preview(
        self, submission_id: FromPath[UUID], sha256: Sha256Path, request: Request[Identity, Any, State]
    ) -> Response[bytes]:
        """Give a received photo as a small JPEG, for the next viewfinder; 404 `photo_not_in_manifest`, `photo_lost`."""
        known = await _known_to(request.user, submission_id)
        if sha256 not in known.photos:
            raise PhotoNotInManifest("这份上报没有收到这张照片。", "The submission holds no such photo.")
        state = request.app.state
        originals = WholeOriginals(state.photos)
        try:
            copy = await ensure(sha256, 320, originals, state.settings.data / "renditions")
        except NotAPicture as error:
            raise PhotoNotInManifest("这张照片无法显示。", "No picture can be made of this photo.") from error
        # The bytes under a hash never change.
        headers = {"ETag": f'"{sha256}-preview"', "Cache-Control": "private, max-age=604800, immutable"}
        return Response(copy, media_type="image/jpeg", headers=headers)


async def _known_to(inspector: Identity, submission_id: UUID) -> Known:
    """Find a submission; 404 `submission_not_found` when it is neither theirs nor in their regions."""
    known = await find_known(submission_id)
    if known is None or not inspector.may_send(known.village_code, known.inspector_id):
        raise SubmissionNotFound("没有这份上报。", "There is no such submission.")
    return known


async def status_of(known: Known, key: KeyPair) -> SubmissionStatus:
    """Say what the server holds of a submission, with the receipt for it."""
    announced = await announced_photos(known.submission_id, known.content_sha256)
    missing = [sha256 for sha256 in announced if sha256 not in known.photos]
    review = await find_review(known.submission_id) if known.state in DECIDED else None
    mark = await recent_watermark()
    return SubmissionStatus(
        submission_id=known.submission_id,
        content_sha256=known.content_sha256,
        mended_from=known.mended_from,
        complete=not missing,
        received=list(known.photos),
        missing=missing,
        state=known.state,
        review=ReviewOut(review["decision"], review["reason"], review["decided_at"]) if review else None,
        evaluation=await find_evaluation(known.evaluation_id),
        receipt=sign_receipt(
            key,
            submission_id=known.submission_id,
            content_sha256=known.content_sha256,
            photos=known.photos,
            complete=not missing,
            receipt_no=known.receipt_no,
            received_at=known.received_at,
            at=known.complete_at or known.received_at,
            mended_from=known.mended_from,
        ),
        backup_watermark=mark.for_submission(known.receipt_no) if mark else None,
        server_time_at=datetime.now(UTC),
    )


def _quarantined(submission_id: UUID, result: Quarantined, request: Request[Any, Any, Any]) -> QuarantinedOut:
    detail = result.message_en if language_of(request) == "en" else result.message_zh
    return QuarantinedOut(result.quarantine_id, submission_id, result.code, detail, result.rejected, datetime.now(UTC))
