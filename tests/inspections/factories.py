"""Makers of policies, plots and manifests for the tests; every figure may be overridden."""

import copy
import json
from typing import Any
from uuid import UUID

import numpy as np

from geo.plane import LocalPlane
from inspections.evaluation import Evaluation, RuleResult, evaluate
from inspections.plots import Household, Plot
from inspections.policy import Policy, read_policy
from inspections.submissions import Manifest, read_manifest

HERE = LocalPlane(109.4, 25.2)

SUBMISSION_ID = UUID("00000000-0000-4000-8000-000000000001")
TASK_ID = UUID("00000000-0000-4000-8000-000000000002")
PLOT_ID = UUID("00000000-0000-4000-8000-000000000003")
HOUSEHOLD_ID = UUID("00000000-0000-4000-8000-000000000004")
DEVICE_ID = UUID("00000000-0000-4000-8000-000000000005")
OTHER_ID = UUID("00000000-0000-4000-8000-00000000000f")

LAND_TYPES = ["paddy", "dry_land", "slope"]

POLICY: dict[str, Any] = {
    "schema": 1,
    "crop_zh": "滑皮金桔",
    "crop_en": "kumquat",
    "subsidy_fen_per_mu": 100_000,
    "cap": {"kind": "per_person", "amount_fen": 300_000},
    "min_block_mu": 0.5,
    "gap_m": 2.0,
    "density_per_mu": {"min": 60, "max": 65},
    "survival_min": 0.9,
    "planting_window": {"from_on": "2026-01-01", "to_on": "2026-04-30"},
    "declaration_until_on": "2026-04-30",
    "walk": {"max_accuracy_m": 15, "start_accuracy_m": 10, "close_within_m": 8},
    "confidence": 0.95,
    "accuracy_confidence": 0.68,
    "allowed_bbox": [109.0, 24.5, 110.0, 25.6],
    "max_area_mu": 200,
    "area_decimals_mu": 2,
    "shots": [
        {
            "kind": kind,
            "title_zh": zh,
            "title_en": en,
            "hint_zh": "",
            "hint_en": "",
            "required": required,
            "land_types": land_types,
        }
        for kind, zh, en, required, land_types in [
            ("panorama", "全景", "whole plot", True, LAND_TYPES),
            ("groundwork", "沟与畦", "ditch and ridge", True, ["paddy"]),
            ("problem", "问题", "a problem", False, LAND_TYPES),
        ]
    ],
    "clauses": {"survival": {"zh": "成活率达到90%以上。", "en": "At least 90 % are to survive."}},
    "sample_parameters": ["min_block_mu"],
}


def policy_json(**changes: Any) -> bytes:
    """Build the policy as JSON; a value of None takes the parameter out."""
    whole = POLICY | changes
    return json.dumps({name: value for name, value in whole.items() if value is not None}).encode()


def make_policy(**changes: Any) -> Policy:
    """Build the policy as the rules take it."""
    return read_policy(policy_json(**changes))


def polygon(width_m: float, height_m: float, *, east_m: float = 0.0, north_m: float = 0.0) -> dict[str, Any]:
    """Build a rectangle as GeoJSON, corner at 109.4°E 25.2°N."""
    corners = [(0, 0), (width_m, 0), (width_m, height_m), (0, height_m), (0, 0)]
    xy = np.array([(east_m + x, north_m + y) for x, y in corners], dtype=float)
    return {"type": "Polygon", "coordinates": [np.round(HERE.inverse(xy), 9).tolist()]}


def make_photo(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Build a photo of a manifest, taken inside the plot by a phone whose clock is right."""
    return {
        "sha256": f"{number:064x}",
        "size_bytes": 3_000_000,
        "media_type": "image/jpeg",
        "kind": "panorama",
        "taken_at": "2026-03-01T02:10:00Z",
        "clock_offset_ms": 120,
        "position": {"lon": 109.4001, "lat": 25.2001, "accuracy_m": 4.0, "fixed_at": "2026-03-01T02:10:00Z"},
        "source": "camera",
        "width": 4000,
        "height": 3000,
    } | changes


def manifest_dict(
    geometry: dict[str, Any] | None = None, accuracy_m: float | None = 0.1, **changes: Any
) -> dict[str, Any]:
    """Build a manifest: three mu (50 m × 40 m) with sharp corners, 186 trees of which 180 live."""
    geometry = geometry or polygon(50, 40)
    manifest = {
        "schema": 1,
        "submission_id": str(SUBMISSION_ID),
        "task_id": str(TASK_ID),
        "plot_id": str(PLOT_ID),
        "programme_code": "RA-2026",
        "policy_version": 1,
        "app_version": "0.1.0",
        "device_id": str(DEVICE_ID),
        "started_at": "2026-03-01T02:00:00Z",
        "finished_at": "2026-03-01T02:30:00Z",
        "clock_offset_ms": -80,
        "boundary": {
            "type": "Feature",
            "geometry": geometry,
            "properties": {
                "plot_id": str(PLOT_ID),
                "household_id": str(HOUSEHOLD_ID),
                "datum": "WGS84",
                "capture": "vertices",
                "accuracy_m": [[accuracy_m] * len(ring) for ring in geometry["coordinates"]],
                "timestamps_s": [[float(i) for i in range(len(ring))] for ring in geometry["coordinates"]],
            },
        },
        "tree_counts": {"live": 180, "dead": 4, "missing": 2},
        "photos": [make_photo()],
        "remark": "",
    }
    return copy.deepcopy(manifest | changes)


def make_manifest(geometry: dict[str, Any] | None = None, accuracy_m: float | None = 0.1, **changes: Any) -> Manifest:
    """Build a manifest as read."""
    return read_manifest(json.dumps(manifest_dict(geometry, accuracy_m, **changes)).encode())


def make_plot(**changes: Any) -> Plot:
    """Build the plot inspected: dry land, three mu declared, no outline yet."""
    facts = {
        "id": PLOT_ID,
        "household_id": HOUSEHOLD_ID,
        "number": "1",
        "land_type": "dry_land",
        "declared_mu": 3.0,
        "boundary": None,
    }
    return Plot(**facts | changes)


def make_household(**changes: Any) -> Household:
    """Build its household of four persons."""
    facts = {
        "id": HOUSEHOLD_ID,
        "code": "H-1",
        "head_name": "韦某某",
        "group_name": "一组",
        "village_code": "450224901201",
        "person_count": 4,
    }
    return Household(**facts | changes)


def judge(manifest: Manifest | None = None, **changes: Any) -> Evaluation:
    """Evaluate with everything in order, save what is changed."""
    given: dict[str, Any] = {
        "policy": make_policy(),
        "policy_version": 1,
        "plot": make_plot(),
        "household": make_household(),
        "household_plots": [],
        "neighbours": [],
    }
    return evaluate(manifest or make_manifest(), **given | changes)


def rule_of(evaluation: Evaluation, code: str) -> RuleResult:
    """Return one rule's result by its code."""
    (result,) = (rule for rule in evaluation.rules if rule.code == code)
    return result
