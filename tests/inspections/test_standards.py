"""The standards of planting: which are asked, and what an answer comes to."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.standards import Measure, Standard, StandardAnswer, asked, judge_standard
from tests.inspections.factories import judge, make_manifest, make_photo, make_plot, make_policy, rule_of
from tests.support.source import ROOT

# Read by pwa/tests/domain/standards.test.ts as well.
VECTORS = json.loads((ROOT / "tests" / "payloads" / "standards-vectors.json").read_text())
STANDARDS = {each["code"]: msgspec.convert(each, Standard) for each in VECTORS["standards"]}


def standard(**changes):
    """Terraces at least two metres wide, on slopes above 25 degrees."""
    facts = {
        "code": "terrace_width",
        "title_zh": "梯地宽度",
        "title_en": "Terraces",
        "text_zh": "梯地宽不小于 2 米",
        "text_en": "Terraces at least 2 m wide",
        "clause_zh": "验收标准4",
        "clause_en": "Standard 4",
        "land_types": ("slope",),
        "pays": True,
        "measure": {"unit": "m", "min": 2},
        "above_slope_deg": 25,
    }
    return facts | changes


def read(**changes):
    """The standard as the rules take it."""
    facts = standard(**changes)
    measure = Measure(**facts.pop("measure")) if facts.get("measure") else facts.pop("measure")
    return Standard(measure=measure, **facts)


@pytest.mark.parametrize("vector", VECTORS["asked"], ids=str)
def test_a_standard_is_asked_where_it_holds(vector):
    """Terraces are for slopes above 25 degrees; a slope nobody measured may be one. The phone reads the same table."""
    questions = asked(STANDARDS.values(), vector["land_type"], vector["slope_deg"])

    assert [question.code for question in questions] == vector["codes"]


@pytest.mark.parametrize("vector", VECTORS["judged"], ids=str)
def test_an_answer_is_held_against_its_standard(vector):
    """A yes that its own figure contradicts is a question, not a pass; the phone shows what the server will say."""
    said = vector["answer"] and StandardAnswer(code=vector["code"], answer=vector["answer"], value=vector["value"])

    assert judge_standard(STANDARDS[vector["code"]], said).outcome == vector["outcome"]


@given(st.floats(0, 100, allow_nan=False))
def test_a_figure_is_never_shown_on_the_other_side_of_its_limit(value):
    """1.96 must not read as 2.0 beside "at least 2"."""
    found = judge_standard(read(), StandardAnswer(code="terrace_width", answer="met", value=value))
    shown = float(found.measured_en.split("measured ")[1].split(" ")[0])

    assert (shown >= 2) == (value >= 2)


def test_an_unmet_standard_pays_nothing_and_cites_its_clause():
    """The plan asks for it; the sentence tells the farmer which words."""
    policy = make_policy(standards=[standard()], sample_parameters=["standards.terrace_width"])
    manifest = make_manifest(
        slope_deg=31.0,
        photos=[make_photo()],
        standards=[{"code": "terrace_width", "answer": "unmet", "value": 1.2, "photos": [make_photo()["sha256"]]}],
    )
    result = judge(manifest, policy=policy, plot=make_plot(land_type="slope"))
    rule = rule_of(result, "standards.terrace_width")

    assert (result.outcome, result.amount_fen) == ("failed", 0)
    assert "验收标准4" in rule.sentence_zh
    assert rule.is_sample
    assert "1.2" in rule.measured_zh


def test_a_standard_that_does_not_pay_leaves_the_amount():
    """A county may ask for what it does not pay by."""
    policy = make_policy(standards=[standard(pays=False)])
    manifest = make_manifest(slope_deg=31.0, standards=[{"code": "terrace_width", "answer": "unmet"}])

    assert judge(manifest, policy=policy, plot=make_plot(land_type="slope")).amount_fen > 0


def test_a_code_may_not_stand_twice_in_a_policy():
    """Answers are found by it."""
    with pytest.raises(Exception, match="twice"):
        make_policy(standards=[standard(), standard()])


@pytest.mark.parametrize("measure", [{"unit": "m"}, {"unit": "m", "min": 3, "max": 2}])
def test_a_measure_without_a_limit_or_with_crossed_ones_is_refused(measure):
    """It would compare with nothing."""
    with pytest.raises(Exception, match="measure"):
        make_policy(standards=[standard(measure=measure)])
