"""
The standards of planting (种植标准): what the policy asks on each kind of land, and what the inspector answered.

Which standards there are is policy data, for every county and crop; the code knows only how one is asked and judged.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from msgspec import Meta

from inspections.wire import LandType, Part, Sha256, ShortText
from inspections.wording import Finding, figure

Unit = Literal["cm", "m", "deg"]
UNIT_NAMES: dict[Unit, tuple[str, str]] = {"cm": ("厘米", "cm"), "m": ("米", "m"), "deg": ("度", "degrees")}

MET, UNMET = ("符合", "met"), ("不符合", "not met")


class Measure(Part, frozen=True, kw_only=True):
    """A figure that goes with a standard, in its unit; both limits allowed, either may be open."""

    unit: Unit
    min: float | None = None
    max: float | None = None

    def __post_init__(self) -> None:
        if self.min is None and self.max is None:
            raise ValueError("measure needs min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("measure holds min above max")

    def allows(self, value: float) -> bool:
        """Whether the figure lies within the limits."""
        return (self.min is None or value >= self.min) and (self.max is None or value <= self.max)


class Standard(Part, frozen=True, kw_only=True):
    """
    One clause of the standards in plain words.

    `above_slope_deg`: asked only where the slope is steeper. `pays`: while it is unmet nothing is proposed.
    """

    code: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{1,39}$")]
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    clause_zh: str
    clause_en: str
    land_types: tuple[LandType, ...]
    pays: bool
    measure: Measure | None = None
    above_slope_deg: float | None = None


class StandardAnswer(Part, frozen=True, kw_only=True):
    """What the inspector found of one standard; `photos` are hashes of photos in the same manifest."""

    code: str
    answer: Literal["met", "unmet", "not_applicable"]
    value: float | None = None
    note: ShortText = ""
    photos: tuple[Sha256, ...] = ()


def asked(standards: Iterable[Standard], land_type: LandType, slope_deg: float | None) -> list[Standard]:
    """The standards that hold on this land; an unknown slope asks them all."""
    return [
        standard
        for standard in standards
        if land_type in standard.land_types
        and (standard.above_slope_deg is None or slope_deg is None or slope_deg > standard.above_slope_deg)
    ]


def judge_standard(standard: Standard, answer: StandardAnswer | None) -> Finding:
    """
    Hold one answer against its standard.

    Unmet fails: the inspector saw it. An answer that its own figure contradicts, or none at all, is for a person.
    """
    threshold = (standard.text_zh.rstrip("。"), standard.text_en.rstrip("."))
    if answer is None:
        return Finding("in_doubt", *threshold, "没有填写", "not answered")
    if answer.answer == "not_applicable":
        return Finding("not_applicable", *threshold, *_said(standard, answer, ("不适用", "not applicable")))
    if answer.answer == "unmet":
        return Finding("failed", *threshold, *_said(standard, answer, UNMET))
    fits = answer.value is None or standard.measure is None or standard.measure.allows(answer.value)
    return Finding("passed" if fits else "in_doubt", *threshold, *_said(standard, answer, MET))


def _said(standard: Standard, answer: StandardAnswer, word: tuple[str, str]) -> tuple[str, str]:
    zh, en = word
    if answer.value is not None and standard.measure is not None:
        limits = [limit for limit in (standard.measure.min, standard.measure.max) if limit is not None]
        value, (unit_zh, unit_en) = figure(answer.value, 1, limits), UNIT_NAMES[standard.measure.unit]
        zh, en = f"{zh}，实测 {value} {unit_zh}", f"{en}, measured {value} {unit_en}"
    if answer.note:
        zh, en = f"{zh}（{answer.note}）", f"{en} ({answer.note})"
    return zh, en
