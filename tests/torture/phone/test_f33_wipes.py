"""F33: the browser throws the site's storage away between two sessions: the phone is told what it has lost."""

from playwright.sync_api import expect

from server.demo.accounts import DEMO_PASSWORD
from tests.support.phone import Phone
from tests.support.phone_storage import plant_items
from tests.torture.figures import report
from tests.torture.sizes import size

# An eviction takes the whole bucket of a site; a cleaner app may take the databases alone. Cookies stay in both.
WAYS = ("indexeddb,cache_storage,service_workers,local_storage", "indexeddb")

# Of another township: each round takes a plot that others would look for.
INSPECTOR = "yanshou04"


def test_every_wipe_is_seen_and_said(phone: Phone) -> None:
    """The server's ledger of the phone knows what was finished on it, and the next sign-in shows what is gone."""
    wipes, false_alarms, detected, counted = size("WIPES"), 0, 0, 0
    phone.sign_in(INSPECTOR, DEMO_PASSWORD)
    for number in range(wipes):
        plant_items(phone.page, 1)
        with phone.page.expect_response(
            lambda answer: answer.url.endswith("/ledger") and answer.request.method == "PUT"
        ):
            phone.page.reload()
        phone.see("tab-outbox").click()
        expect(phone.outbox_item()).to_have_attribute("data-state", "received", timeout=30_000)
        with phone.page.expect_response(
            lambda answer: answer.url.endswith("/ledger") and answer.request.method == "PUT"
        ):
            phone.page.reload()
        false_alarms += phone.see("wiped").count() if number == 0 else 0
        wire = phone.context.new_cdp_session(phone.page)
        phone.page.goto("about:blank")
        wire.send("Storage.clearDataForOrigin", {"origin": phone.address, "storageTypes": WAYS[number % 2]})
        phone.page.goto(f"{phone.address}/m/")
        phone.sign_in(INSPECTOR, DEMO_PASSWORD)
        expect(phone.see("wiped")).to_be_visible()
        detected += 1
        counted += f"{number + 1} 份记录" in phone.see("wiped").inner_text()
    report("F33", wipes=wipes, detected=detected, right_count=counted, false_alarms=false_alarms)

    assert detected == counted == wipes
    assert false_alarms == 0
    phone.see("wiped").click()
    expect(phone.see("wiped-card")).to_contain_text("它们都已完整送到服务器")
    phone.see("wiped-seen").click()
    expect(phone.see("wiped")).to_have_count(0)
