"""No screen keeps anybody out: axe finds nothing on any of them, in either language."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Playwright

from tests.support.browser import desk_context
from tests.support.live_server import LiveServer
from tests.support.phone import Phone
from tests.support.pictures import small_picture
from tests.support.screens import desk_screens, phone_screens

# Words have the same colours in every language, and to compare them is three quarters of axe's work.
COLOURED = ("zh-CN",)


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_the_phone(playwright: Playwright, demo: LiveServer, tmp_path: Path, locale: str) -> None:
    """Every screen of an inspection."""
    phone = Phone(playwright, tmp_path / "phone", demo.url, locale=locale)
    phone.switch_on()
    visit = phone_screens(phone, plot_number=3 if locale == "zh-CN" else 4, picture=small_picture)
    try:
        found = [fault for screen in visit for fault in _faults(phone.page, screen, colours=locale in COLOURED)]
    finally:
        phone.switch_off()

    assert found == []


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_the_desk(desk_browser: Browser, demo: LiveServer, locale: str) -> None:
    """Every page of desk and archive."""
    context = desk_context(desk_browser, locale=locale)
    page = context.new_page()
    screens = desk_screens(page, demo.url)
    found = [fault for screen in screens for fault in _faults(page, screen, colours=locale in COLOURED)]
    context.close()

    assert found == []


def test_axe_sees_a_fault(desk_browser: Browser) -> None:
    """Else the tests above would pass on anything."""
    context = desk_context(desk_browser)
    page = context.new_page()
    page.set_content('<html lang="en"><title>x</title><main><h1>x</h1><img src="x.png"><input></main></html>')

    assert {"image-alt", "label"} <= {fault.split(": ")[1] for fault in _faults(page, "bad")}
    context.close()


def _faults(page: Page, screen: str, *, colours: bool = True) -> list[str]:
    # Half a megabyte to be read anew; on the phone one page shows many screens.
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    # What it holds to be right is most of what it has to say, and not asked for.
    asked = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": colours}}}
    violations = page.evaluate("(asked) => axe.run(asked).then(({ violations }) => violations)", asked)
    return [
        f"{screen}: {violation['id']}: {node['html'][:160]}" for violation in violations for node in violation["nodes"]
    ]
