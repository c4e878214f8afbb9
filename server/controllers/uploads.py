"""A photo in parts, by the rules of draft-ietf-httpbis-resumable-upload; docs/protocol.md has the contract."""

import base64
import binascii
import hashlib
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Controller, MediaType, Request, Response, delete, head, patch
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.params import FromPath, HeaderParameter

from inspections.submissions import MAX_PHOTO_BYTES
from server.actions.receive_part import (
    MAX_PART_BYTES,
    Progress,
    drop_upload,
    offset_mismatch,
    receive_part,
    upload_progress,
)
from server.controllers.submissions import Sha256Path, SubmissionStatus, status_of
from server.errors import PartDigestMismatch, PartDigestMissing
from server.failpoints import fail_here
from server.guards import allow
from server.newest_sender import SENDERS, BrokenOff
from server.roles import Identity, Role
from server.traffic import TRAFFIC
from server.upload_expiry import KEPT_FOR

PART_TYPE = "application/partial-upload"
LIMITS = f"min-append-size=0, max-append-size={MAX_PART_BYTES}, max-size={MAX_PHOTO_BYTES}"
_SHA256_MEMBER = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]*):")

AnyRequest = Request[Identity, Any, State]


class UploadController(Controller):
    """The upload resource of one photo; it needs no creation."""

    path = "/api/submissions/{submission_id:uuid}/photos/{sha256:str}/upload"
    tags = ["submissions"]
    opt = {"policy": allow(Role.INSPECTOR)}

    @head(operation_id="readUpload", status_code=204)
    async def read(self, submission_id: FromPath[UUID], sha256: Sha256Path, request: AnyRequest) -> Response[None]:
        """Say in `Upload-Offset` how many bytes are durable, and in `Upload-Complete` whether that is all."""
        await SENDERS.settle((request.user.user_id, submission_id, sha256))
        progress = await upload_progress(submission_id, sha256, photos=request.app.state.photos, inspector=request.user)
        age_s = int(KEPT_FOR.total_seconds())
        return Response(
            None, status_code=204, headers={**_headers(progress), "Upload-Limit": f"{LIMITS}, max-age={age_s}"}
        )

    @patch(
        operation_id="appendUpload", status_code=201, media_type=MediaType.JSON, request_max_body_size=MAX_PART_BYTES
    )
    async def append(
        self,
        submission_id: FromPath[UUID],
        sha256: Sha256Path,
        request: AnyRequest,
        upload_offset: Annotated[int, HeaderParameter(name="Upload-Offset", ge=0, le=MAX_PHOTO_BYTES)],
        upload_complete: Annotated[Literal["?0", "?1"], HeaderParameter(name="Upload-Complete")],
        content_digest: Annotated[str | None, HeaderParameter(name="Content-Digest")] = None,
    ) -> Response[SubmissionStatus | None]:
        """
        Append a part: 204 with the new `Upload-Offset`; the last part is answered like a whole photo, 201 or 200.

        409 `upload_offset_mismatch` says where to go on, 400 `part_digest_mismatch` that the part came damaged.
        """
        if request.headers.get("content-type", "").partition(";")[0].strip() != PART_TYPE:
            raise HTTPException(status_code=415, detail=f"Content-Type must be {PART_TYPE}")
        photos = request.app.state.photos

        async def receive(data: bytes, *, last: bool) -> Progress:
            return await receive_part(
                submission_id,
                sha256,
                upload_offset,
                data,
                last=last,
                photos=photos,
                inspector=request.user,
                at=datetime.now(UTC),
            )

        async def keep(beginning: bytes) -> None:
            # Not compared with a digest of its own: the whole will be with the photo's.
            await receive(beginning, last=False)

        with TRAFFIC.upload():
            try:
                data = await SENDERS.receive((request.user.user_id, submission_id, sha256), request.stream(), keep)
            except BrokenOff:
                raise await offset_mismatch(
                    submission_id, sha256, upload_offset, photos=photos, inspector=request.user
                ) from None
            _compare(content_digest, data)
            progress = await receive(data, last=upload_complete == "?1")
        await fail_here("answer")
        if progress.stored is None:
            return Response(None, status_code=204, headers=_headers(progress))
        status = await status_of(progress.stored.submission, request.app.state.receipt_key)
        return Response(status, status_code=201 if progress.stored.created else 200, headers=_headers(progress))

    @delete(operation_id="dropUpload", status_code=204)
    async def drop(self, submission_id: FromPath[UUID], sha256: Sha256Path, request: AnyRequest) -> None:
        """Forget the parts of an unfinished photo."""
        await drop_upload(submission_id, sha256, photos=request.app.state.photos, inspector=request.user)


def _headers(progress: Progress) -> dict[str, str]:
    return {
        "Upload-Offset": str(progress.offset),
        "Upload-Length": str(progress.length),
        "Upload-Complete": "?1" if progress.complete else "?0",
        "Cache-Control": "no-store",
    }


def _compare(content_digest: str | None, data: bytes) -> None:
    """Compare a part with the SHA-256 of its Content-Digest (RFC 9530); other algorithms beside it do not matter."""
    found = _SHA256_MEMBER.search(content_digest or "")
    if found is None:
        raise PartDigestMissing(
            "分段缺少 Content-Digest: sha-256 校验值。", "The part has no sha-256 in Content-Digest."
        )
    try:
        told = base64.b64decode(found[1], validate=True)
    except binascii.Error:
        told = b""
    if told != hashlib.sha256(data).digest():
        raise PartDigestMismatch(
            "分段在传输中损坏，未保存，请重传这一段。",
            "The part was damaged on the way and not kept: send it again.",
        )
