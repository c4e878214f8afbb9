"""
The policy of a programme (项目政策): every figure the rules compare with.

A county sets these; the code invents none. A parameter without a default is mandatory, above all those whose digit the
plan's text has lost: reading a policy without `min_block_mu` fails, it is not guessed. The structs are the JSON of
docs/protocol.md, field by field, so the phone and the server judge by the same bytes.
"""

from datetime import date
from typing import Literal

import msgspec

from inspections.counting import SamplingTerms
from inspections.errors import PolicyInvalid
from inspections.sign_off import SignOffTerms
from inspections.standards import Standard
from inspections.wire import LandType, Part, PhotoKind

CapKind = Literal["per_person", "per_household", "none"]


class Cap(Part, frozen=True, kw_only=True):
    """The most a household may get; `amount_fen` counts per person or for the household."""

    kind: CapKind
    amount_fen: int | None = None

    def __post_init__(self) -> None:
        if self.kind == "none":
            if self.amount_fen is not None:
                raise ValueError("cap.amount_fen has no meaning when cap.kind is none")
        elif self.amount_fen is None or self.amount_fen < 0:
            raise ValueError("cap.amount_fen must be given and not be negative")


class DensityBand(Part, frozen=True, kw_only=True):
    """Trees per mu, both ends allowed."""

    min: float
    max: float

    def __post_init__(self) -> None:
        if not 0 < self.min <= self.max:
            raise ValueError("density_per_mu must hold 0 < min <= max")


class PlantingWindow(Part, frozen=True, kw_only=True):
    """Days on which planting counts for this year's programme, both ends included."""

    from_on: date
    to_on: date

    def __post_init__(self) -> None:
        if self.from_on > self.to_on:
            raise ValueError("planting_window ends before it begins")


class WalkLimits(Part, frozen=True, kw_only=True):
    """
    What the phone asks of a boundary walk; radii in metres.

    A walk starts freely within `start_accuracy_m`, with a reason within `start_with_reason_m`, and else not.
    """

    max_accuracy_m: float
    start_accuracy_m: float
    close_within_m: float
    start_with_reason_m: float = 20.0

    def __post_init__(self) -> None:
        if min(self.max_accuracy_m, self.start_accuracy_m, self.close_within_m) <= 0:
            raise ValueError("walk limits must be above zero")
        if self.start_with_reason_m < self.start_accuracy_m:
            raise ValueError("walk.start_with_reason_m must not be below walk.start_accuracy_m")


class Shot(Part, frozen=True, kw_only=True):
    """One entry of the shot list (拍摄清单)."""

    kind: PhotoKind
    title_zh: str
    title_en: str
    hint_zh: str
    hint_en: str
    required: bool
    land_types: tuple[LandType, ...]


class Clause(Part, frozen=True, kw_only=True):
    """The sentence of the plan that a rule rests on."""

    zh: str
    en: str


class PhotoTerms(Part, frozen=True, kw_only=True):
    """
    What becomes of a picture on the phone before it is hashed.

    `long_edge_px`: larger ones are resized, None keeps all as taken. `gallery`: whether one may be chosen that the app
    did not take; it is marked in any case.
    """

    long_edge_px: int | None = None
    gallery: bool = False

    def __post_init__(self) -> None:
        if self.long_edge_px is not None and self.long_edge_px < 640:
            raise ValueError("photos.long_edge_px must be 640 or more: nothing smaller proves anything")


class EvidenceLimits(Part, frozen=True, kw_only=True):
    """
    When a photo's place, a phone's clock or a spacing that contradicts the count is shown to a person.

    The plan says nothing about these, they decide no money, and so they may have defaults.
    """

    photo_within_m: float = 50.0
    clock_offset_max_s: float = 300.0
    spacing_differs_share: float = 0.1

    def __post_init__(self) -> None:
        if min(self.photo_within_m, self.clock_offset_max_s, self.spacing_differs_share) < 0:
            raise ValueError("evidence limits must not be negative")


class PhoneFigures(Part, frozen=True, kw_only=True):
    """What `yanshou calibrate` taught about a phone model; see `geo.calibration`."""

    sigma_scale: float = 1.0
    tau_s: float | None = None
    bias_share: float = 0.0


class Policy(Part, frozen=True, kw_only=True):
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
    standards: tuple[Standard, ...] = ()
    sign_off: SignOffTerms | None = None
    sampling: SamplingTerms | None = None
    photos: PhotoTerms = PhotoTerms()
    evidence: EvidenceLimits = EvidenceLimits()
    calibration: dict[str, PhoneFigures] = msgspec.field(default_factory=dict)

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
        codes = [standard.code for standard in self.standards]
        if len(set(codes)) < len(codes):
            raise ValueError("standards names a code twice")
        known = {*self.__struct_fields__, *(f"standards.{code}" for code in codes)}
        unknown = set(self.sample_parameters) - known
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
