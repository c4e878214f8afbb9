from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.amounts import cap_total_fen, nothing_to_pay, propose_amount, round_to_mu, yuan
from tests.inspections.factories import make_policy

fen = st.integers(0, 10_000_000)
caps = st.one_of(
    st.builds(lambda amount: {"kind": "per_person", "amount_fen": amount}, fen),
    st.builds(lambda amount: {"kind": "per_household", "amount_fen": amount}, fen),
    st.just({"kind": "none"}),
)
areas = st.decimals(0, 200, places=2)


@pytest.mark.parametrize(
    ("area_m2", "mu"),
    [(0.0, "0.00"), (2013.0, "3.02"), (3.3333, "0.00"), (3.3334, "0.01"), (2010.0, "3.02"), (2009.9, "3.01")],
)
def test_areas_round_half_up_once(area_m2, mu):
    """2010 m² are 3.015 mu exactly, which is 3.02: no banker's rounding, no detour over a rounded 3.0149…"""
    assert str(round_to_mu(area_m2, 2)) == mu


@given(st.floats(0, 1e6), st.integers(0, 4))
def test_rounding_is_never_off_by_more_than_half(area_m2, decimals):
    """Compared as fractions, without a float between."""
    exact, rounded = Fraction(area_m2) * Fraction(3, 2000), Fraction(round_to_mu(area_m2, decimals))

    assert -Fraction(1, 2) <= (exact - rounded) * 10**decimals < Fraction(1, 2)


def test_the_formula_can_be_repeated_by_hand():
    """What the farmer reads is what was computed."""
    amount = propose_amount(Decimal("3.02"), make_policy(), person_count=4)

    assert amount.amount_fen == 302_000
    assert amount.formula_zh == "min(3.02 × 1,000.00, 4 × 3,000.00) = 3,020.00 元"
    assert amount.formula_en == "min(3.02 × 1,000.00, 4 × 3,000.00) = 3,020.00 yuan"


def test_other_plots_use_up_the_cap_first():
    """Two persons: 6,000 yuan in all, of which 5,000 are proposed already."""
    amount = propose_amount(Decimal("3.02"), make_policy(), person_count=2, other_amount_fen=500_000)

    assert (amount.amount_fen, amount.uncapped_fen, amount.cap_left_fen) == (100_000, 302_000, 100_000)
    assert amount.formula_zh == "min(3.02 × 1,000.00, max(0, 2 × 3,000.00 − 5,000.00 其他地块)) = 1,000.00 元"


def test_caps_per_household_and_none():
    """Other counties cap otherwise."""
    household = make_policy(cap={"kind": "per_household", "amount_fen": 200_000})

    assert propose_amount(Decimal("3.02"), household, person_count=9).amount_fen == 200_000
    without = propose_amount(Decimal("300"), make_policy(cap={"kind": "none"}), person_count=1)
    assert (without.amount_fen, without.cap_left_fen) == (30_000_000, None)
    assert without.formula_en == "300 × 1,000.00 = 300,000.00 yuan"


@given(area_mu=areas, cap=caps, persons=st.integers(0, 12), other_fen=fen)
def test_the_cap_is_never_exceeded(area_mu, cap, persons, other_fen):
    """Together with what the household's other plots have, and never below nothing."""
    policy = make_policy(cap=cap)

    amount_fen = propose_amount(area_mu, policy, person_count=persons, other_amount_fen=other_fen).amount_fen

    total_fen = cap_total_fen(policy.cap, persons)
    assert amount_fen >= 0
    if total_fen is not None:
        assert amount_fen + other_fen <= max(total_fen, other_fen)


@given(areas, areas, caps, fen)
def test_more_land_never_earns_less(one, other, cap, other_fen):
    """Monotone: measuring a plot larger cannot cost its farmer money."""
    policy = make_policy(cap=cap)
    small, large = sorted((one, other))

    def earned(area_mu):
        return propose_amount(area_mu, policy, person_count=3, other_amount_fen=other_fen).amount_fen

    assert earned(small) <= earned(large)


def test_nothing_is_written_with_its_reason():
    """A nought without a reason starts a quarrel."""
    assert nothing_to_pay("成活率", "survival").formula_zh == "0.00 元（成活率）"
    assert yuan(123_456_789) == "1,234,567.89"
