"""The mean of several laps that the phone and the server both hold: tests/payloads/lap-vectors.json."""

import json
from pathlib import Path

import pytest

from geo import measure

FILE = Path(__file__).parents[1] / "payloads" / "lap-vectors.json"
VECTORS = json.loads(FILE.read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_the_mean_of_laps_holds(vector):
    """The phone passes the same file: after a second lap it shows what the server will say."""
    feature = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [vector["ring"]]},
        "properties": {
            "capture": "walk",
            "accuracy_m": [vector["accuracy_m"]],
            "timestamps_s": [vector["timestamps_s"]],
        },
    }
    rules = {name: vector[name] for name in ("confidence", "accuracy_confidence")}

    measured = measure([feature], {"gap_m": 2, "min_block_mu": 0.5, **rules})

    assert measured.laps == vector["laps"]
    assert ("laps_disagree" in [issue.code for issue in measured.issues]) is not vector["agree"]
    assert measured.area_m2 == pytest.approx(vector["area_m2"], rel=1e-6)
    assert measured.area_se_m2 == pytest.approx(vector["area_se_m2"], rel=1e-6)
