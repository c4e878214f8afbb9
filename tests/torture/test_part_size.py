"""The phone of these tests cuts its parts as the app does: tests/payloads/part-sizes.json."""

import json
from pathlib import Path

import pytest

from tests.torture.part_size import PartSize

CASES = json.loads((Path(__file__).parents[1] / "payloads" / "part-sizes.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_parts_are_as_large_as_the_apps(case):
    """What F20 and F21 measure is then what an inspector's phone sends."""
    size = PartSize()
    done = {"carried": size.succeeded, "broke": size.failed, "limit": size.limit, "too_large": size.too_large}
    for what, *given, expected in case["steps"]:
        found = size.opening() if what == "opening" else done[what](*given) or size.bytes
        assert found == expected
