"""The README's example runs as it is printed, and twice."""

import hashlib
import json

import msgspec
import pytest

import geo
from server.demo.landscape import make_landscape
from server.demo.policy import demo_policy
from tests.support.live_server import LiveServer
from tests.support.readme import run_readme_example
from tests.support.source import ROOT

FOLDER = ROOT / "docs" / "examples"


def test_the_example_is_received_and_judged(server: LiveServer) -> None:
    """What a reader copies works; the area is that of the boundary sent; sending twice stores once."""
    said = run_readme_example(server.url)
    again = run_readme_example(server.url)

    assert said["complete"] == "True"
    assert said["outcome"] in {"passed", "in_doubt"}
    assert again["area_m2"] == said["area_m2"]
    assert float(said["area_m2"]) == pytest.approx(_area_of_the_boundary(), rel=1e-6)


def test_the_example_fits_the_demonstration() -> None:
    """After a change of the demonstration the example is written anew: `python -m tools.write_example`."""
    manifest = json.loads((FOLDER / "manifest.json").read_text())
    land = make_landscape()
    announced = {photo["sha256"] for photo in manifest["photos"]}

    assert manifest["plot_id"] in {str(plot.id) for plot in land.plots}
    assert manifest["task_id"] in {str(task.id) for task in land.tasks}
    assert {hashlib.sha256(path.read_bytes()).hexdigest() for path in FOLDER.glob("*.jpg")} == announced


def _area_of_the_boundary() -> float:
    feature = json.loads((FOLDER / "manifest.json").read_text())["boundary"]
    policy = msgspec.to_builtins(demo_policy())
    wanted = ("gap_m", "min_block_mu", "confidence", "accuracy_confidence", "allowed_bbox", "max_area_mu")
    household = feature["properties"]["household_id"]
    return (
        geo.measure([feature], {"household_id": household, **{name: policy[name] for name in wanted}}).plots[0].area_m2
    )
