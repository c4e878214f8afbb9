"""
Write tests/payloads/lap-vectors.json: walks of several laps in one track. Phone and server reckon the same of each.

Seeds are chosen so that `geo.measure` has nothing to repair, as for the single walks of `tools.write_area_vectors`.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.walks import NOISES, Habits, Noise, Phone, natural_plot, walk
from geo import measure

FILE = Path(__file__).resolve().parents[1] / "tests" / "payloads" / "lap-vectors.json"
RULES = {"gap_m": 2.0, "min_block_mu": 0.5, "confidence": 0.95, "accuracy_confidence": 0.68}
DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Case:
    """How one vector is made; `laps_disagree` is expected where `drift` makes the plot grow from lap to lap."""

    name: str
    size_mu: float
    laps: int
    sigma_m: float
    noise: Noise = NOISES[4]
    drift: float = 0.0


CASES = (
    Case("two laps, 0.6 mu", 0.6, 2, 1.2),
    Case("two laps, 3 mu", 3, 2, 1.5),
    Case("two laps, 3 mu, slow errors", 3, 2, 1.5, NOISES[0]),
    Case("three laps, 3 mu", 3, 3, 1.8, NOISES[2]),
    Case("two laps, 15 mu, more fixes than are correlated", 15, 2, 2.0),
    Case("two laps that disagree, 3 mu", 3, 2, 0.8, drift=0.35),
)


def main() -> None:
    """Write the file anew, one vector a line."""
    lines = [json.dumps(make_vector(case)) for case in CASES]
    FILE.write_text("[" + ",\n ".join(lines) + "]\n", encoding="utf-8")


def make_vector(case: Case) -> dict[str, Any]:
    """The first seed whose walk is measured as it came, with the server's figures."""
    expected = {"laps_combined", "laps_disagree"} if case.drift else {"laps_combined"}
    for seed in range(400):
        feature = _walked(case, seed)
        measured = measure([feature], RULES)
        if measured.laps == case.laps and {issue.code for issue in measured.issues} == expected:
            given = feature["properties"]
            return {
                "name": case.name,
                "laps": case.laps,
                "agree": not case.drift,
                "confidence": RULES["confidence"],
                "accuracy_confidence": RULES["accuracy_confidence"],
                "ring": feature["geometry"]["coordinates"][0],
                "accuracy_m": given["accuracy_m"][0],
                "timestamps_s": given["timestamps_s"][0],
                "area_m2": round(measured.area_m2, DECIMALS),
                "area_se_m2": round(measured.area_se_m2, DECIMALS),
            }
    raise ValueError(f"{case.name}: no seed is measured as it came")


def _walked(case: Case, seed: int) -> dict[str, Any]:
    chance = np.random.default_rng([seed, round(case.size_mu * 10), case.laps])
    corners = natural_plot(case.size_mu, chance)
    first = corners[0]
    laps = [first + (corners - first) * (1 + case.drift * lap) for lap in range(case.laps)]
    phone = Phone(case.sigma_m, 1.0, case.noise, heavy_tails=False)
    feature = walk(np.vstack(laps), phone, Habits(1.1, stops=False, dropouts=False, outliers=False), chance).feature
    feature["properties"]["timestamps_s"][0] = [int(second) for second in feature["properties"]["timestamps_s"][0]]
    return feature


if __name__ == "__main__":
    main()
