import msgspec
import pytest

from inspections.evaluation import ENGINE_VERSION, Evaluation
from tests.inspections.factories import (
    OTHER_ID,
    POLICY,
    judge,
    make_household,
    make_manifest,
    make_photo,
    make_plot,
    make_policy,
    polygon,
    rule_of,
)


def test_three_mu_in_order_earn_three_thousand_yuan():
    """The whole way of one good plot."""
    result = judge()

    assert (result.outcome, result.engine_version, result.policy_version) == ("passed", ENGINE_VERSION, 1)
    assert result.area_m2 == pytest.approx(2000, rel=1e-6)
    assert (result.area_mu, result.payable_mu) == ("3.00", "3.00")
    assert result.perimeter_m == pytest.approx(180, rel=1e-6)
    assert result.area_low_m2 < result.area_m2 < result.area_high_m2
    assert result.contiguous_block_m2 == pytest.approx(result.area_m2)
    assert result.accepted_area_m2 == pytest.approx(result.area_m2)
    assert (result.planted_count, result.density_per_mu) == (186, pytest.approx(62, rel=1e-6))
    assert result.survival_rate == pytest.approx(180 / 186)
    assert result.amount_fen == 300_000
    assert result.amount_formula_zh == "min(3.00 × 1,000.00, 4 × 3,000.00) = 3,000.00 元"
    assert result.boundary["type"] == "Polygon"
    assert result.issues == result.overlaps == []


def test_it_is_the_same_after_a_round_through_json():
    """It is stored, and run again years later to compare."""
    neighbour = make_plot(id=OTHER_ID, household_id=OTHER_ID, boundary=polygon(50, 40, east_m=25))
    result = judge(neighbours=[neighbour])

    assert result.overlaps
    assert msgspec.json.decode(msgspec.json.encode(result), type=Evaluation) == result


def test_the_same_submission_is_judged_the_same():
    """Pure: no clock, no chance, no order of a set."""
    assert msgspec.json.encode(judge()) == msgspec.json.encode(judge())


@pytest.mark.parametrize(
    "manifest",
    [
        make_manifest(tree_counts={"live": 100, "dead": 80, "missing": 6}),
        make_manifest(tree_counts={"live": 20, "dead": 0, "missing": 0}),
        make_manifest(polygon(15, 15), 0.01),
        make_manifest(
            {"type": "Polygon", "coordinates": [[[109.4, 25.2], [109.4, 25.201], [109.4, 25.202], [109.4, 25.2]]]}
        ),
    ],
    ids=["too many dead", "too few planted", "too small", "no area"],
)
def test_a_failed_condition_of_payment_proposes_nothing(manifest):
    """And the formula names the condition."""
    result = judge(manifest)

    assert (result.outcome, result.amount_fen) == ("failed", 0)
    assert "不符合" in result.amount_formula_zh
    assert "failed" in result.amount_formula_en


def test_missing_photos_fail_the_submission_but_not_the_amount():
    """The inspector goes back for a photo; the farmer's trees are no fewer."""
    result = judge(make_manifest(photos=[]))

    assert (result.outcome, result.amount_fen) == ("failed", 300_000)


def test_doubt_is_left_to_a_person_with_the_amount_proposed():
    """An amount of nothing would decide what the township is to decide."""
    result = judge(make_manifest(photos=[make_photo(position=None)]))

    assert (result.outcome, result.amount_fen) == ("in_doubt", 300_000)


def test_the_cap_counts_the_households_other_plots():
    """One person, 3,000 yuan, 2,500 of them proposed already."""
    result = judge(household=make_household(person_count=1), other_amount_fen=250_000)

    assert result.amount_fen == 50_000


def test_a_contiguous_block_holds_the_households_other_plot():
    """This plot's figures stay its own."""
    other = make_plot(id=OTHER_ID, boundary=polygon(30, 40, east_m=51))

    result = judge(household_plots=[other, make_plot(id=OTHER_ID, boundary=None)])

    assert result.area_m2 == pytest.approx(2000, rel=1e-6)
    assert result.contiguous_block_m2 == pytest.approx(3200, rel=1e-6)
    assert result.accepted_area_m2 == pytest.approx(3200, rel=1e-6)


def test_every_sentence_states_clause_threshold_and_measured_value():
    """In both languages, so that an auditor needs no manual."""
    for result in judge().rules:
        for part in (result.threshold_zh, result.measured_zh):
            assert part in result.sentence_zh
        for part in (result.threshold_en, result.measured_en):
            assert part in result.sentence_en
    survival = rule_of(judge(), "survival")
    assert survival.sentence_zh == (
        "条款：成活率达到90%以上。标准：成活率不低于 90%；实测：96.8%（180 / 186 株）。符合。"
    )
    assert survival.sentence_en == (
        "Clause: At least 90 % are to survive. Required: at least 90 % alive; "
        "measured: 96.8 % (180 of 186 trees). Passed."
    )


def test_another_countys_policy_judges_by_its_own_figures():
    """Nothing of the kumquat programme stands in the code."""
    policy = make_policy(
        subsidy_fen_per_mu=33_333,
        cap={"kind": "none"},
        density_per_mu={"min": 100, "max": 120},
        area_decimals_mu=1,
        min_block_mu=5.0,
    )

    result = judge(policy=policy, policy_version=9)

    assert result.policy_version == 9
    assert {rule_of(result, code).outcome for code in ("density", "min_block")} == {"failed"}
    assert result.area_mu == "3.0"
    assert judge(policy=make_policy(**{"subsidy_fen_per_mu": 33_333, "cap": {"kind": "none"}})).amount_fen == 99_999
    assert POLICY["subsidy_fen_per_mu"] == 100_000


def test_a_household_plot_with_a_broken_outline_does_not_stop_the_judgement():
    """The ledger's old outline is not this inspector's fault."""
    broken = {"type": "Polygon", "coordinates": [[[109.4, 25.2], [109.5, 25.2]]]}

    result = judge(household_plots=[make_plot(id=OTHER_ID, boundary=broken)])

    assert result.outcome == "passed"
    assert result.amount_fen == 300_000
