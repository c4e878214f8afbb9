"""
Boundaries of every kind, as the phone sends them: tests/payloads/boundary-manifests.json.

The phone's own code writes the file and is compared with it in every run: pwa/tests/domain/boundary-payloads.test.ts.
"""

import json
from pathlib import Path

import pytest

from inspections.submissions import check_manifest, read_manifest
from tests.inspections.factories import (
    PLOT_ID,
    SUBMISSION_ID,
    judge,
    make_household,
    make_plot,
    make_policy,
    rule_of,
)

FILE = Path(__file__).parents[1] / "payloads" / "boundary-manifests.json"
CASES = {case["name"]: case for case in json.loads(FILE.read_text(encoding="utf-8"))}


def manifest_of(name):
    """A manifest as it comes over the wire, checked at the door."""
    manifest = read_manifest(json.dumps(CASES[name]["manifest"]).encode())
    check_manifest(
        manifest,
        submission_id=SUBMISSION_ID,
        programme_code="RA-2026",
        policies={1: make_policy()},
        plot=make_plot(),
        household=make_household(),
        task_plot_id=PLOT_ID,
        region_codes=["450224"],
    )
    return manifest


@pytest.mark.parametrize("name", CASES)
def test_it_measures_the_ground_it_went_round(name):
    """Ponds are taken out, laps are averaged and not added, and the truth lies in the interval."""
    evaluation = judge(manifest_of(name))

    assert evaluation.area_m2 == pytest.approx(CASES[name]["true_m2"], rel=2e-3)
    assert evaluation.area_low_m2 < CASES[name]["true_m2"] < evaluation.area_high_m2


def test_two_laps_are_seen_as_two():
    """Else their ground would count twice, or the second would be thrown away."""
    evaluation = judge(manifest_of("two laps"))

    assert "laps_combined" in [issue.code for issue in evaluation.issues]
    assert evaluation.area_high_m2 - evaluation.area_low_m2 < 0.85 * (
        (walked := judge(manifest_of("a walk"))).area_high_m2 - walked.area_low_m2
    )


def test_a_tape_is_far_surer_than_a_walk():
    """That is what it is for."""
    taped, walked = judge(manifest_of("a tape")), judge(manifest_of("a walk"))

    assert taped.area_high_m2 - taped.area_low_m2 < 0.1 * (walked.area_high_m2 - walked.area_low_m2)


@pytest.mark.parametrize(
    ("name", "outcome", "said"),
    [
        ("a walk", "passed", "完整"),
        ("corner by corner", "passed", "完整"),
        ("a tape", "passed", "完整"),
        ("two laps", "passed", "完整"),
        ("an outline of before", "in_doubt", "沿用以前的边界"),
        ("a corner moved by hand", "in_doubt", "手工移动 99 点"),
    ],
)
def test_what_was_not_captured_on_the_spot_goes_to_a_person(name, outcome, said):
    """A stop between two laps is no interruption; a point moved by hand is no fix."""
    rule = rule_of(judge(manifest_of(name)), "boundary_record")

    assert rule.outcome == outcome
    assert said in rule.sentence_zh


def test_a_tape_without_its_photo_goes_to_a_person():
    """Nothing else tells that there was a tape."""
    case = CASES["a tape"]["manifest"]
    manifest = read_manifest(json.dumps(case | {"photos": []}).encode())

    assert "没有照片" in rule_of(judge(manifest), "boundary_record").sentence_zh
