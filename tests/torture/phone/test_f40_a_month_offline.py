"""F40: thirty days without a network; the session has ended meanwhile. Nothing waits for it, and all of it arrives."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, Playwright, expect

from server.demo.accounts import DEMO_PASSWORD
from tests.support.browser import desk_context, launch_desk
from tests.support.live_server import LiveServer
from tests.support.phone import Phone
from tests.support.phone_storage import delete_one, plant_items
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
# A phone that seals its courier file in the name of another account.
IN_ANOTHER_NAME = """
const say = JSON.stringify
JSON.stringify = (value, ...how) => say(value?.ephemeral ? { ...value, account_id: '%s' } : value, ...how)
"""


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


def carry(phone: Phone, desk: Browser, server: LiveServer, file: Path) -> str:
    """Have the phone write a courier file, and bring it to the township; return what the page there says."""
    with phone.page.expect_download() as download:
        phone.see("courier").click()
    download.value.save_as(file)
    return import_at_desk(desk, server, file)


def send_after_signing_in(phone: Phone, items: int) -> None:
    """The network is back: sign in, as the notice asks, and wait until so many items have arrived."""
    phone.context.set_offline(False)
    phone.page.evaluate("window.dispatchEvent(new Event('online'))")
    notice = phone.page.locator(".notice").filter(has_text="重新登录")
    expect(notice).to_be_visible()
    notice.click()
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    phone.see("tab-outbox").click()
    done = phone.page.locator('[data-testid="outbox-item"][data-state="received"]')
    expect(done).to_have_count(items, timeout=60_000)


def count_arrivals(server: LiveServer, captured: list[str], by_hand: int) -> dict[str, int]:
    """Count what the server has of these captures as their inspector's."""
    arrived = credited(server, captured, "yanshou01")
    return {"captured": len(captured), "by_hand": by_hand, "arrived": arrived, "lost": len(captured) - arrived}


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
    phone.leave_for_the_field("yanshou01", DEMO_PASSWORD)
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
    file = tmp_path / "file.courier"
    text = carry(phone, desk, demo, file)
    sealed = file.read_bytes()
    assert sealed.startswith(b"YANSHOUC\x01")
    assert b"tree_counts" not in sealed
    expect(phone.see("courier-said")).to_contain_text("16 张照片 · 1 条外业记录")
    expect(phone.page.locator('[data-testid="outbox-item"][data-state="queued"]')).to_have_count(2)
    by_hand = credited(demo, [first, second], "yanshou01")

    phone.see("tab-tasks").click()
    third = capture(phone, row=8)
    send_after_signing_in(phone, 3)
    counts = count_arrivals(demo, [first, second, third], by_hand)
    report("F40", **counts)

    assert by_hand == 2, text
    assert "来访记录" in text and "已入库" in text
    assert counts["arrived"] == 3
    assert counts["lost"] == 0


def offline_for_a_month(server: LiveServer, phone: Phone, items: int) -> list[str]:
    """Fill the outbox of a phone without a network, and let thirty days go by; return what waits in it."""
    phone.switch_on(at=START)
    phone.leave_for_the_field("yanshou01", DEMO_PASSWORD)
    planted = plant_items(phone.page, items)
    a_month_passes(phone)
    end_session(server, phone)
    return planted


def test_an_item_taken_away_is_missed(
    demo: LiveServer, new_phone: Callable[..., Phone], desk: Browser, tmp_path: Path
) -> None:
    """The control: one of two finished captures is gone before the file is written; neither way may count two."""
    phone = new_phone()
    planted = offline_for_a_month(demo, phone, 2)
    delete_one(phone.page, "outbox")
    phone.page.reload()
    phone.see("tab-outbox").click()
    carry(phone, desk, demo, tmp_path / "file.courier")
    by_hand = credited(demo, planted, "yanshou01")
    send_after_signing_in(phone, 1)
    counts = count_arrivals(demo, planted, by_hand)
    report("F40 control", fault="an item is taken away", **counts)

    assert counts["by_hand"] == 1
    assert counts["lost"] == 1


def test_a_file_in_another_name_is_not_the_signers(
    demo: LiveServer, new_phone: Callable[..., Phone], desk: Browser, tmp_path: Path
) -> None:
    """The control: a phone seals its file in a colleague's name, and the desk vouches for it; it must not count."""
    body = {"name": "yanshou02", "password": DEMO_PASSWORD, "device_id": str(uuid4())}
    other = httpx.post(f"{demo.url}/api/session", json=body, timeout=30).raise_for_status().json()["user"]["id"]
    phone = new_phone()
    phone.before = lambda started: started.context.add_init_script(IN_ANOTHER_NAME % other)
    planted = offline_for_a_month(demo, phone, 2)
    phone.page.reload()
    phone.see("tab-outbox").click()
    text = carry(phone, desk, demo, tmp_path / "file.courier")
    counts = count_arrivals(demo, planted, credited(demo, planted, "yanshou01"))
    report("F40 control", fault="a courier file in another's name", **counts)

    assert counts["by_hand"] < counts["captured"], text
    assert counts["lost"] > 0
