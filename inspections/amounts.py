"""
What a plot earns: area rounded once to mu, money in integer fen, capped per person or per household.

The area is rounded half up to the policy's decimals, from the exact value of its square metres; the amount is computed
from that rounded area, so that a farmer can repeat it with the figures on the paper.
"""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from math import floor

from msgspec import Struct

from inspections.policy import Cap, Policy

MU_PER_M2 = Fraction(3, 2000)


class Amount(Struct, frozen=True, kw_only=True):
    """A proposed amount in fen with its formula in words; `cap_left_fen` is None without a cap."""

    amount_fen: int
    uncapped_fen: int
    cap_left_fen: int | None
    formula_zh: str
    formula_en: str


def round_to_mu(area_m2: float, decimals: int) -> Decimal:
    """
    Round an area half up, once, from square metres to mu.

    >>> round_to_mu(2013.0, 2)
    Decimal('3.02')
    >>> round_to_mu(1 / 0.3, 2)
    Decimal('0.01')
    """
    units = half_up(Fraction(area_m2) * MU_PER_M2 * 10**decimals)
    return Decimal(units).scaleb(-decimals)


def propose_amount(area_mu: Decimal, policy: Policy, *, person_count: int, other_amount_fen: int = 0) -> Amount:
    """
    Propose the amount for one plot.

    Args:
        area_mu: The plot's area, already rounded.
        policy: Subsidy per mu and cap.
        person_count: Persons of the household.
        other_amount_fen: Already proposed for the household's other plots; it uses up the cap first.

    Returns:
        At least 0 and never more than what the cap leaves.

    >>> from inspections.policy import Cap
    >>> cap_total_fen(Cap(kind="per_person", amount_fen=300_000), 4)
    1200000
    """
    uncapped_fen = half_up(Fraction(area_mu) * policy.subsidy_fen_per_mu)
    product = f"{area_mu} × {yuan(policy.subsidy_fen_per_mu)}"
    total_fen = cap_total_fen(policy.cap, person_count)
    if total_fen is None:
        return _amount(uncapped_fen, uncapped_fen, None, lambda _: product)
    cap_left_fen = max(0, total_fen - other_amount_fen)

    def formula(already: str) -> str:
        cap = yuan(policy.cap.amount_fen or 0)
        limit = f"{person_count} × {cap}" if policy.cap.kind == "per_person" else cap
        if other_amount_fen:
            limit = f"max(0, {limit} − {yuan(other_amount_fen)} {already})"
        return f"min({product}, {limit})"

    return _amount(min(uncapped_fen, cap_left_fen), uncapped_fen, cap_left_fen, formula)


def nothing_to_pay(reason_zh: str, reason_en: str) -> Amount:
    """The amount where a condition of payment failed."""
    return Amount(
        amount_fen=0,
        uncapped_fen=0,
        cap_left_fen=None,
        formula_zh=f"0.00 元（{reason_zh}）",
        formula_en=f"0.00 yuan ({reason_en})",
    )


def cap_total_fen(cap: Cap, person_count: int) -> int | None:
    """The most a household may get in all, None without a cap."""
    if cap.kind == "none" or cap.amount_fen is None:
        return None
    return cap.amount_fen * (person_count if cap.kind == "per_person" else 1)


def yuan(amount_fen: int) -> str:
    """
    Write fen as yuan.

    >>> yuan(302000)
    '3,020.00'
    """
    return f"{Decimal(amount_fen).scaleb(-2):,.2f}"


def half_up(value: Fraction) -> int:
    """Round to the nearest integer, a half upwards."""
    return floor(value + Fraction(1, 2))


def _amount(amount_fen: int, uncapped_fen: int, cap_left_fen: int | None, formula: Callable[[str], str]) -> Amount:
    return Amount(
        amount_fen=amount_fen,
        uncapped_fen=uncapped_fen,
        cap_left_fen=cap_left_fen,
        formula_zh=f"{formula('其他地块')} = {yuan(amount_fen)} 元",
        formula_en=f"{formula('for other plots')} = {yuan(amount_fen)} yuan",
    )
