import json

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.walks import Habits, Noise, Phone, natural_plot, walk
from geo.accuracy import read_calibration
from server.cli import main


@pytest.fixture(scope="module")
def walks():
    """Two people walk two plots four times with one phone, and one of them one plot once with another."""
    chance = np.random.default_rng(71)
    phones = [Phone(2.5, 1.0, Noise(60, 15, 0.2), False, model) for model in ("红米 12", "P60")]
    plots = [natural_plot(size_mu, chance) for size_mu in (2, 8)]
    tours = [(phones[0], i, who) for i in range(2) for who in ("李", "韦") for _ in range(4)] + [(phones[1], 0, "李")]
    features = []
    for phone, number, operator in tours:
        done = walk(plots[number], phone, Habits(1.1), chance, phone_model=phone.model, operator=operator)
        done.feature["properties"] |= {"plot_id": f"样地 {number}", "known_area_m2": round(done.true_m2, 1)}
        features.append(done.feature)
    return features


def run(*arguments, walks=None):
    """The command, its walks on standard input."""
    collection = {"type": "FeatureCollection", "features": walks or []}
    return CliRunner().invoke(main, ["calibrate", "-", *arguments], input=json.dumps(collection))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [((), ("手机型号", "重复性", "再现性", "红米 12", "少于 12 次")), (("--lang", "en"), ("phone", "sR %", "P60"))],
    ids=["zh", "en"],
)
def test_a_person_reads_two_tables(walks, arguments, words):
    """Chinese unless English is asked for."""
    result = run(*arguments, walks=walks)

    assert result.exit_code == 0
    assert all(word in result.output for word in words)


def test_json_holds_the_same(walks):
    """For programs, with the policy part as it would be stored."""
    result = run("--json", walks=walks)

    report = json.loads(result.stdout)
    assert {phone["phone_model"]: phone["usable"] for phone in report["phones"]} == {"红米 12": True, "P60": False}
    assert list(report["calibration"]) == ["红米 12"]
    assert {line["plot_id"] for line in report["table"]} == {"样地 0", "样地 1"}


def test_the_policy_part_is_written_and_can_be_read(walks, tmp_path):
    """It goes into the programme's policy as it is."""
    path = tmp_path / "calibration.json"

    result = run("--output", str(path), walks=walks)

    assert result.exit_code == 0
    assert read_calibration(json.loads(path.read_text())["calibration"])["红米 12"].sigma_scale > 0.3


def test_a_feature_that_cannot_be_used_is_named(walks):
    """The others still count."""
    broken = json.loads(json.dumps(walks[0]))
    del broken["properties"]["known_area_m2"]

    result = run("--lang", "en", walks=[broken, *walks])

    assert result.exit_code == 0
    assert "feature 1 was not used: known_area_m2 is missing." in result.output


@pytest.mark.parametrize("text", ["", "{", "[]", "5", '{"features": [{}]}', "[" * 100_000])
def test_a_file_without_walks_fails_with_a_sentence(text):
    """Not with a traceback."""
    result = CliRunner().invoke(main, ["calibrate", "-"], input=text)

    assert result.exit_code == 1
    assert "Error" in result.output and isinstance(result.exception, SystemExit)


def test_a_share_that_is_none_is_refused():
    """68 for 0.68 is an easy slip."""
    assert run("--accuracy-confidence", "68").exit_code == 2
