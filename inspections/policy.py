"""
The policy of a programme (项目政策): every figure the rules compare with.

A county sets these; the code invents none. A parameter without a default is mandatory, above all those whose digit the
plan's text has lost: reading a policy without `min_block_mu` fails, it is not guessed. The structs are the JSON of
docs/protocol.md, field by field, so the phone and the server judge by the same bytes.
"""

from datetime import date
from typing import Literal

import msgspec
from msgspec import Struct

from inspections.errors import PolicyInvalid

LandType = Literal["paddy", "dry_land", "slope"]
PhotoKind = Literal["panorama", "spacing", "groundwork", "tree", "household", "problem"]
CapKind = Literal["per_person", "per_household", "none"]


class PolicyPart(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Frozen, and strict about what it does not know."""


class Cap(PolicyPart, frozen=True, kw_only=True):
    """The most a household may get; `amount_fen` counts per person or for the household."""

    kind: CapKind
    amount_fen: int | None = None

    def __post_init__(self) -> None:
        if self.kind == "none":
            if self.amount_fen is not None:
                raise ValueError("cap.amount_fen has no meaning when cap.kind is none")
        elif self.amount_fen is None or self.amount_fen < 0:
            raise ValueError("cap.amount_fen must be given and not be negative")


class DensityBand(PolicyPart, frozen=True, kw_only=True):
    """Trees per mu, both ends allowed."""

    min: float
    max: float

    def __post_init__(self) -> None:
        if not 0 < self.min <= self.max:
            raise ValueError("density_per_mu must hold 0 < min <= max")


class PlantingWindow(PolicyPart, frozen=True, kw_only=True):
    """Days on which planting counts for this year's programme, both ends included."""

    from_on: date
    to_on: date

    def __post_init__(self) -> None:
        if self.from_on > self.to_on:
            raise ValueError("planting_window ends before it begins")


class WalkLimits(PolicyPart, frozen=True, kw_only=True):
    """What the phone asks of a boundary walk; radii in metres."""

    max_accuracy_m: float
    start_accuracy_m: float
    close_within_m: float

    def __post_init__(self) -> None:
        if min(self.max_accuracy_m, self.start_accuracy_m, self.close_within_m) <= 0:
            raise ValueError("walk limits must be above zero")


class Shot(PolicyPart, frozen=True, kw_only=True):
    """One entry of the shot list (拍摄清单)."""

    kind: PhotoKind
    title_zh: str
    title_en: str
    hint_zh: str
    hint_en: str
    required: bool
    land_types: tuple[LandType, ...]


class Clause(PolicyPart, frozen=True, kw_only=True):
    """The sentence of the plan that a rule rests on."""

    zh: str
    en: str


class EvidenceLimits(PolicyPart, frozen=True, kw_only=True):
    """
    When a photo's place or a phone's clock is shown to a person.

    The plan says nothing about these, they decide no money, and so they may have defaults.
    """

    photo_within_m: float = 50.0
    clock_offset_max_s: float = 300.0

    def __post_init__(self) -> None:
        if self.photo_within_m < 0 or self.clock_offset_max_s < 0:
            raise ValueError("evidence limits must not be negative")


class PhoneFigures(PolicyPart, frozen=True, kw_only=True):
    """What `yanshou calibrate` taught about a phone model; see `geo.calibration`."""

    sigma_scale: float = 1.0
    tau_s: float | None = None
    bias_share: float = 0.0


class Policy(PolicyPart, frozen=True, kw_only=True):
    """All parameters of one policy version."""

    schema: Literal[1]
    crop_zh: str
    crop_en: str
    subsidy_fen_per_mu: int
    cap: Cap
    min_block_mu: float
    gap_m: float
    density_per_mu: DensityBand
    survival_min: float
    planting_window: PlantingWindow
    declaration_until_on: date
    walk: WalkLimits
    confidence: float
    accuracy_confidence: float
    allowed_bbox: tuple[float, float, float, float]
    max_area_mu: float
    area_decimals_mu: int
    shots: tuple[Shot, ...]
    clauses: dict[str, Clause]
    sample_parameters: tuple[str, ...]
    evidence: EvidenceLimits = EvidenceLimits()
    calibration: dict[str, PhoneFigures] = {}

    def __post_init__(self) -> None:
        west, south, east, north = self.allowed_bbox
        checks = {
            "subsidy_fen_per_mu must not be negative": self.subsidy_fen_per_mu >= 0,
            "min_block_mu must not be negative": self.min_block_mu >= 0,
            "gap_m must not be negative": self.gap_m >= 0,
            "survival_min must lie between 0 and 1": 0 <= self.survival_min <= 1,
            "confidence must lie between 0 and 1": 0 < self.confidence < 1,
            "accuracy_confidence must lie between 0 and 1": 0 < self.accuracy_confidence < 1,
            "allowed_bbox must be [west, south, east, north]": (
                -180 <= west < east <= 180 and -90 <= south < north <= 90
            ),
            "max_area_mu must be above zero": self.max_area_mu > 0,
            "area_decimals_mu must lie between 0 and 6": 0 <= self.area_decimals_mu <= 6,
        }
        for sentence, holds in checks.items():
            if not holds:
                raise ValueError(sentence)
        unknown = set(self.sample_parameters) - set(self.__struct_fields__)
        if unknown:
            raise ValueError(f"sample_parameters names no parameter: {', '.join(sorted(unknown))}")


def read_policy(data: bytes) -> Policy:
    """
    Read a policy from its JSON.

    Raises:
        PolicyInvalid: Not JSON, a parameter missing, unknown or out of range.
    """
    try:
        return msgspec.json.decode(data, type=Policy)
    except msgspec.DecodeError as error:
        raise PolicyInvalid(f"项目政策无法使用：{error}", f"The policy cannot be used: {error}") from error
