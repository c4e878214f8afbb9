"""
F36: a new build of the app arrives while a capture is open and the outbox is full.

Client N-1 and N against one server: earlier servers are not at hand. That the server takes what an older app sends is
held by the contract's own tests.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from server.demo.accounts import DEMO_PASSWORD
from tests.support.live_server import LiveServer
from tests.support.phone import Phone
from tests.support.phone_storage import plant_items, read_phone
from tests.support.visit import START, begin
from tests.torture.figures import report
from tests.torture.phone.builds import other_build
from tests.torture.phone.front import Front, front_of
from tests.torture.sizes import size

ENTRY = "document.querySelector('script[type=module]').src"
MARK = "globalThis.mark = true"
MARKED = "globalThis.mark === true"


@pytest.fixture
def front(demo: LiveServer, tmp_path: Path) -> Iterator[Front]:
    """The server, with the release before the one at hand."""
    with front_of(demo.url) as front:
        front.build = other_build(tmp_path / "n-1")
        yield front


def fetch_update(page: Page) -> None:
    """Let the browser look for a new build, and wait until it waits."""
    page.evaluate("navigator.serviceWorker.getRegistration('/m/').then((known) => known.update())")
    page.wait_for_function("async () => (await navigator.serviceWorker.getRegistration('/m/')).waiting !== null")


def test_an_update_neither_interrupts_nor_loses(new_phone: Callable[..., Phone], front: Front) -> None:
    """It waits for the capture, is let in by a tap, and the other tab goes on with its own files, even offline."""
    phone = new_phone(address=front.url)
    phone.switch_on(at=START)
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    phone.wait_for_service_worker()
    old = phone.page.evaluate(ENTRY)
    items = size("UPDATE_ITEMS")
    phone.context.set_offline(True)
    planted = plant_items(phone.page, items)
    begin(phone, row=1)
    phone.see("walk-start").click()
    expect(phone.see("walk-fixes")).to_have_text("1")
    phone.page.evaluate(MARK)
    other = phone.context.new_page()
    other.goto(f"{phone.address}/m/#/tasks")
    expect(other.get_by_test_id("task-row").first).to_be_visible()
    other.evaluate(MARK)

    front.build = None
    phone.context.set_offline(False)
    fetch_update(phone.page)
    update = phone.page.locator(".update")
    interrupted = update.count() + (not phone.page.evaluate(MARKED))
    other.locator(".update").click()
    expect(other.locator(".update")).to_contain_text("另一个页面正在验收")
    forced = 0 if phone.page.evaluate(MARKED) and other.evaluate(MARKED) else 1

    phone.page.goto(f"{phone.address}/m/#/tasks")
    update.click()
    phone.page.wait_for_function(f"() => {ENTRY} !== '{old}'")
    expect(phone.see("task-row").first).to_be_visible()
    forced += 0 if other.evaluate(MARKED) else 1
    # The other tab opens a screen whose code it has not read yet, without a network.
    phone.context.set_offline(True)
    other.locator(".chip-open").click()
    other.get_by_test_id("task-row").nth(2).click()
    expect(other.get_by_test_id("start-inspection")).to_be_visible()
    stuck = 0 if other.evaluate(MARKED) else 1
    phone.page.reload()
    expect(phone.see("task-row").first).to_be_visible()
    phone.context.set_offline(False)
    other.locator(".update").click()
    other.wait_for_function(f"() => !globalThis.mark && {ENTRY} !== '{old}'")

    phone.page.reload()
    phone.see("tab-outbox").click()
    done = phone.page.locator('[data-testid="outbox-item"][data-state="received"]')
    expect(done).to_have_count(items, timeout=120_000)
    after = read_phone(phone.page)
    drafts = sum(1 for capture in after["captures"] if capture["finished_at"] is None)
    arrived = {item["submission_id"] for item in after["outbox"] if item["receipt"]}
    lost = len(set(planted) - arrived) + (1 - drafts) + (after["fixes"] < 1)
    report("F36", queued=items, drafts=1, interrupted=interrupted, forced_reloads=forced, stuck=stuck, lost=lost)

    assert (interrupted, forced, stuck, lost) == (0, 0, 0, 0)
