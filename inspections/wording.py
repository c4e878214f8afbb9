"""Figures and words in the sentences people read; a figure never rounds past the limit it is held to."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["passed", "in_doubt", "failed", "not_applicable"]

OUTCOME_NAMES: dict[Outcome, tuple[str, str]] = {
    "passed": ("符合", "passed"),
    "in_doubt": ("存疑", "in doubt"),
    "failed": ("不符合", "failed"),
    "not_applicable": ("不适用", "not applicable"),
}

_MOST_DECIMALS = 12


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found; the sentences are put together elsewhere."""

    outcome: Outcome
    threshold_zh: str
    threshold_en: str
    measured_zh: str
    measured_en: str


def figure(value: float, decimals: int, limits: Iterable[float] = ()) -> str:
    """
    Write a figure with as few decimals as keep it on its side of every limit.

    >>> figure(60.84, 1, [60, 65]), figure(59.96, 1, [60, 65])
    ('60.8', '59.96')
    """
    against = list(limits)
    for places in range(decimals, _MOST_DECIMALS):
        text = f"{value:.{places}f}"
        if all(_side(float(text), limit) == _side(value, limit) for limit in against):
            return text
    return repr(value)


def span(low: float, high: float | None, decimals: int, limits: Iterable[float] = ()) -> str:
    """An interval; open above when nothing bounds it."""
    against = list(limits)
    if high is None:
        return f"≥ {figure(low, decimals, against)}"
    return f"{figure(low, decimals, against)}–{figure(high, decimals, against)}"


def _side(value: float, limit: float) -> int:
    return (value > limit) - (value < limit)
