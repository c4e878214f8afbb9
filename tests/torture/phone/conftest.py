"""A server with the demonstration, and phones to be tortured."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.support.demonstration import Demonstration
from tests.support.live_server import LiveServer
from tests.support.phone import Phone
from tests.support.visit import START


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here: it drives a real browser."""
    for item in items:
        if "phone" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Not for the whole run: while it lives, no test with a loop of its own can run."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def demo(demonstration: Demonstration, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One server for all: every test brings phones of its own."""
    with demonstration.server("sqlite", tmp_path_factory.mktemp("phones")) as server:
        yield server


@pytest.fixture
def new_phone(demo: LiveServer, playwright: Playwright, tmp_path: Path) -> Iterator[Callable[..., Phone]]:
    """Make phones that are switched off in the end; `folder` is where one stores, `address` where its server is."""
    made: list[Phone] = []

    def make(folder: Path | None = None, address: str | None = None) -> Phone:
        phone = Phone(playwright, folder or tmp_path / f"phone-{len(made)}", address or demo.url)
        made.append(phone)
        return phone

    yield make
    for phone in made:
        phone.switch_off()


@pytest.fixture
def phone(new_phone: Callable[..., Phone]) -> Phone:
    """A phone that stands in the orchard, nobody signed in."""
    phone = new_phone()
    phone.switch_on(at=START)
    return phone
