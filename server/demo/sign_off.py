"""What an inspector of the demonstration writes down beside the figures: the standards of the land, and who signed."""

import hashlib
import io
import math
from random import Random
from typing import Any

from PIL import Image, ImageDraw

from inspections.policy import Policy
from inspections.standards import Measure, asked
from inspections.wire import LandType

SIGNATURE_WIDTH, SIGNATURE_HEIGHT = 640, 320
# A hillside, and not so steep that it would need terraces.
SLOPE_DEG = 18.0


def slope_of(land_type: LandType) -> float | None:
    """Return what the phone's level said, where there is a slope."""
    return SLOPE_DEG if land_type == "slope" else None


def answer_standards(policy: Policy, land_type: LandType, rng: Random) -> list[dict[str, Any]]:
    """Answer every standard that is asked on this land: met, with a figure within its limits."""
    return [
        {
            "code": standard.code,
            "answer": "met",
            "value": _within(standard.measure, rng) if standard.measure else None,
            "note": "",
            "photos": [],
        }
        for standard in asked(policy.standards, land_type, slope_of(land_type))
    ]


def draw_signature(rng: Random) -> bytes:
    """Draw a scrawl such as a finger leaves on the pad; two calls never give the same bytes."""
    image = Image.new("RGB", (SIGNATURE_WIDTH, SIGNATURE_HEIGHT), (255, 255, 255))
    canvas = ImageDraw.Draw(image)
    for sign in range(3):
        left, top = 90 + sign * 160, rng.uniform(80, 110)
        for _ in range(rng.randint(4, 6)):
            x, y, turn = left + rng.uniform(0, 90), top + rng.uniform(0, 130), rng.uniform(0, math.tau)
            bend, length = rng.uniform(-0.25, 0.25), rng.randint(6, 14)
            stroke = [(x, y)]
            for _ in range(length):
                turn += bend
                x, y = x + 7 * math.cos(turn), y + 7 * math.sin(turn)
                stroke.append((x, y))
            canvas.line(stroke, fill=(24, 28, 40), width=6, joint="curve")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82)
    return out.getvalue()


def sign(inspectors: tuple[str, str], household: str, pictures: list[bytes]) -> dict[str, Any]:
    """
    Put names to three signatures.

    Args:
        inspectors: Names of the two who walked.
        household: Name of its head.
        pictures: The signatures in this order, as they are announced among the photos.
    """
    first, second, head = (hashlib.sha256(picture).hexdigest() for picture in pictures)
    one, other = inspectors
    return {
        "inspectors": [
            {"name": one, "photo": first, "stands_for": "self"},
            {"name": other, "photo": second, "stands_for": "self"},
        ],
        "household": {"name": household, "photo": head, "stands_for": "self"},
        "village": None,
    }


def _within(measure: Measure, rng: Random) -> float:
    """A figure to one decimal that the measure allows."""
    low = measure.min if measure.min is not None else (measure.max or 0) * 0.8
    high = measure.max if measure.max is not None else low * 1.1
    return min(max(round(rng.uniform(low, high), 1), low), high)
