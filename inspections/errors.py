"""
What the rules refuse, each with a stable code and a sentence in both languages.

    InspectionError
    ├── PolicyInvalid                  policy_invalid
    ├── SubmissionUnreadable           submission_unreadable
    │   └── SchemaUnknown              schema_unknown
    ├── SubmissionUnacceptable         submission_unacceptable
    │   ├── SubmissionIdMismatch       submission_id_mismatch
    │   ├── WrongProgramme             wrong_programme
    │   ├── PolicyVersionUnknown       policy_version_unknown
    │   ├── PlotUnknown                plot_unknown
    │   ├── PlotOutsideRegion          plot_outside_region
    │   ├── TaskMismatch               task_mismatch
    │   ├── PlotMismatch               plot_mismatch
    │   ├── HouseholdMismatch          household_mismatch
    │   ├── RingMalformed              ring_malformed
    │   ├── PositionOutOfRange         position_out_of_range
    │   ├── OutsideAllowedArea         outside_allowed_bbox
    │   ├── ParallelArraysDiffer       parallel_arrays_differ
    │   ├── DuplicatePhotos            duplicate_photos
    │   ├── EvidenceNotAnnounced       evidence_not_announced
    │   ├── PhotoTooLarge              photo_too_large
    │   └── TimesOutOfOrder            times_out_of_order
    └── ReviewRefused                  review_refused
        ├── AlreadyDecided             already_decided
        ├── OwnInspection              own_inspection
        ├── ReasonRequired             reason_required
        ├── SubmissionIncomplete       submission_incomplete
        └── PlotAlreadyApproved        plot_already_approved

A code, once used, keeps its meaning for good: it stands in the records.
"""

from typing import ClassVar


class InspectionError(Exception):
    """A rule says no; `code` is for programs, the two sentences are for people."""

    code: ClassVar[str] = "inspection_error"

    def __init__(self, message_zh: str, message_en: str) -> None:
        super().__init__(f"{message_zh} {message_en}")
        self.message_zh = message_zh
        self.message_en = message_en


class PolicyInvalid(InspectionError):
    """The policy lacks a parameter, has one too many, or one out of range."""

    code = "policy_invalid"


class SubmissionUnreadable(InspectionError):
    """The bytes are not a manifest of a schema we know."""

    code = "submission_unreadable"


class SchemaUnknown(SubmissionUnreadable):
    """The manifest names a schema that this version does not read."""

    code = "schema_unknown"


class SubmissionUnacceptable(InspectionError):
    """The manifest reads well, but does not fit what the server knows."""

    code = "submission_unacceptable"


class SubmissionIdMismatch(SubmissionUnacceptable):
    """The id in the address is not the id in the manifest."""

    code = "submission_id_mismatch"


class WrongProgramme(SubmissionUnacceptable):
    """The manifest belongs to another programme."""

    code = "wrong_programme"


class PolicyVersionUnknown(SubmissionUnacceptable):
    """The phone worked with a policy version that never was."""

    code = "policy_version_unknown"


class PlotUnknown(SubmissionUnacceptable):
    """There is no such plot, or its household is missing."""

    code = "plot_unknown"


class PlotOutsideRegion(SubmissionUnacceptable):
    """The plot lies outside the regions this inspector works in."""

    code = "plot_outside_region"


class TaskMismatch(SubmissionUnacceptable):
    """The task is unknown, or is about another plot."""

    code = "task_mismatch"


class PlotMismatch(SubmissionUnacceptable):
    """The boundary says another plot than the manifest."""

    code = "plot_mismatch"


class HouseholdMismatch(SubmissionUnacceptable):
    """The boundary says another household than the plot's."""

    code = "household_mismatch"


class RingMalformed(SubmissionUnacceptable):
    """A ring has too few positions, or is not closed."""

    code = "ring_malformed"


class PositionOutOfRange(SubmissionUnacceptable):
    """A longitude, latitude, accuracy or time that cannot be."""

    code = "position_out_of_range"


class OutsideAllowedArea(SubmissionUnacceptable):
    """A position outside the programme's area; often longitude and latitude changed places."""

    code = "outside_allowed_bbox"


class ParallelArraysDiffer(SubmissionUnacceptable):
    """Accuracies or times do not run parallel to the ring."""

    code = "parallel_arrays_differ"


class DuplicatePhotos(SubmissionUnacceptable):
    """The manifest names the same photo twice."""

    code = "duplicate_photos"


class EvidenceNotAnnounced(SubmissionUnacceptable):
    """A standard or a signature rests on a photo that is not in the manifest."""

    code = "evidence_not_announced"


class PhotoTooLarge(SubmissionUnacceptable):
    """A photo is announced larger than the server takes."""

    code = "photo_too_large"


class TimesOutOfOrder(SubmissionUnacceptable):
    """The visit ends before it starts."""

    code = "times_out_of_order"


class ReviewRefused(InspectionError):
    """This decision may not be made so."""

    code = "review_refused"


class AlreadyDecided(ReviewRefused):
    """A submission gets one decision."""

    code = "already_decided"


class OwnInspection(ReviewRefused):
    """Nobody reviews their own inspection."""

    code = "own_inspection"


class ReasonRequired(ReviewRefused):
    """Returning, refusing, or approving against the evaluation needs a reason."""

    code = "reason_required"


class SubmissionIncomplete(ReviewRefused):
    """Photos are still missing, or nothing has been evaluated yet."""

    code = "submission_incomplete"


class PlotAlreadyApproved(ReviewRefused):
    """A plot is accepted once: another submission of it was approved."""

    code = "plot_already_approved"
