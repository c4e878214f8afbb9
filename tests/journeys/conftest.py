"""A live server with the demonstration, and browsers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.conftest import SQLITE_AND_POSTGRES
from tests.support.browser import BrowserMissing, launch_desk
from tests.support.demonstration import Demonstration
from tests.support.live_server import LiveServer
from tests.support.phone import Phone


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here: it drives a real browser."""
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(params=SQLITE_AND_POSTGRES)
def server(request: pytest.FixtureRequest, demonstration: Demonstration, tmp_path: Path) -> Iterator[LiveServer]:
    """The real server with the demonstration, on a database of either kind."""
    with demonstration.server(request.param, tmp_path) as server:
        yield server


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright itself; it drives the system's Chromium and downloads none."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def demo(demonstration: Demonstration, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One server for all tests of a module, for what does not depend on the database."""
    with demonstration.server("sqlite", tmp_path_factory.mktemp("demo")) as server:
        yield server


@pytest.fixture
def phone(playwright: Playwright, demo: LiveServer, tmp_path: Path) -> Iterator[Phone]:
    """A phone of its own, not switched on yet; switched off at the end."""
    phone = Phone(playwright, tmp_path / "phone", demo.url)
    yield phone
    phone.switch_off()


@pytest.fixture(scope="session")
def desk_browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser for desk computers, one for the whole run."""
    try:
        browser = launch_desk(playwright)
    except BrowserMissing as missing:
        pytest.fail(str(missing), pytrace=False)
    yield browser
    browser.close()
