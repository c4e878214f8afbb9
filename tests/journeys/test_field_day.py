"""A day around the inspections: the phone is locked and shared, nobody is at home, a plot stands on no list."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Playwright, expect

from server.demo.accounts import DEMO_PASSWORD
from server.demo.landscape import make_landscape
from tests.conftest import SQLITE_AND_POSTGRES
from tests.support.live_server import LiveServer
from tests.support.phone import Phone
from tests.support.phone_storage import read_fact
from tests.support.township import bearer
from tests.support.tracks import walk_around

PIN, OTHER_PIN = "402913", "771204"
TRIES = 5


def _set_pin(phone: Phone, pin: str) -> None:
    phone.page.goto(f"{phone.address}/m/#/pin")
    for field in ("new-pin", "new-pin-again"):
        phone.see(field).fill(pin)
    phone.see("keep-pin").click()
    expect(phone.see("lock-now")).to_be_visible()


@pytest.mark.parametrize("server", SQLITE_AND_POSTGRES[1:], indirect=True)
def test_what_happens_besides_inspections_survives_a_day_without_a_network(
    playwright: Playwright, server: LiveServer, tmp_path: Path
) -> None:
    """Locked, opened by PIN, a visit in vain, a plot no list has: all offline, and all at the township afterwards."""
    plot = make_landscape().plots[3]
    phone = Phone(playwright, tmp_path / "phone", server.url)
    phone.switch_on(at=walk_around(plot.ring, seed=3)[0])
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    phone.wait_for_service_worker()
    _set_pin(phone, PIN)
    phone.context.set_offline(True)
    phone.see("lock-now").click()
    expect(phone.see("unlock-pin")).to_be_visible()
    phone.kill()
    phone.switch_on(online=False, at=walk_around(plot.ring, seed=3)[0])

    # A killed app stays locked; the PIN needs no network.
    phone.see("unlock-pin").fill("000001")
    expect(phone.page.locator("#pin-error")).to_contain_text("4")
    phone.see("unlock-pin").fill(PIN)
    expect(phone.see("task-row").first).to_be_visible()

    phone.page.goto(f"{server.url}/m/#/plot/{plot.id}")
    phone.see("cannot-today").click()
    phone.see("reason").first.click()
    phone.see("keep-attempt").click()
    expect(phone.see("visits")).to_contain_text("家中无人")

    phone.page.goto(f"{server.url}/m/#/add")
    phone.see("add-village").select_option(index=1)
    phone.see("add-head").fill("覃新来")
    phone.see("add-group").fill("上寨屯")
    phone.wait_until(lambda: (read_fact(phone.page, "plot_draft") or {}).get("group_name") == "上寨屯")
    phone.see("add-persons").fill("3")
    phone.kill()

    # Of a form half filled in, at most the field being typed is lost.
    phone.switch_on(online=False, at=walk_around(plot.ring, seed=3)[0])
    expect(phone.see("task-row").first).to_be_visible()
    phone.page.goto(f"{server.url}/m/#/add")
    expect(phone.see("add-head")).to_have_value("覃新来")
    expect(phone.see("add-group")).to_have_value("上寨屯")
    phone.see("add-persons").fill("3")
    phone.see("add-slope").click()
    phone.see("add-mu").fill("2.5")
    phone.see("add-keep").click()
    expect(phone.see("found-note")).to_have_attribute("data-state", "queued")
    phone.see("start-inspection").click()
    expect(phone.see("walk-start")).to_be_visible()
    phone.kill()

    phone.switch_on(at=walk_around(plot.ring, seed=3)[0])
    expect(phone.see("walk-start")).to_be_visible()
    phone.page.goto(f"{server.url}/m/#/outbox")
    expect(phone.see("online-state")).to_have_attribute("data-state", "online")
    token = bearer(server.url, "yanshou02")
    # An empty outbox does not say so: it may not have been read yet.
    phone.wait_until(lambda: "覃新来" in httpx.get(f"{server.url}/api/ledger", headers=token).text)
    expect(phone.see("waiting-notes")).to_have_count(0)
    phone.switch_off()

    ledger = httpx.get(f"{server.url}/api/ledger", headers=token).json()
    household = next(one for one in ledger["households"] if one["head_name"] == "覃新来")
    assert [one["declared_mu"] for one in ledger["plots"] if one["household_id"] == household["id"]] == [2.5]
    assert "qxl" in household["initials"].split()
    visits = [visit for visit in ledger["visits"] if visit["plot_id"] == str(plot.id)]
    assert [(visit["state"], visit["note"]) for visit in visits] == [("absent", "家中无人")]


def test_two_inspectors_share_a_phone_and_five_wrong_pins_lose_nothing(
    playwright: Playwright, demo: LiveServer, tmp_path: Path
) -> None:
    """Each opens their own account; whoever guesses ends at the password, with everything captured still there."""
    plot = make_landscape().plots[3]
    phone = Phone(playwright, tmp_path / "phone", demo.url)
    phone.switch_on(at=walk_around(plot.ring, seed=3)[0])
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    _set_pin(phone, PIN)
    phone.page.goto(f"{demo.url}/m/#/plot/{plot.id}")
    phone.see("start-inspection").click()
    expect(phone.see("walk-start")).to_be_visible()
    phone.page.goto(f"{demo.url}/m/#/me")
    phone.see("lock-now").click()
    phone.see("other-account").click()
    phone.sign_in("yanshou02", DEMO_PASSWORD)
    # What one has begun is nothing to the other.
    phone.page.goto(f"{demo.url}/m/#/plot/{plot.id}")
    expect(phone.see("start-inspection")).to_have_text("开始验收")
    _set_pin(phone, OTHER_PIN)
    phone.see("lock-now").click()

    phone.see("other-account").click()
    phone.page.get_by_test_id("known-account").filter(has_text="解锁码").nth(1).click()
    for left in range(TRIES - 1, 0, -1):
        phone.see("unlock-pin").fill("000001")
        expect(phone.page.locator("#pin-error")).to_contain_text(f" {left} ")
        expect(phone.see("unlock-pin")).to_have_value("")
    phone.see("unlock-pin").fill("000001")
    expect(phone.see("unlock-pin")).to_have_count(0)

    phone.see("other-account").click()
    phone.see("known-account").filter(has_text="yanshou01").click()
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    phone.page.goto(f"{demo.url}/m/#/plot/{plot.id}")
    expect(phone.see("start-inspection")).to_have_text("继续验收")
    phone.switch_off()


def test_a_messenger_is_told_to_open_the_browser(playwright: Playwright, demo: LiveServer, tmp_path: Path) -> None:
    """What is captured inside WeChat goes with WeChat's cache: there the app does not begin."""
    phone = Phone(playwright, tmp_path / "phone", demo.url)
    phone.switch_on()
    # The user agent is what tells a messenger's browser from the others.
    phone.context.add_init_script(
        "Object.defineProperty(navigator, 'userAgent', { value: 'Mozilla/5.0 (Linux; Android 13) MicroMessenger/8.0' })"
    )
    phone.page.reload()

    expect(phone.see("unsupported")).to_have_attribute("data-why", "wechat")
    expect(phone.see("signin-submit")).to_have_count(0)
    assert phone.page.locator(".qr img").evaluate("(img) => img.decode().then(() => img.naturalWidth > 100)")
    phone.switch_off()
