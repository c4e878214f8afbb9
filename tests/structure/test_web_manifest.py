"""The web app manifest names pictures that are there, as browsers want them, and that no phone has to keep."""

import json

import pytest
from PIL import Image

from server.assets import STATIC
from tests.support.source import ROOT
from tools.write_guide import PICTURES

MANIFEST = json.loads((ROOT / "pwa" / "public" / "manifest.webmanifest").read_text(encoding="utf-8"))


@pytest.mark.parametrize("screenshot", MANIFEST["screenshots"], ids=lambda one: one["src"])
def test_a_screenshot_is_one_of_the_guides_pictures_and_of_the_size_it_says(screenshot):
    """So it stays true with `make guide`; Chromium leaves out one whose size is another or whose sides differ more."""
    picture = PICTURES / screenshot["src"].removeprefix("screenshots/")

    width, height = Image.open(picture).size

    assert screenshot["sizes"] == f"{width}x{height}"
    assert (screenshot["type"], screenshot["form_factor"]) == ("image/webp", "narrow")
    assert min(width, height) >= 320 and max(width, height) <= min(3840, 2.3 * min(width, height))
    assert picture.name.endswith("-zh.webp") and screenshot["label"]


def test_screenshots_are_served_and_not_kept():
    """They are for the moment of installing: the service worker's list must not carry them to every phone."""
    worker = (STATIC / "m" / "sw.js").read_text(encoding="utf-8")

    assert "screenshots/" not in worker and "index.html" in worker
    for screenshot in MANIFEST["screenshots"]:
        assert (STATIC / "m" / screenshot["src"]).is_file()
