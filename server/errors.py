"""
What the server refuses that no rule of inspections knows, each with a stable code and a sentence in both languages.

    Refusal
    ├── BadCredentials          bad_credentials
    ├── TooManyAttempts         too_many_attempts
    ├── PasswordTooWeak         password_too_weak
    ├── AccountRefused          account_refused
    ├── SubmissionNotFound      submission_not_found
    ├── SubmissionConflict      submission_conflict
    ├── PhotoNotInManifest      photo_not_in_manifest
    ├── PhotoDigestMismatch     photo_digest_mismatch
    ├── PhotoLost               photo_lost
    ├── BodyTooLarge            body_too_large
    ├── AttemptRefused          attempt_refused
    ├── PlotRefused             plot_refused
    ├── NoteConflict            note_conflict
    ├── CrossSiteRequest        cross_site_request
    ├── QuarantineRefused       quarantine_refused
    ├── CourierRefused          courier_refused
    │   └── SenderUnproven      courier_sender_unproven
    ├── UploadOffsetMismatch    upload_offset_mismatch
    ├── PartDigestMissing       part_digest_missing
    ├── PartDigestMismatch      part_digest_mismatch
    ├── TileUnavailable         tile_unavailable
    ├── NoSuchTile              no_such_tile
    ├── StorageRefused          storage_refused
    └── StorageFailed           storage_failed
"""

from typing import Any, ClassVar


class Refusal(Exception):
    """The server says no; `code` is for programs, the two sentences are for people."""

    code: ClassVar[str] = "refused"

    def __init__(self, message_zh: str, message_en: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(f"{message_zh} {message_en}")
        self.message_zh = message_zh
        self.message_en = message_en
        self.retry_after_s = retry_after_s
        self.members: dict[str, Any] = {}
        self.headers: dict[str, str] = {}


class BadCredentials(Refusal):
    """No such name, a wrong password, or an account switched off: the caller is not told which."""

    code = "bad_credentials"


class TooManyAttempts(Refusal):
    """Too many failed sign-ins for this name or from this address."""

    code = "too_many_attempts"


class PasswordTooWeak(Refusal):
    """A new password is too short or too common."""

    code = "password_too_weak"


class AccountRefused(Refusal):
    """The account, or the region it should have, is not there, or the name is taken."""

    code = "account_refused"


class SubmissionNotFound(Refusal):
    """There is no such submission, or not in the caller's scope."""

    code = "submission_not_found"


class SubmissionConflict(Refusal):
    """The submission's id is taken by other bytes."""

    code = "submission_conflict"


class PhotoNotInManifest(Refusal):
    """The manifest does not announce this photo."""

    code = "photo_not_in_manifest"


class PhotoDigestMismatch(Refusal):
    """The bytes do not have the SHA-256 they were sent under."""

    code = "photo_digest_mismatch"


class PhotoLost(Refusal):
    """The server's bytes of a photo it received are gone or altered; a phone that still has it is asked for it."""

    code = "photo_lost"


class BodyTooLarge(Refusal):
    """The request is larger than the route takes."""

    code = "body_too_large"


class AttemptRefused(Refusal):
    """A visit names no task of that plot in the caller's regions."""

    code = "attempt_refused"


class PlotRefused(Refusal):
    """A plot found in the field names a village, programme, household or area the caller may not add to."""

    code = "plot_refused"


class NoteConflict(Refusal):
    """The id of a field note is taken by something else."""

    code = "note_conflict"


class CrossSiteRequest(Refusal):
    """A form sent from another site with this site's cookie."""

    code = "cross_site_request"


class QuarantineRefused(Refusal):
    """Quarantined content cannot be dealt with in this way."""

    code = "quarantine_refused"


class CourierRefused(Refusal):
    """A courier file is damaged, cut short, sealed for another server, or of an account that may not send."""

    code = "courier_refused"


class SenderUnproven(CourierRefused):
    """Nothing in a courier file proves whose it is: a reviewer or an administrator must make sure of the sender."""

    code = "courier_sender_unproven"


class TileUnavailable(Refusal):
    """A piece of the base map that the configured source does not give."""

    code = "tile_unavailable"


class NoSuchTile(Refusal):
    """The pack of the base map does not reach this place or level."""

    code = "no_such_tile"


class StorageRefused(Refusal):
    """The disk is full: nothing was stored and nothing is acknowledged."""

    code = "storage_refused"


class StorageFailed(Refusal):
    """The disk is failing: the server stores nothing more until it is started anew."""

    code = "storage_failed"


class UploadOffsetMismatch(Refusal):
    """A part does not begin where the stored ones end; `expected_offset` says where to go on."""

    code = "upload_offset_mismatch"

    def __init__(self, expected: int, provided: int) -> None:
        super().__init__(
            f"应从第 {expected} 字节续传，收到的分段从第 {provided} 字节开始。",
            f"The upload goes on at byte {expected}; this part begins at byte {provided}.",
        )
        self.members = {"expected_offset": expected, "provided_offset": provided}
        self.headers = {"Upload-Offset": str(expected)}


class PartDigestMissing(Refusal):
    """A part came without a SHA-256 in `Content-Digest`; it was not kept."""

    code = "part_digest_missing"


class PartDigestMismatch(Refusal):
    """A part does not have the digest it was sent with: it was damaged on the way and not kept."""

    code = "part_digest_mismatch"
