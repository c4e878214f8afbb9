"""What the township may decide about a submission (乡镇审核)."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from inspections.errors import AlreadyDecided, OwnInspection, ReasonRequired, SubmissionIncomplete

Outcome = Literal["passed", "in_doubt", "failed"]


class Decision(StrEnum):
    """Awaited until the township has spoken, then one of three."""

    AWAITED = "awaited"
    APPROVED = "approved"
    RETURNED = "returned"
    REFUSED = "refused"


DECISION_NAMES: dict[Decision, tuple[str, str]] = {
    Decision.AWAITED: ("待审核", "awaiting review"),
    Decision.APPROVED: ("审核通过", "approved"),
    Decision.RETURNED: ("退回", "returned"),
    Decision.REFUSED: ("不予通过", "refused"),
}


@dataclass(frozen=True, slots=True)
class Review:
    """The one decision about a submission, with who made it, when and why."""

    submission_id: UUID
    decision: Decision = Decision.AWAITED
    reviewer_id: UUID | None = None
    decided_at: datetime | None = None
    reason: str = ""


def decide(
    review: Review,
    decision: Decision,
    *,
    reviewer_id: UUID,
    inspector_ids: Collection[UUID],
    outcome: Outcome | None,
    complete: bool,
    reason: str,
    at: datetime,
) -> Review:
    """
    Record the one decision a submission gets.

    Args:
        review: The review as it stands.
        decision: Approved, returned or refused.
        reviewer_id: Who decides.
        inspector_ids: All who took part in the inspection.
        outcome: What the evaluation said; None when there is none yet.
        complete: Whether the server holds the manifest and every photo it names.
        reason: Why; may be empty only when a passed submission is approved.
        at: When.

    Raises:
        AlreadyDecided: A second decision.
        OwnInspection: The reviewer took part in the inspection.
        SubmissionIncomplete: Photos or the evaluation are still missing. What lacks photos may be returned all the
            same: a photo that was lost on the phone never comes, and the plot must be open to a new visit.
        ReasonRequired: No reason for returning, refusing, or approving against the evaluation.
        ValueError: `decision` is not a decision.
    """
    if decision is Decision.AWAITED:
        raise ValueError("a review cannot be decided as awaited")
    if review.decision is not Decision.AWAITED:
        name_zh, name_en = DECISION_NAMES[review.decision]
        raise AlreadyDecided(f"该上报已有审核结论：{name_zh}。", f"This submission is already {name_en}.")
    if reviewer_id in inspector_ids:
        raise OwnInspection("不能审核本人参加的验收。", "Nobody reviews an inspection they took part in.")
    given_up = decision is Decision.RETURNED and not complete
    if (not complete or outcome is None) and not given_up:
        raise SubmissionIncomplete(
            "上报尚未完整（照片未齐或尚未评定），不能审核；照片等不到时可以退回。",
            "The submission is not complete: photos or the evaluation are missing. If they never come, return it.",
        )
    reason = reason.strip()
    if not reason:
        if decision is not Decision.APPROVED:
            raise ReasonRequired("退回或不予通过必须说明理由。", "Returning or refusing needs a reason.")
        if outcome != "passed":
            raise ReasonRequired(
                "评定存疑或不合格，通过时必须说明理由。",
                "The evaluation is in doubt or failed: approving it needs a reason.",
            )
    return replace(review, decision=decision, reviewer_id=reviewer_id, decided_at=at, reason=reason)
