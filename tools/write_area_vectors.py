"""
Write tests/payloads/area-vectors.json, which the phone and the server both pass.

Outlines without a `capture` are measured by GeographicLib, never by what they test; within a degree of a pole, where
its rounding is a millionth of a small plot, by the tests' integral. Those drawn by hand stay as they are. The rest are
simulated (`benchmarks.walks`), seeds chosen so that `geo.measure` has nothing to repair: what is compared is the
measuring, which both sides do, not the repairing, which the server does alone.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from geographiclib.geodesic import Geodesic

from benchmarks.walks import HERE, NOISES, Habits, Noise, Phone, natural_plot, walk
from geo import measure
from geo.plane import LocalPlane
from geo.units import mu_to_m2
from tests.geo.oracle import integrated_area_m2

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


@dataclass(frozen=True, slots=True)
class Place:
    """An outline somewhere on earth; `holes` ponds are taken out of it, of both ways round."""

    name: str
    lon: float
    lat: float
    size_mu: float
    corners: int = 12
    stretch: float = 1.5
    holes: int = 0


PLACES = (
    Place("round the north pole", 0.0, 90.0, 3),
    Place("round the south pole, a tenth of a mu", 0.0, -90.0, 0.1, 5),
    Place("seventy metres from the south pole", 77.0, -89.99937, 15),
    Place("85N, two hundred mu", -40.0, 85.0, 200, 40),
    Place("75S", 12.0, -75.0, 0.6, 7, 3.0),
    Place("55N, a long strip", -3.0, 55.0, 3, 9, 9.0),
    Place("45S, west", -71.0, -45.0, 15),
    Place("across the equator and Greenwich, a tenth of a mu", 0.0, 0.0, 0.1, 6),
    Place("10N", 100.0, 10.0, 0.6),
    Place("40N, west", -120.0, 40.0, 50, 20),
    Place("60S", -45.0, -60.0, 3, 16),
    Place("across the antimeridian, 65N", 180.0, 65.0, 15, 30),
    Place("west of the antimeridian, on the equator", -179.9999, 0.0, 200, 8),
    Place("a pond, 25.2N", 109.4, 25.2, 3, holes=1),
    Place("three ponds, 25.2N", 109.5, 25.1, 15, 30, holes=3),
    Place("a pond across the antimeridian", 180.0, -17.0, 3, holes=1),
    Place("ponds near the north pole", 30.0, 89.9999, 15, holes=2),
)


def main() -> None:
    """Write the file anew, one vector a line."""
    old = json.loads(FILE.read_text(encoding="utf-8"))
    generated = {place.name for place in PLACES}
    kept = [vector for vector in old if "capture" not in vector and vector["name"] not in generated]
    lines = [json.dumps(vector) for vector in (*kept, *map(make_outline, PLACES), *map(make_vector, CASES))]
    FILE.write_text("[" + ",\n ".join(lines) + "]\n", encoding="utf-8")


def make_outline(place: Place) -> dict[str, Any]:
    """An outline with the figures of GeographicLib, or of the integral near a pole."""
    plane = LocalPlane(place.lon, place.lat)
    chance = np.random.default_rng([round(place.size_mu * 10), place.corners])
    turns = (np.arange(place.corners) + chance.uniform(-0.3, 0.3, place.corners)) * 2 * math.pi / place.corners
    size_m = math.sqrt(mu_to_m2(place.size_mu) / math.pi)
    outline = chance.uniform(0.8, 1.2, (place.corners, 1)) * np.column_stack(
        (np.cos(turns) * place.stretch**0.5, np.sin(turns) / place.stretch**0.5)
    )
    rings = [size_m * outline]
    for i in range(place.holes):
        middle = 0.35 * size_m * np.array([math.cos(2.1 * i), math.sin(2.1 * i)])
        rings.append(middle + (0.15 + 0.03 * i) * size_m * outline[:: (-1) ** i])
    exterior, *holes = (_closed(plane.inverse(ring)) for ring in rings)
    vector: dict[str, Any] = {"name": place.name, "ring": exterior}
    if holes:
        vector["holes"] = holes
    areas, perimeters = zip(*(_truth(ring) for ring in (exterior, *holes)), strict=True)
    return vector | {
        "area_m2": round(areas[0] - sum(areas[1:]), DECIMALS),
        "perimeter_m": round(sum(perimeters), DECIMALS),
    }


def _closed(positions: Any) -> list[list[float]]:
    ring: list[list[float]] = np.round(positions, 11).tolist()
    return [*ring, ring[0]]


def _truth(ring: list[list[float]]) -> tuple[float, float]:
    polygon = Geodesic.WGS84.Polygon()
    for lon, lat in ring[:-1]:
        polygon.AddPoint(lat, lon)
    _count, perimeter_m, area_m2 = polygon.Compute()
    polar = abs(ring[0][1]) > 89
    return integrated_area_m2(ring) if polar else abs(area_m2), perimeter_m


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
