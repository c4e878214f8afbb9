"""The figures that the phone and the server both hold: tests/payloads/area-vectors.json."""

import json
from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from geo import measure
from geo.accuracy import MAX_CORRELATED_FIXES, fading_variance, track_residual_m, vertices_variance
from geo.area import ring_area_and_perimeter
from geo.plane import LocalPlane
from geo.units import m2_to_mu, sigma_per_radius

FILE = Path(__file__).parents[1] / "payloads" / "area-vectors.json"
VECTORS = json.loads(FILE.read_text())
CAPTURED = [vector for vector in VECTORS if "capture" in vector]
OUTLINES = [vector for vector in VECTORS if "capture" not in vector]
WALKS = [vector for vector in CAPTURED if vector["capture"] == "walk"]


def names(vectors):
    """What a failure is called by."""
    return [vector["name"] for vector in vectors]


def measured(vector):
    """What the server says of a vector."""
    feature = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [vector["ring"]]},
        "properties": {
            "capture": vector["capture"],
            "accuracy_m": [vector["accuracy_m"]],
            "timestamps_s": [vector["timestamps_s"]],
        },
    }
    rules = {"gap_m": 2, "min_block_mu": 0.5}
    return measure([feature], {**rules, **{name: vector[name] for name in ("confidence", "accuracy_confidence")}})


def stated(vector):
    """The open ring in metres, its stated standard deviations and its times."""
    positions = np.array(vector["ring"][:-1])
    sigma_m = np.array(vector["accuracy_m"][:-1]) * sigma_per_radius(vector["accuracy_confidence"])
    return LocalPlane(*positions[0]).forward(positions), sigma_m, np.array(vector["timestamps_s"][:-1], dtype=float)


@pytest.mark.parametrize("vector", VECTORS, ids=names(VECTORS))
def test_area_and_perimeter_hold(vector):
    """The phone passes the same file: the figure in the orchard is the figure on the desk."""
    rings = [vector["ring"], *vector.get("holes", [])]
    areas, perimeters = zip(*(ring_area_and_perimeter(np.array(ring)) for ring in rings), strict=True)

    assert abs(areas[0]) - sum(map(abs, areas[1:])) == pytest.approx(vector["area_m2"], rel=1e-6)
    assert sum(perimeters) == pytest.approx(vector["perimeter_m"], rel=1e-6)


@pytest.mark.parametrize("vector", OUTLINES, ids=names(OUTLINES))
def test_a_whole_measurement_holds_them_too(vector):
    """Read, repaired and measured from the file's positions: holes of both ways round, poles, the antimeridian."""
    polygon = {"type": "Polygon", "coordinates": [vector["ring"], *vector.get("holes", [])]}
    outline = {"type": "Feature", "geometry": polygon, "properties": {"accuracy_m": 0.0}}

    result = measure([outline], {"gap_m": 2, "min_block_mu": 0.5})

    assert (result.status, result.issues) == ("ok", [])
    assert result.area_m2 == pytest.approx(vector["area_m2"], rel=1e-6)
    assert result.perimeter_m == pytest.approx(vector["perimeter_m"], rel=1e-6)


def test_the_outlines_lie_all_over_the_earth():
    """From pole to pole and round it, from a tenth of a mu to two hundred, with ponds and without."""
    bands = {min(8, int((vector["ring"][0][1] + 90) // 20)) for vector in OUTLINES}
    areas_mu = [m2_to_mu(vector["area_m2"]) for vector in OUTLINES]

    assert bands == set(range(9))
    assert min(areas_mu) < 0.11 and max(areas_mu) > 190
    assert any(
        max(lon for lon, _ in vector["ring"]) > 179 > -179 > min(lon for lon, _ in vector["ring"])
        for vector in OUTLINES
    )
    assert sum("holes" in vector for vector in OUTLINES) >= 4


@pytest.mark.parametrize("vector", CAPTURED, ids=names(CAPTURED))
def test_the_interval_holds(vector):
    """Nothing is repaired on the way, so the phone, which repairs little, can say the same."""
    measurement = measured(vector)

    assert (measurement.status, measurement.issues) == ("ok", [])
    for name in ("area_m2", "perimeter_m", "area_se_m2", "area_low_m2", "area_high_m2"):
        assert getattr(measurement, name) == pytest.approx(vector[name], rel=1e-6)


@pytest.mark.parametrize("vector", WALKS, ids=names(WALKS))
def test_no_simpler_formula_passes(vector):
    """Independent corners, or the stated accuracy and 60 s alone, are told apart from what is meant."""
    xy, sigma_m, timestamps_s = stated(vector)

    independent = vertices_variance(xy, sigma_m)
    assert sqrt(independent) < 0.7 * vector["area_se_m2"]
    assert sqrt(fading_variance(xy, sigma_m, timestamps_s, 60.0)) != pytest.approx(vector["area_se_m2"], rel=0.01)


def test_the_walks_go_every_way_through_the_formula():
    """Short and long, raised by its trembling or too sparse to tremble, faster and slower errors the wider."""
    tracks = [stated(vector) for vector in WALKS]
    slower = [fading_variance(*track, 100.0) > fading_variance(*track, 60.0) for track in tracks]
    residuals = [track_residual_m(xy, timestamps_s) for xy, _, timestamps_s in tracks]

    assert any(slower) and not all(slower)
    assert any(residual is None for residual in residuals) and not all(residual is None for residual in residuals)
    assert any(len(xy) > MAX_CORRELATED_FIXES for xy, _, _ in tracks)
    assert FILE.stat().st_size < 200_000
