"""What was found or changed while a boundary was made measurable; nothing is changed in silence."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from geo.errors import BoundaryRefused

Status = Literal["ok", "repaired", "review", "refused"]


class Severity(IntEnum):
    """How far an issue pushes the status of a measurement; the worst one names it."""

    NOTE = 0
    REPAIRED = 1
    REVIEW = 2
    REFUSED = 3


STATUS_NAMES: dict[Severity, Status] = {
    Severity.NOTE: "ok",
    Severity.REPAIRED: "repaired",
    Severity.REVIEW: "review",
    Severity.REFUSED: "refused",
}


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding; the areas are those before and after the change it names, None where nothing was changed."""

    code: str
    message_zh: str
    message_en: str
    severity: Severity
    plot_id: str | None = None
    before_m2: float | None = None
    after_m2: float | None = None


def refusal(error: BoundaryRefused, plot_id: str | None) -> Issue:
    """The issue that stands for a refused boundary."""
    return Issue(error.code, error.message_zh, error.message_en, Severity.REFUSED, plot_id)


def worst(issues: list[Issue]) -> Status:
    """The status that a list of issues leaves behind."""
    return STATUS_NAMES[max((issue.severity for issue in issues), default=Severity.NOTE)]
