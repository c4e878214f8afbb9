"""`yanshou measure` from the outside: a file in, a table or JSON out, and an end that a script can read."""

import json

import pytest
from click.testing import CliRunner

from server.cli import main
from tests.geo.shapes import POLICY, feature, plot, positions, rectangle, walk_feature, walk_xy

FIELD = rectangle(50, 40)
COLLECTION = {"type": "FeatureCollection", "features": [plot(FIELD, accuracy_m=3, plot_id="三号地")]}


def run(*arguments, stdin=None):
    """The command's result; nothing is installed or started."""
    return CliRunner().invoke(main, ["measure", *arguments], input=stdin)


@pytest.fixture
def path(tmp_path):
    """A file with one plot."""
    file = tmp_path / "plot.geojson"
    file.write_text(json.dumps(COLLECTION), encoding="utf-8")
    return str(file)


def test_the_table_is_chinese_and_says_area_interval_and_result(path):
    """The first thing a township officer sees."""
    result = run(path)

    assert result.exit_code == 0
    assert "2000.0 平方米 = 3.000 亩" in result.output
    assert "无需整理" in result.output
    assert "三号地" in result.output


def test_the_table_speaks_english(path):
    """And says the same."""
    result = run(path, "--lang", "en")

    assert result.exit_code == 0
    assert "2000.0 m² = 3.000 mu" in result.output
    assert all(ord(sign) < 0x3000 for sign in result.output.replace("三号地", ""))


def test_columns_stand_under_each_other(path):
    """A Chinese character takes two columns of a terminal."""
    lines = run(path).output.splitlines()
    head, line = lines[lines.index("地块") + 1 : lines.index("地块") + 3]

    assert len(head[: head.index("面积")].encode("gbk")) == len(line[: line.index("2000.0")].encode("gbk"))


def test_a_position_that_is_no_number_ends_in_json_and_not_in_a_traceback():
    """JSON files with NaN exist; the record of their refusal must not hold one."""
    broken = json.dumps(COLLECTION).replace("109.4,", "NaN,", 1)

    result = run("-", "--json", stdin=broken)

    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert json.loads(result.output)["issues"][0]["code"] == "not_numbers"


def test_half_a_character_in_a_name_is_no_trouble():
    """JSON may hold half a surrogate pair, which no terminal and no file can."""
    broken = {"type": "FeatureCollection", "features": [plot(FIELD, accuracy_m=3, plot_id="\ud800号")]}

    for options in ([], ["--json"]):
        result = run("-", *options, stdin=json.dumps(broken))
        assert result.exit_code == 0
        assert "号" in result.output


def test_standard_input_and_json():
    """For scripts: the same names as in code, one JSON value."""
    result = run("-", "--json", stdin=json.dumps(COLLECTION))

    written = json.loads(result.output)
    assert result.exit_code == 0
    assert written["status"] == "ok"
    assert written["area_m2"] == pytest.approx(2000, rel=1e-6)
    assert written["plots"][0]["laps"] == 1


def test_a_policy_asks_for_a_household_and_judges_a_claim(tmp_path):
    """Joins, overlaps, laps and the verdict appear when there are any."""
    features = [
        walk_feature(walk_xy(FIELD, seed=2, past_m=20)),
        plot(rectangle(50, 40, east_m=53), plot_id="b", accuracy_m=4),
        plot(rectangle(50, 40, north_m=20), plot_id="c", household_id="theirs", accuracy_m=3),
    ]
    file, policy = tmp_path / "walk.geojson", tmp_path / "policy.json"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    statements = [{"first_plot_id": "a", "second_plot_id": "b", "joined": True}]
    policy.write_text(json.dumps(POLICY | {"claimed_mu": 20, "statements": statements}))

    output = run(str(file), "--policy", str(policy)).output

    assert "申报面积超出" in output
    assert "相连（验收员说明）" in output
    assert "超出误差" in output
    assert "overlap_trimmed" in output
    assert "→" in output


def test_a_refusal_is_told_and_ends_with_one(tmp_path):
    """A script must not take a refused plot for a measured one."""
    file = tmp_path / "bow-tie.geojson"
    file.write_text(json.dumps(plot([(0, 0), (50, 40), (50, 0), (0, 40)])))

    result = run(str(file))

    assert result.exit_code == 1
    assert "不能测量" in result.output
    assert "bow_tie" in result.output


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"{", "not JSON, line 1"), (b"\xff\xfe\x00", "not UTF-8"), (b"[" * 100_000, "not usable JSON")],
    ids=["broken", "binary", "too deep"],
)
def test_what_cannot_be_read_is_said_and_ends_with_two(tmp_path, content, said):
    """A sentence with the file's name, never a traceback."""
    file = tmp_path / "broken.geojson"
    file.write_bytes(content)

    result = run(str(file))

    assert result.exit_code == 2
    assert "broken.geojson" in result.output
    assert said in result.output


def test_a_missing_file_and_a_broken_policy_end_with_two(path, tmp_path):
    """The same end for everything the caller can put right."""
    policy = tmp_path / "policy.json"

    assert run(str(tmp_path / "none.geojson")).exit_code == 2
    for broken in ("[]", '{"gap_m": "two"}', '{"statements": [1]}', '{"allowed_bbox": 3}'):
        policy.write_text(broken)
        result = run(path, "--policy", str(policy))
        assert (result.exit_code, "policy" in result.output) == (2, True)


def test_a_name_cannot_steer_the_terminal(tmp_path):
    """A plot's number comes from a file somebody sent."""
    file = tmp_path / "escape.geojson"
    file.write_text(json.dumps(feature(positions(FIELD), plot_id="a\x1b[2J\nb")))

    assert "\x1b" not in run(str(file)).output


def test_a_byte_order_mark_is_no_error(tmp_path):
    """Windows editors write one."""
    file = tmp_path / "bom.geojson"
    file.write_text(json.dumps(COLLECTION), encoding="utf-8-sig")

    assert run(str(file)).exit_code == 0
