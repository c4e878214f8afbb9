"""No screen keeps anybody out: axe finds nothing on any of them, in either language."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Playwright

from tests.support.browser import desk_context
from tests.support.live_server import LiveServer, live_server
from tests.support.phone import Phone
from tests.support.screens import desk_screens, phone_screens


@pytest.fixture(scope="module")
def demo_server(tmp_path_factory: pytest.TempPathFactory):
    """One server for all of these: what is looked at does not depend on the database."""
    data = tmp_path_factory.mktemp("axe")
    with live_server(data, f"sqlite:///{data / 'yanshou.sqlite'}") as server:
        yield server


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_the_phone(playwright: Playwright, demo_server: LiveServer, tmp_path: Path, locale: str) -> None:
    """Every screen of an inspection."""
    phone = Phone(playwright, tmp_path / "phone", demo_server.url, locale=locale)
    phone.switch_on()
    visit = phone_screens(phone, plot_number=3 if locale == "zh-CN" else 4)
    try:
        found = [fault for screen in visit for fault in _faults(phone.page, screen)]
    finally:
        phone.switch_off()

    assert found == []


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_the_desk(desk_browser: Browser, demo_server: LiveServer, locale: str) -> None:
    """Every page of desk and archive."""
    context = desk_context(desk_browser, locale=locale)
    page = context.new_page()
    found = [fault for screen in desk_screens(page, demo_server.url) for fault in _faults(page, screen)]
    context.close()

    assert found == []


def test_axe_sees_a_fault(desk_browser: Browser) -> None:
    """Else the tests above would pass on anything."""
    context = desk_context(desk_browser)
    page = context.new_page()
    page.set_content('<html lang="en"><title>x</title><main><h1>x</h1><img src="x.png"><input></main></html>')

    assert {"image-alt", "label"} <= {fault.split(": ")[1] for fault in _faults(page, "bad")}
    context.close()


def _faults(page: Page, screen: str) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [
        f"{screen}: {violation['id']}: {node['html'][:160]}" for violation in violations for node in violation["nodes"]
    ]
