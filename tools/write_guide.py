"""Write docs/inspector.md and its pictures from the phone as it is: `make guide`."""

import io
import tempfile
from collections.abc import Iterable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Playwright, sync_playwright

from tests.support.live_server import live_server
from tests.support.phone import Phone
from tests.support.screens import phone_screens
from tools.guide_steps import ADVICE, COLOURS, PARTS, Said

ROOT = Path(__file__).resolve().parents[1]
PAGE, PICTURES = ROOT / "docs" / "inspector.md", ROOT / "docs" / "inspector"
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
NARROW = {"width": 360, "height": 800}
WIDTH, HEIGHT = 450, 1000
# Sixty of them must not weigh on whoever fetches the project.
MOST_BYTES, MOST_BYTES_IN_ALL = 40_000, 1_500_000
QUALITIES = range(60, 10, -5)

HEAD = """# 验收员图解 · Inspector's picture guide

手机上的每一步，都是真实的屏幕。左边中文，右边英文。数据是演示用的，人和地都是编的，相机里是测试画面。
The real screens, Chinese left, English right. Households and land are invented; the camera shows a test picture.

没有“保存”按钮：每按一下都已存进手机。五步可以按任何顺序做，随时可以离开。
There is no save button: every tap is kept on the phone at once. Do the five steps in any order; leave at any time.

This page and its pictures are written by `make guide`; its words stand in `tools/guide_steps.py`.
"""


def picture_name(screen: str, language: str) -> str:
    """The file of a screen's picture."""
    return f"{screen}-{language}.webp"


def guide_text() -> str:
    """The whole page."""
    parts = [HEAD]
    number = 0
    for part in PARTS:
        parts.append(f"## {part.title.zh} · {part.title.en}\n")
        for screen, says in part.steps:
            number += 1
            left, right = (f"![{number}](inspector/{picture_name(screen, language)})" for language in LOCALES)
            parts.append(f"| {left} | {right} |\n|---|---|\n| **{number}.** {says.zh} | **{number}.** {says.en} |\n")
    parts += [
        "## 颜色和记号 · What the colours mean\n",
        _table(COLOURS),
        "颜色旁边总有记号和文字，看不清颜色也不会错。\n"
        "A sign and a word stand beside every colour: nobody has to tell the colours apart.\n",
        "## 遇到问题 · What to do when …\n",
        _table(ADVICE),
    ]
    return "\n".join(parts)


def _table(lines: Iterable[tuple[Said, Said]]) -> str:
    rows = [f"| {what.zh} | {says.zh} | {what.en} | {says.en} |" for what, says in lines]
    return "\n".join(["| | | | |", "|---|---|---|---|", *rows, ""])


def small(png: bytes) -> bytes:
    """
    Make a picture of a screen small enough to be kept with the project.

    Raises:
        ValueError: It stays larger than MOST_BYTES.
    """
    image = Image.open(io.BytesIO(png)).convert("RGB").resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    for quality in QUALITIES:
        out = io.BytesIO()
        image.save(out, "WEBP", quality=quality, method=6)
        if out.tell() <= MOST_BYTES:
            return out.getvalue()
    raise ValueError(f"a picture stays at {out.tell()} bytes")


def main() -> None:
    """Start a server with the demonstration, go through the phone in both languages, write everything anew."""
    taken: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory(prefix="yanshou-guide-") as scratch, sync_playwright() as playwright:
        data = Path(scratch) / "data"
        with live_server(data, f"sqlite:///{data / 'yanshou.sqlite'}") as server:
            for number, language in enumerate(LOCALES):
                taken |= _photograph(playwright, server.url, Path(scratch) / language, language, plot_number=3 + number)
    # Only now, so that a visit that breaks off leaves no page with holes.
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.glob("*.webp"):
        old.unlink()
    for name, picture in taken.items():
        (PICTURES / name).write_bytes(picture)
    PAGE.write_text(guide_text(), encoding="utf-8")
    print(f"{len(taken)} pictures, {sum(map(len, taken.values())) / 1000:.0f} kB")


def _photograph(
    playwright: Playwright, address: str, profile: Path, language: str, *, plot_number: int
) -> dict[str, bytes]:
    taken: dict[str, bytes] = {}
    wanted = {step.screen for part in PARTS for step in part.steps}
    phone = Phone(playwright, profile, address, locale=LOCALES[language], sharp=True)
    phone.switch_on()
    try:
        phone.page.set_viewport_size(NARROW)
        for screen in phone_screens(phone, plot_number=plot_number):
            if screen in wanted:
                taken[picture_name(screen, language)] = small(phone.page.screenshot())
    finally:
        phone.switch_off()
    return taken


if __name__ == "__main__":
    main()
