"""The rules about how a figure came about: spacing, sampling, signatures, the record of the boundary."""

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.errors import SubmissionUnreadable
from tests.inspections.factories import (
    OTHER_ID,
    judge,
    make_manifest,
    make_photo,
    make_plot,
    make_policy,
    manifest_dict,
    polygon,
    rule_of,
)

SAMPLE = {"method": "sample", "rows": [{"live": 20, "dead": 0, "missing": 0}] * 3, "row_count": 9}
SIGNED = {"inspectors": 2, "household": True, "village": False}


def rule(code, *, policy=None, **manifest):
    """One rule's result for a manifest with these fields."""
    return rule_of(judge(make_manifest(**manifest), policy=policy or make_policy()), code)


class TestSpacing:
    def test_spacing_that_agrees_with_the_count_passes(self):
        """3.0 × 3.5 m is 63.5 trees per mu; 186 trees on three mu are 62."""
        found = rule("spacing", spacing={"in_row_m": 3.0, "between_rows_m": 3.5})

        assert found.outcome == "passed"
        assert "63.5" in found.measured_zh

    def test_spacing_that_contradicts_the_count_is_in_doubt(self):
        """4 × 4 m is 41.7 trees per mu: either the count or the area is wrong, and a person must look."""
        assert rule("spacing", spacing={"in_row_m": 4.0, "between_rows_m": 4.0}).outcome == "in_doubt"

    @given(st.floats(1.5, 6), st.floats(1.5, 6))
    def test_rows_and_trees_may_be_swapped(self, in_row_m, between_rows_m):
        """The check is a product: it does not matter which distance was called which."""
        one = rule("spacing", spacing={"in_row_m": in_row_m, "between_rows_m": between_rows_m})
        other = rule("spacing", spacing={"in_row_m": between_rows_m, "between_rows_m": in_row_m})

        assert one.outcome == other.outcome


class TestCounting:
    def test_a_sample_the_policy_allows_passes_and_says_what_it_is(self):
        """Nobody takes an extrapolation for a count."""
        found = rule("counting", policy=make_policy(sampling={"from_mu": 2, "min_rows": 3}), counting=SAMPLE)

        assert found.outcome == "passed"
        assert "抽样推算" in found.measured_zh

    @pytest.mark.parametrize("terms", [None, {"from_mu": 5, "min_rows": 3}, {"from_mu": 2, "min_rows": 4}])
    def test_a_sample_beyond_the_policy_is_in_doubt(self, terms):
        """No sampling at all, too small a plot, too few rows."""
        assert rule("counting", policy=make_policy(sampling=terms), counting=SAMPLE).outcome == "in_doubt"

    def test_a_sample_of_more_rows_than_there_are_is_refused(self):
        """The figure extrapolated from it would mean nothing."""
        with pytest.raises(Exception, match="row_count"):
            make_manifest(counting=SAMPLE | {"row_count": 2})


class TestSignOff:
    def manifest(self, **changes):
        """A manifest that two inspectors and the householder signed."""
        pads = [
            make_photo(10 + n, kind="signature", source="drawn", media_type="image/png", position=None)
            for n in range(3)
        ]
        signed = [{"name": name, "photo": pad["sha256"]} for name, pad in zip("甲乙丙", pads, strict=True)]
        sign_off = {"inspectors": signed[:2], "household": signed[2]} | changes
        return {"photos": [make_photo(), *pads], "sign_off": sign_off}

    def test_all_who_must_have_signed(self):
        """A pad has no position, and no photo rule minds."""
        result = judge(make_manifest(**self.manifest()), policy=make_policy(sign_off=SIGNED))

        assert rule_of(result, "sign_off").outcome == "passed"
        assert rule_of(result, "photo_place").outcome == "passed"

    def test_one_inspector_is_not_enough(self):
        """Two or more walk the boundary; one alone could make it up."""
        alone = self.manifest(inspectors=self.manifest()["sign_off"]["inspectors"][:1])

        assert rule("sign_off", policy=make_policy(sign_off=SIGNED), **alone).outcome == "in_doubt"

    def test_a_refusal_to_sign_is_named_with_its_witness(self):
        """The household may disagree; the record says so and the township decides."""
        refused = self.manifest(household={"name": "韦某", "refusal": {"reason": "面积不认可", "witness": "覃某"}})
        found = rule("sign_off", policy=make_policy(sign_off=SIGNED), **refused)

        assert found.outcome == "in_doubt"
        assert "面积不认可" in found.measured_zh
        assert "覃某" in found.measured_zh

    def test_a_signature_is_a_photo_or_a_refusal(self):
        """A name alone proves nothing, and both at once contradict each other."""
        with pytest.raises(SubmissionUnreadable, match="a photo or a refusal"):
            make_manifest(sign_off={"inspectors": [{"name": "甲"}]})


class TestBoundaryRecord:
    @pytest.mark.parametrize(
        ("said", "word"),
        [
            ({"forced_close": True}, "未走回起点"),
            ({"method": "earlier"}, "沿用"),
            ({"start_reason": "林下信号差"}, "林下信号差"),
            ({"gaps": [{"from_s": 10, "to_s": 52, "cause": "screen_off"}]}, "42"),
        ],
    )
    def test_what_was_not_walked_is_said(self, said, word):
        """Never joined silently: the reviewer sees it beside the area."""
        whole = manifest_dict()
        whole["boundary"]["properties"] |= said
        found = rule_of(judge(make_manifest(boundary=whole["boundary"])), "boundary_record")

        assert found.outcome == "in_doubt"
        assert word in found.measured_zh

    def test_a_pause_by_hand_is_no_interruption(self):
        """Crossing a stream or talking is part of the work."""
        whole = manifest_dict()
        whole["boundary"]["properties"] |= {"gaps": [{"from_s": 10, "to_s": 90, "cause": "paused"}]}

        assert rule_of(judge(make_manifest(boundary=whole["boundary"])), "boundary_record").outcome == "passed"


def test_a_stated_join_reaches_the_measurement():
    """Two plots a few metres apart count as one block when the inspector saw their common ridge."""
    beside = make_plot(id=OTHER_ID, number="2", boundary=polygon(50, 40, east_m=55))
    apart = judge(make_manifest(), household_plots=[beside])
    joined = judge(make_manifest(joins=[{"plot_id": str(OTHER_ID), "joined": True}]), household_plots=[beside])

    assert ceil(apart.contiguous_block_m2) < joined.contiguous_block_m2
