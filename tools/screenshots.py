"""Pictures of every screen, phone and desktop, Chinese and English: `python tools/screenshots.py FOLDER`."""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Playwright, sync_playwright

from tests.support.browser import desk_context, launch_desk
from tests.support.live_server import live_server
from tests.support.phone import Phone
from tests.support.screens import desk_screens, phone_screens

LOCALES = {"zh": "zh-CN", "en": "en-GB"}
NARROW, WIDE = {"width": 360, "height": 800}, {"width": 1440, "height": 900}


def main() -> int:
    """Start a server with the demonstration, visit everything, write PNGs into the folder named."""
    if len(sys.argv) != 2:
        print("usage: python tools/screenshots.py FOLDER", file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="yanshou-screens-") as scratch, sync_playwright() as playwright:
        data = Path(scratch) / "data"
        with live_server(data, f"sqlite:///{data / 'yanshou.sqlite'}") as server:
            for number, (language, locale) in enumerate(LOCALES.items()):
                _phone(playwright, server.url, Path(scratch) / f"phone-{language}", folder, language, locale, number)
                _desk(playwright, server.url, folder, language, locale)
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")
    return 0


def _phone(
    playwright: Playwright, address: str, profile: Path, folder: Path, language: str, locale: str, number: int
) -> None:
    phone = Phone(playwright, profile, address, locale=locale, sharp=True)
    phone.switch_on()
    try:
        phone.page.set_viewport_size(NARROW)
        for order, screen in enumerate(phone_screens(phone, plot_number=3 + number)):
            phone.page.screenshot(path=folder / f"phone-{order:02d}-{screen}-{language}.png")
    finally:
        phone.switch_off()


def _desk(playwright: Playwright, address: str, folder: Path, language: str, locale: str) -> None:
    browser = launch_desk(playwright)
    page = desk_context(browser, locale=locale).new_page()
    for order, screen in enumerate(desk_screens(page, address)):
        for name, size in (("desk", WIDE), ("narrow", NARROW)):
            page.set_viewport_size(size)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=folder / f"{name}-{order:02d}-{screen}-{language}.png", full_page=True)
        page.set_viewport_size(WIDE)
    browser.close()


if __name__ == "__main__":
    sys.exit(main())
