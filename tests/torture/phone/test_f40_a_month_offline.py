"""F40: thirty days without a network; the session has ended meanwhile. Nothing waits for it, and all of it arrives."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Playwright, expect

from server.demo.accounts import DEMO_PASSWORD
from tests.support.browser import desk_context, launch_desk
from tests.support.live_server import LiveServer
from tests.support.phone import Phone
from tests.support.visit import START, capture, open_plot
from tests.torture.figures import report
from tests.torture.phone.test_f39_shared_phone import credited

READ_TOKEN = """async () => {
  const answer = (asked) => new Promise((done) => { asked.onsuccess = () => done(asked.result) })
  const db = await answer(indexedDB.open('yanshou-device'))
  const fact = await answer(db.transaction('facts').objectStore('facts').get('signed_in'))
  db.close()
  return fact.value.token
}"""


@pytest.fixture
def desk(playwright: Playwright) -> Iterator[Browser]:
    """A browser for the desk."""
    browser = launch_desk(playwright)
    yield browser
    browser.close()


def end_session(server: LiveServer, phone: Phone) -> None:
    """The server forgets the phone's session, as it does after thirty days."""
    token = phone.page.evaluate(READ_TOKEN)
    httpx.delete(
        f"{server.url}/api/session", headers={"Authorization": f"Bearer {token}"}, timeout=30
    ).raise_for_status()


def a_month_passes(phone: Phone) -> None:
    """The phone's clock goes on by thirty days."""
    phone.context.clock.set_system_time(datetime.now(UTC) + timedelta(days=30))


def import_at_desk(desk: Browser, server: LiveServer, file: Path) -> str:
    """Bring a courier file to the township, where somebody vouches for its sender; return what the page says."""
    context = desk_context(desk)
    page = context.new_page()
    page.goto(f"{server.url}/desk/courier")
    page.locator('input[name="name"]').fill("shenhe01")
    page.locator('input[name="password"]').fill(DEMO_PASSWORD)
    page.locator('input[name="password"]').press("Enter")
    page.wait_for_url("**/desk/**")
    page.goto(f"{server.url}/desk/courier")
    page.locator("#file").set_input_files(file)
    page.locator("form.courier button").click()
    if page.locator("#confirmed").is_visible():
        page.locator("#file").set_input_files(file)
        page.locator("#confirmed").check()
        page.locator("form.courier button").click()
    text = page.locator("main").inner_text()
    context.close()
    return text


def test_a_month_without_a_network(
    demo: LiveServer, new_phone: Callable[..., Phone], desk: Browser, tmp_path: Path
) -> None:
    """Capturing goes on, after a restart too; after signing in again it arrives; what goes by hand is the signer's."""
    phone = new_phone()
    phone.switch_on(at=START)
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    phone.wait_for_service_worker()
    phone.context.set_offline(True)
    first = capture(phone, row=6)
    a_month_passes(phone)
    end_session(demo, phone)
    phone.page.reload()
    phone.see("tab-tasks").click()
    second = capture(phone, row=7)
    phone.see("tab-tasks").click()
    open_plot(phone, row=9)
    phone.see("cannot-today").click()
    phone.see("reason").first.click()
    phone.see("keep-attempt").click()
    phone.page.goto(f"{demo.url}/m/#/outbox")

    # After so long the way out is shown without being asked for.
    with phone.page.expect_download() as download:
        phone.see("courier").click()
    file = tmp_path / "file.courier"
    download.value.save_as(file)
    sealed = file.read_bytes()
    assert sealed.startswith(b"YANSHOUC\x01")
    assert b"tree_counts" not in sealed
    expect(phone.see("courier-said")).to_contain_text("16 张照片 · 1 条外业记录")
    expect(phone.page.locator('[data-testid="outbox-item"][data-state="queued"]')).to_have_count(2)
    text = import_at_desk(desk, demo, file)
    by_hand = credited(demo, [first, second], "yanshou01")

    phone.see("tab-tasks").click()
    third = capture(phone, row=8)
    phone.context.set_offline(False)
    phone.page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(phone.page.locator(".notice").filter(has_text="重新登录")).to_be_visible()
    phone.page.locator(".notice").filter(has_text="重新登录").click()
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    phone.see("tab-outbox").click()
    done = phone.page.locator('[data-testid="outbox-item"][data-state="received"]')
    expect(done).to_have_count(3, timeout=60_000)
    arrived = credited(demo, [first, second, third], "yanshou01")
    report("F40", captured=3, by_hand=by_hand, arrived=arrived, lost=3 - arrived)

    assert by_hand == 2, text
    assert "来访记录" in text and "已入库" in text
    assert arrived == 3
