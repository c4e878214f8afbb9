from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from inspections.errors import AlreadyDecided, OwnInspection, ReasonRequired, ReviewRefused, SubmissionIncomplete
from inspections.reviews import DECISION_NAMES, Decision, Review, decide

INSPECTOR, REVIEWER = uuid4(), uuid4()
AT = datetime(2026, 5, 6, 1, tzinfo=UTC)
OPEN = Review(uuid4())


def deciding(review=OPEN, decision=Decision.APPROVED, **changes):
    """Decide with everything in order, save what is changed."""
    given = {
        "reviewer_id": REVIEWER,
        "inspector_ids": [INSPECTOR],
        "outcome": "passed",
        "complete": True,
        "reason": "",
        "at": AT,
    }
    return decide(review, decision, **given | changes)


def test_a_passed_submission_is_approved_without_more_words():
    """Most are, and a forced reason would become a habit of typing full stops."""
    review = deciding()

    assert (review.decision, review.reviewer_id, review.decided_at) == (Decision.APPROVED, REVIEWER, AT)


@pytest.mark.parametrize("decision", [Decision.RETURNED, Decision.REFUSED])
@pytest.mark.parametrize("reason", ["", "  \n"])
def test_returning_and_refusing_need_a_reason(decision, reason):
    """The inspector must know what to do again, the farmer why."""
    with pytest.raises(ReasonRequired):
        deciding(decision=decision, reason=reason)

    assert deciding(decision=decision, reason=" 缺全景照片 ").reason == "缺全景照片"


@pytest.mark.parametrize("outcome", ["in_doubt", "failed"])
def test_approving_against_the_evaluation_needs_a_reason(outcome):
    """A person may know better than the rules, on record."""
    with pytest.raises(ReasonRequired):
        deciding(outcome=outcome)

    assert deciding(outcome=outcome, reason="现场复核，用卷尺丈量").decision is Decision.APPROVED


def test_nobody_reviews_their_own_inspection():
    """Nor one they only took part in."""
    with pytest.raises(OwnInspection):
        deciding(reviewer_id=INSPECTOR)
    with pytest.raises(OwnInspection):
        deciding(inspector_ids=[uuid4(), REVIEWER])


@pytest.mark.parametrize("missing", [{"complete": False}, {"outcome": None}])
def test_what_is_incomplete_cannot_be_decided(missing):
    """Without the photos there is nothing to decide upon."""
    for decision in (Decision.APPROVED, Decision.REFUSED):
        with pytest.raises(SubmissionIncomplete):
            deciding(decision=decision, reason="x", **missing)


def test_what_will_never_be_complete_can_be_returned():
    """A photo lost on the phone never comes; the plot must be open to a new visit. Not judged yet is not lost."""
    review = deciding(decision=Decision.RETURNED, reason="照片损坏，请重验", complete=False, outcome=None)

    assert review.decision is Decision.RETURNED
    with pytest.raises(SubmissionIncomplete):
        deciding(decision=Decision.RETURNED, reason="x", outcome=None)


def test_awaited_is_no_decision():
    """A mistake of the program, not of a person."""
    with pytest.raises(ValueError, match="awaited"):
        deciding(decision=Decision.AWAITED)


def test_every_decision_has_its_words():
    """They are shown to farmers."""
    assert set(DECISION_NAMES) == set(Decision)


@given(st.data())
def test_whatever_is_asked_a_refusal_changes_nothing(data):
    """A review is a value; a refused decision leaves no trace in it."""
    asked = {
        "decision": data.draw(st.sampled_from([Decision.APPROVED, Decision.RETURNED, Decision.REFUSED])),
        "outcome": data.draw(st.sampled_from([None, "passed", "in_doubt", "failed"])),
        "complete": data.draw(st.booleans()),
        "reason": data.draw(st.sampled_from(["", "r"])),
        "reviewer_id": data.draw(st.sampled_from([REVIEWER, INSPECTOR])),
    }
    try:
        decided = deciding(**asked)
    except ReviewRefused:
        assert OPEN.decision is Decision.AWAITED
    else:
        assert decided.decision is asked["decision"]
        assert asked["complete"] or decided.decision is Decision.RETURNED
        assert asked["reviewer_id"] != INSPECTOR
        assert decided.reason or (decided.decision is Decision.APPROVED and asked["outcome"] == "passed")


class ReviewLife(RuleBasedStateMachine):
    """Any order of attempts by anyone: the first valid decision stands for good."""

    def __init__(self):
        super().__init__()
        self.review = Review(uuid4())
        self.first = None

    @rule(
        decision=st.sampled_from([Decision.APPROVED, Decision.RETURNED, Decision.REFUSED]),
        reviewer=st.sampled_from([REVIEWER, INSPECTOR, uuid4()]),
        complete=st.booleans(),
        reason=st.sampled_from(["", "reason"]),
    )
    def attempt(self, decision, reviewer, complete, reason):
        try:
            self.review = deciding(
                self.review, decision, reviewer_id=reviewer, complete=complete, reason=reason, outcome="in_doubt"
            )
        except AlreadyDecided:
            assert self.first is not None
        except ReviewRefused:
            assert self.first is None
        else:
            assert self.first is None
            self.first = self.review

    @invariant()
    def the_first_decision_stands(self):
        assert self.review.decision is (self.first.decision if self.first else Decision.AWAITED)


TestReviewLife = ReviewLife.TestCase
