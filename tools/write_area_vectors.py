"""
Write the walks and corners of tests/payloads/area-vectors.json, which the phone and the server both pass.

Rings without a `capture` stay as they are: their area and perimeter come from GeographicLib, not from here. Every other
case is a simulated one (`benchmarks.walks`) whose seed was chosen so that `geo.measure` has nothing to repair: what is
compared is the measuring, which both sides do, not the repairing, which the server does alone.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.walks import HERE, NOISES, Habits, Noise, Phone, natural_plot, walk
from geo import measure

FILE = Path(__file__).resolve().parents[1] / "tests" / "payloads" / "area-vectors.json"
RULES = {"gap_m": 2.0, "min_block_mu": 0.5}
DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Case:
    """
    How one vector is made; `every` keeps each n-th fix only, as a phone that saves power would.

    Without a `speed_m_s` the corners are measured one by one, not walked.
    """

    name: str
    size_mu: float
    seed: int
    sigma_m: float
    stated: float = 1.0
    speed_m_s: float | None = None
    noise: Noise = NOISES[4]
    heavy_tails: bool = False
    every: int = 1
    confidence: float = 0.95
    accuracy_confidence: float = 0.68


CASES = (
    Case("walk, 0.6 mu, with dropouts", 0.6, 3, 1.2, speed_m_s=0.9, noise=NOISES[2]),
    Case("walk, 0.6 mu, the phone promises too much", 0.6, 6, 1.5, 0.6, 0.8, heavy_tails=True),
    Case("walk, 3 mu, slow errors", 3, 0, 1.5, speed_m_s=1.0, noise=NOISES[0], confidence=0.9),
    Case("walk, 3 mu, the phone promises too little", 3, 6, 2.0, 1.4, 1.0, noise=NOISES[2]),
    Case("walk, 3 mu, accuracy as the W3C means it", 3, 5, 2.0, 1.2, 1.2, heavy_tails=True, accuracy_confidence=0.95),
    Case("walk, 15 mu, a fix every 3 s", 15, 2, 2.0, speed_m_s=1.1, every=3),
    Case("walk, 15 mu", 15, 0, 2.0, speed_m_s=1.1, confidence=0.99),
    Case("walk, 15 mu, more fixes than are correlated", 15, 40, 1.0, 1.4, 0.5, noise=Noise(100, 40, 0.5)),
    Case("vertices, 0.6 mu", 0.6, 1, 0.6),
    Case("vertices, 3 mu", 3, 1, 1.5, confidence=0.9, accuracy_confidence=0.95),
    Case("vertices, 15 mu", 15, 1, 3.0, confidence=0.99),
)


def main() -> None:
    """Write the file anew, one vector a line."""
    kept = [vector for vector in json.loads(FILE.read_text(encoding="utf-8")) if "capture" not in vector]
    lines = [json.dumps(vector) for vector in (*kept, *map(make_vector, CASES))]
    FILE.write_text("[" + ",\n ".join(lines) + "]\n", encoding="utf-8")


def make_vector(case: Case) -> dict[str, Any]:
    """A case with the server's figures; raise ValueError when its ring is not measured as it came."""
    feature = _walked(case) if case.speed_m_s else _cornered(case)
    policy = {**RULES, "confidence": case.confidence, "accuracy_confidence": case.accuracy_confidence}
    measured = measure([feature], policy)
    if measured.status != "ok" or measured.issues:
        raise ValueError(f"{case.name}: {[issue.code for issue in measured.issues]}; choose another seed")
    given = feature["properties"]
    return {
        "name": case.name,
        "capture": given["capture"],
        "confidence": case.confidence,
        "accuracy_confidence": case.accuracy_confidence,
        "ring": feature["geometry"]["coordinates"][0],
        "accuracy_m": given["accuracy_m"][0],
        "timestamps_s": given["timestamps_s"][0] if case.speed_m_s else [],
        "area_m2": round(measured.area_m2, DECIMALS),
        "perimeter_m": round(measured.perimeter_m, DECIMALS),
        "area_se_m2": round(measured.area_se_m2, DECIMALS),
        "area_low_m2": round(measured.area_low_m2, DECIMALS),
        "area_high_m2": round(measured.area_high_m2, DECIMALS),
    }


def _walked(case: Case) -> dict[str, Any]:
    chance = np.random.default_rng([case.seed, round(case.size_mu * 10)])
    phone = Phone(case.sigma_m, case.stated, case.noise, case.heavy_tails)
    habits = Habits(case.speed_m_s or 0.0, stops=False, outliers=False)
    feature = walk(natural_plot(case.size_mu, chance), phone, habits, chance).feature
    ring, given = feature["geometry"]["coordinates"], feature["properties"]
    for parallel in (ring, given["accuracy_m"], given["timestamps_s"]):
        parallel[0] = [*parallel[0][: -1 : case.every], parallel[0][-1]]
    given["timestamps_s"][0] = [int(second) for second in given["timestamps_s"][0]]
    return feature


def _cornered(case: Case) -> dict[str, Any]:
    chance = np.random.default_rng([case.seed, round(case.size_mu * 10)])
    corners = natural_plot(case.size_mu, chance)
    ring = np.round(HERE.inverse(corners), 7).tolist()
    accuracy_m = np.round(case.sigma_m * chance.uniform(1, 2, len(ring)), 1).tolist()
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
        "properties": {"capture": "vertices", "accuracy_m": [[*accuracy_m, accuracy_m[0]]]},
    }


if __name__ == "__main__":
    main()
