"""
Whether every text can be read in the sun: contrast computed from the token file itself.

Source: WCAG 2.2, relative luminance and contrast ratio. The bar: 7:1 for all text, 3:1 for the edges of
controls (WCAG 1.4.11).
"""

import re
from itertools import product

import pytest

from tests.support.source import ROOT

TEXT, EDGE = 7.0, 3.0
LIGHT = ("paper", "ground")
PAIRS = [
    *product(("ink", "muted", "action", "fail", "link"), LIGHT),
    *product(("paper",), ("action", "action-dark", "fail", "fail-dark", "link")),
    ("ink", "doubt"),
    ("ink", "action-tint"),
    ("focus-ink", "focus"),
    *((f"tag-{name}-text", f"tag-{name}") for name in ("pass", "fail", "doubt", "info", "plain")),
]


def tokens():
    """Every colour of the token file, by its name."""
    text = (ROOT / "styles" / "_tokens.scss").read_text(encoding="utf-8")
    return dict(re.findall(r'"([\w-]+)":\s*(#[0-9a-fA-F]{6})', text))


def luminance(colour):
    """Relative luminance, 0 for black to 1 for white."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    """Contrast ratio of two colours, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("text", "surface"), PAIRS)
def test_every_text_has_seven_to_one(text, surface):
    """White on the usual brand green is 2.4:1, which nobody reads at noon."""
    colours = tokens()

    assert contrast(colours[text], colours[surface]) >= TEXT


@pytest.mark.parametrize("surface", LIGHT)
def test_the_edges_of_controls_are_seen(surface):
    """An empty field is found by its edge alone."""
    colours = tokens()

    assert contrast(colours["border"], colours[surface]) >= EDGE


def test_every_tag_and_text_token_is_among_the_pairs():
    """A new colour for text is measured too, or this fails."""
    texts = {name for name in tokens() if name.endswith("-text")} | {"ink", "muted", "focus-ink"}

    assert texts <= {text for text, _ in PAIRS}


def test_a_colour_too_pale_would_be_found():
    """The figures of two popular palettes, as the literature gives them."""
    assert contrast("#ffffff", "#07c160") == pytest.approx(2.4, abs=0.1)
    assert contrast("#ffffff", "#1989fa") == pytest.approx(3.5, abs=0.1)
