"""A live server with the demonstration, and browsers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.support.browser import BrowserMissing, launch_desk
from tests.support.live_server import LiveServer, live_server
from tests.support.phone import Phone


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here: it drives a real browser."""
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[LiveServer]:
    """The real server on an empty database of either kind, with the demonstration loaded."""
    with live_server(tmp_path / "data", database_url) as server:
        yield server


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright itself; it drives the system's Chromium and downloads none."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One server for all tests of a module, for what does not depend on the database."""
    data = tmp_path_factory.mktemp("demo")
    with live_server(data / "data", f"sqlite:///{data / 'yanshou.sqlite'}") as server:
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
