"""What may go wrong around the phone: two tabs, a captive portal, a line that breaks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, Route, expect

from server.demo.accounts import DEMO_PASSWORD
from tests.support.live_server import LiveServer
from tests.support.phone import Phone
from tests.support.phone_storage import plant_items, read_phone
from tests.support.visit import START, begin, capture_offline


@pytest.fixture
def phone(demo: LiveServer, playwright: Playwright, tmp_path: Path) -> Iterator[Phone]:
    """A phone that stands in the orchard, nobody signed in."""
    phone = Phone(playwright, tmp_path / "phone", demo.url)
    phone.switch_on(at=START)
    yield phone
    phone.switch_off()


def test_the_second_tab_of_a_capture_only_looks(phone: Phone) -> None:
    """One page works; the other says so, and takes over by itself when the first is closed."""
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    begin(phone, row=4)
    second = phone.context.new_page()
    second.goto(phone.page.url)

    expect(second.get_by_test_id("open-elsewhere")).to_be_visible()
    expect(second.get_by_test_id("walk-start")).to_have_count(0)
    phone.page.close()
    expect(second.get_by_test_id("walk-start")).to_be_visible()


@pytest.mark.parametrize("portal", ["html", "redirect", "json", "forged"])
def test_a_captive_portal_never_turns_anything_green(phone: Phone, portal: str) -> None:
    """Something in between answers 200: nothing is shown as received, and all of it arrives later."""
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    phone.context.set_offline(True)
    plant_items(phone.page, 1)
    phone.page.reload()
    phone.see("tab-outbox").click()
    asked: list[str] = []

    def stand_between(route: Route) -> None:
        asked.append(route.request.url)
        submission_id = route.request.url.split("/submissions/")[1].split("/")[0]
        match portal:
            case "html":
                route.fulfill(status=200, content_type="text/html", body="<h1>Welcome to the Wi-Fi</h1>")
            case "redirect":
                route.fulfill(status=302, headers={"Location": "http://portal.example/login"})
            case "json":
                route.fulfill(status=200, json={"complete": True, "submission_id": submission_id})
            case _:
                stored = read_phone(phone.page)["outbox"][0]
                route.fulfill(
                    status=200,
                    json={
                        "submission_id": submission_id,
                        "content_sha256": _content_sha256(phone.page),
                        "complete": True,
                        "received": stored["photos"],
                        "missing": [],
                        "state": "awaiting_review",
                        "review": None,
                        "evaluation": None,
                        "receipt": "eyJhbGciOiJFUzI1NiIsInR5cCI6InJlY2VpcHQrand0Iiwia2lkIjoieCJ9.e30.AAAA",
                        "server_time_at": "2026-03-02T01:02:03Z",
                    },
                )

    phone.context.route("**/api/submissions/**", stand_between)
    phone.context.set_offline(False)
    phone.wait_until(lambda: bool(asked))
    for _attempt in range(3):
        phone.tap_if_there("retry")
        phone.page.wait_for_timeout(300)
    assert read_phone(phone.page)["outbox"][0]["state"] != "received"
    expect(phone.outbox_item()).not_to_have_attribute("data-state", "received")
    phone.context.unroute("**/api/submissions/**")

    def arrived() -> bool:
        phone.tap_if_there("retry")
        return phone.outbox_item().get_attribute("data-state") == "received"

    phone.wait_until(arrived, within_s=30)


def test_large_photos_go_in_parts_and_a_broken_line_costs_one_part(phone: Phone) -> None:
    """Every fourth request of an upload is broken off: the photo arrives whole, with little sent twice."""
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    capture_offline(phone, row=18, size_bytes=1_500_000)
    sizes: list[int] = []

    def break_some(route: Route) -> None:
        if route.request.method == "PATCH":
            sizes.append(len(route.request.post_data_buffer or b""))
            if len(sizes) % 4 == 2:
                route.abort("connectionreset")
                return
        route.continue_()

    phone.context.route("**/upload", break_some)
    phone.context.set_offline(False)

    expect(phone.outbox_item()).to_have_attribute("data-state", "received", timeout=60_000)
    assert len(sizes) > 5
    assert sum(sizes) < 1.6 * 1_500_000


def _content_sha256(page: Page) -> str:
    return str(
        page.evaluate(
            """async () => {
              const answer = (asked) => new Promise((done) => { asked.onsuccess = () => done(asked.result) })
              const found = (await indexedDB.databases()).find(({ name }) => name.startsWith('yanshou-account-'))
              const db = await answer(indexedDB.open(found.name))
              const [item] = await answer(db.transaction('outbox').objectStore('outbox').getAll())
              db.close()
              return item.content_sha256
            }"""
        )
    )
