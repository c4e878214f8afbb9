"""All rules by their stable code (评定规则): the table that evaluation goes through."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from inspections.case import Case
from inspections.evidence_rules import (
    boundary_record,
    clock,
    counting,
    fix_accuracy,
    photo_place,
    shots,
    sign_off,
    spacing,
)
from inspections.land_rules import (
    declared_area,
    density,
    geometry,
    min_block,
    overlap,
    own_overlap,
    planting_window,
    survival,
)
from inspections.wording import Finding


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One rule of acceptance.

    `parameters` are the policy parameters behind its threshold; `pays` says that nothing is proposed when it fails;
    `is_of_plan` that a plan has a clause for it, where the others are checks of the evidence.
    """

    title_zh: str
    title_en: str
    parameters: tuple[str, ...]
    judge: Callable[[Case], Finding]
    pays: bool = False
    is_of_plan: bool = False


RULES: Mapping[str, Rule] = {
    "geometry": Rule("边界可用", "Boundary usable", ("allowed_bbox", "max_area_mu"), geometry, pays=True),
    "min_block": Rule(
        "自然连片面积", "Contiguous block", ("min_block_mu", "gap_m"), min_block, pays=True, is_of_plan=True
    ),
    "density": Rule("种植密度", "Planting density", ("density_per_mu",), density, pays=True, is_of_plan=True),
    "survival": Rule("成活率", "Survival", ("survival_min",), survival, pays=True, is_of_plan=True),
    "spacing": Rule("株行距核对", "Spacing check", ("evidence",), spacing),
    "counting": Rule("清点方式", "Way of counting", ("sampling",), counting),
    "overlap": Rule("与他户重叠", "Overlap with others", (), overlap),
    "own_overlap": Rule("本户地块重叠", "Overlap within the household", (), own_overlap),
    "declared_area": Rule("申报面积", "Declared area", (), declared_area, is_of_plan=True),
    "shots": Rule("照片齐全", "Photos complete", ("shots",), shots),
    "photo_place": Rule("照片位置", "Place of the photos", ("evidence",), photo_place),
    "clock": Rule("手机时间", "Phone clock", ("evidence",), clock),
    "planting_window": Rule("种植时间", "Planting window", ("planting_window",), planting_window, is_of_plan=True),
    "boundary_record": Rule("边界记录", "Record of the boundary", (), boundary_record),
    "sign_off": Rule("签名", "Signatures", ("sign_off",), sign_off),
    "fix_accuracy": Rule("定位精度", "Accuracy of the fixes", ("walk",), fix_accuracy),
}
"""All rules by their stable code, in the order in which they are shown."""
