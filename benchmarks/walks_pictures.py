"""
The pictures of docs/measurement.md, drawn from simulated walks.

`python -m benchmarks.walks_pictures docs/measurement/` draws them: plain SVG with text in both languages; the same seed
draws the same picture.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.walks import HERE, QUALITIES_M, SIZES_MU, Habits, Noise, Phone, natural_plot, seeds_of, walk
from benchmarks.walks_table import POLICY, REPORT_SEED, Outcome, independent_se_m2, outcomes
from geo import measure
from geo.plane import Array
from geo.units import m2_to_mu

INK, PALE, GREEN, RED, BLUE = "#1d1d1b", "#d8d8d4", "#1a6b3c", "#b3261e", "#1f4e8c"
SIZES = {0.6: "0.6 亩 mu", 3.0: "3 亩 mu", 15.0: "15 亩 mu"}
WIDTH, HEIGHT = 720, 320


def walks_picture() -> str:
    """One plot of 0.6 mu, walked three times with one phone."""
    chance = np.random.default_rng([REPORT_SEED, 3])
    corners = natural_plot(0.6, chance)
    phone = Phone(2.8, 1.0, Noise(100, 15, 0.3), False)
    habits = Habits(1.0, outliers=False, dropouts=False)
    panels = []
    for column, colour in enumerate((GREEN, BLUE, RED)):
        walked = walk(corners, phone, habits, chance)
        ring = HERE.forward(np.array(walked.feature["geometry"]["coordinates"][0]))
        found = measure([walked.feature], POLICY)
        middle = 120 + 240 * column
        panels += [
            _line(np.vstack((corners, corners[:1])), middle, INK, 'stroke-dasharray="5 4"'),
            _line(ring, middle, colour),
            _text(middle, 268, f"{found.area_mu:.2f} 亩 mu", anchor="middle", size=18, fill=colour),
            _text(
                middle,
                292,
                f"{m2_to_mu(found.area_low_m2):.2f} – {m2_to_mu(found.area_high_m2):.2f} (95 %)",
                anchor="middle",
            ),
        ]
    title = "0.60 亩地块走三次，虚线为真实边界 / 0.60 mu walked three times; dashed: the truth"
    return _svg(title, [_text(20, 24, title), *panels])


def coverage_picture(found: dict[float, list[Outcome]]) -> str:
    """How often the interval holds the truth: fixes taken for independent, and as measured here."""
    parts = []
    left, bottom, tall = 60, 260, 200
    for share in (0, 25, 50, 75, 95, 100):
        y = bottom - tall * share / 100
        dash = ' stroke-dasharray="6 4"' if share == 95 else ""
        parts.append(f'<path d="M{left} {y:.1f}H{WIDTH - 20}" stroke="{INK if share == 95 else PALE}"{dash}/>')
        # 95 and 100 stand too near each other for both.
        parts += [] if share == 100 else [_text(left - 8, y + 5, f"{share} %", anchor="end")]
    for number, (size, walks) in enumerate(found.items()):
        x = left + 60 + 210 * number
        held = np.mean([one.low_m2 <= one.walk.true_m2 <= one.high_m2 for one in walks])
        naive = np.mean([abs(one.area_m2 - one.walk.true_m2) <= 1.96 * independent_se_m2(one.walk) for one in walks])
        for offset, share, colour in ((0, float(naive), RED), (66, float(held), GREEN)):
            high = tall * share
            parts.append(
                f'<rect x="{x + offset}" y="{bottom - high:.1f}" width="56" height="{high:.1f}" fill="{colour}"/>'
            )
            label = f"{100 * share:.0f} %"
            parts.append(_text(x + offset + 28, bottom - high + 20, label, anchor="middle", fill="#ffffff"))
        parts.append(_text(x + 61, bottom + 20, SIZES[size], anchor="middle"))
    title = "95% 区间包含真实面积的比例 / How often the 95 % interval holds the true area"
    legend = [
        f'<rect x="{left}" y="294" width="14" height="14" fill="{RED}"/>',
        _text(left + 20, 306, "各点独立（错误）/ fixes independent (wrong)"),
        f'<rect x="{left + 340}" y="294" width="14" height="14" fill="{GREEN}"/>',
        _text(left + 360, 306, "误差相关（采用）/ errors correlated (used)"),
    ]
    return _svg(title, [_text(20, 24, title), *parts, *legend])


def width_picture(found: dict[float, list[Outcome]]) -> str:
    """Half the width of the interval by size of plot and quality of phone."""
    parts = []
    left, bottom, tall, most = 60, 250, 190, 80
    for percent in range(0, most + 1, 20):
        y = bottom - tall * percent / most
        parts.append(f'<path d="M{left} {y:.1f}H{WIDTH - 20}" stroke="{PALE}"/>')
        parts.append(_text(left - 8, y + 5, f"{percent} %", anchor="end"))
    shades = ("#8fc3a3", "#4d9a6c", "#1a6b3c", "#0b3d20")
    for number, (size, walks) in enumerate(found.items()):
        x = left + 30 + 215 * number
        for quality in range(len(QUALITIES_M)):
            some = [one for one in walks if one.walk.quality == quality]
            half = 100 * float(np.median([(one.high_m2 - one.low_m2) / 2 / one.walk.true_m2 for one in some]))
            high = tall * half / most
            at = x + 44 * quality
            parts.append(
                f'<rect x="{at}" y="{bottom - high:.1f}" width="38" height="{high:.1f}" fill="{shades[quality]}"/>'
            )
            parts.append(_text(at + 19, bottom - high - 5, f"{half:.0f}", anchor="middle"))
        parts.append(_text(x + 85, bottom + 20, SIZES[size], anchor="middle"))
    title = "区间半宽占面积的百分比 / Half width of the interval, per cent of the area"
    for quality, (low, high_m) in enumerate(QUALITIES_M):
        x = left + 160 * quality
        parts.append(f'<rect x="{x}" y="294" width="14" height="14" fill="{shades[quality]}"/>')
        parts.append(_text(x + 20, 306, f"σ {low:g}–{high_m:g} 米 m"))
    return _svg(title, [_text(20, 24, title), *parts])


def _line(xy: Array, middle: int, colour: str, more: str = "") -> str:
    """A track in a panel, 5.5 pixels to the metre."""
    points = " ".join(f"{middle + 5.5 * x:.1f},{145 - 5.5 * y:.1f}" for x, y in xy)
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" {more}/>'


def _text(x: float, y: float, words: str, *, anchor: str = "start", size: int = 14, fill: str = INK) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size}" fill="{fill}">{words}</text>'


def _svg(title: str, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="system-ui, Noto Sans CJK SC, sans-serif">'
    )
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
    return "\n".join([head, f"<title>{title}</title>", ground, *parts, "</svg>", ""])


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.walks_pictures", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--walks", type=int, default=300, help="of each size")
    chosen = parser.parse_args()
    found = {}
    for size, chance in seeds_of(REPORT_SEED, SIZES_MU).items():
        found[size] = [one for one in outcomes(size, chosen.walks, chance) if one.status != "refused"]
    chosen.folder.mkdir(parents=True, exist_ok=True)
    pictures = {"walks": walks_picture(), "coverage": coverage_picture(found), "width": width_picture(found)}
    for name, picture in pictures.items():
        (chosen.folder / f"{name}.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
