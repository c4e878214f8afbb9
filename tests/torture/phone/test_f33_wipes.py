"""F33: the browser throws the site's storage away between two sessions: the phone is told what it has lost."""

from collections.abc import Callable
from contextlib import suppress

from playwright.sync_api import Response, expect

from server.demo.accounts import DEMO_PASSWORD
from tests.support.browser import PATIENCE_MS
from tests.support.phone import Phone
from tests.support.phone_storage import plant_items
from tests.torture.figures import report
from tests.torture.sizes import size

# An eviction takes the whole bucket of a site; a cleaner app may take the databases alone. Cookies stay in both.
WAYS = ("indexeddb,cache_storage,service_workers,local_storage", "indexeddb")
# With them the phone forgets who it is, and to the server it is another phone.
COOKIES_TOO = f"cookies,{WAYS[0]}"

# Of another township: each round takes a plot that others would look for.
INSPECTOR = "yanshou04"


def report_of(*submission_ids: str) -> Callable[[Response], bool]:
    """Match the answer to what a phone says it holds, these among it: an earlier one may still be under way."""

    def is_report(answer: Response) -> bool:
        asked = answer.request
        return (
            asked.method == "PUT"
            and answer.url.endswith("/ledger")
            and all(submission_id in (asked.post_data or "") for submission_id in submission_ids)
        )

    return is_report


def wipe_and_look(phone: Phone, ways: list[str], *, patience_ms: float) -> dict[str, int]:
    """Finish a record, throw the storage away and sign in again, in each of these ways; count what is seen of it."""
    counts = {"wipes": 0, "detected": 0, "right_count": 0, "false_alarms": 0}
    phone.sign_in(INSPECTOR, DEMO_PASSWORD)
    for way in ways:
        planted = plant_items(phone.page, 1)
        with phone.page.expect_response(report_of(*planted)):
            phone.page.reload()
        phone.see("tab-outbox").click()
        expect(phone.outbox_item()).to_have_attribute("data-state", "received", timeout=30_000)
        with phone.page.expect_response(report_of()):
            phone.page.reload()
        counts["false_alarms"] += phone.see("wiped").count() if counts["wipes"] == 0 else 0
        wire = phone.context.new_cdp_session(phone.page)
        phone.page.goto("about:blank")
        wire.send("Storage.clearDataForOrigin", {"origin": phone.address, "storageTypes": way})
        counts["wipes"] += 1
        phone.page.goto(f"{phone.address}/m/")
        with phone.page.expect_response(report_of()):
            phone.sign_in(INSPECTOR, DEMO_PASSWORD)
        with suppress(AssertionError):
            expect(phone.see("wiped")).to_be_visible(timeout=patience_ms)
            counts["detected"] += 1
            counts["right_count"] += f"{counts['wipes']} 份记录" in phone.see("wiped").inner_text()
    return counts


def test_every_wipe_is_seen_and_said(phone: Phone) -> None:
    """The server's ledger of the phone knows what was finished on it, and the next sign-in shows what is gone."""
    wipes = size("WIPES")
    counts = wipe_and_look(phone, [WAYS[number % 2] for number in range(wipes)], patience_ms=PATIENCE_MS)
    report("F33", **counts)

    assert counts["detected"] == counts["right_count"] == counts["wipes"] == wipes
    assert counts["false_alarms"] == 0
    phone.see("wiped").click()
    expect(phone.see("wiped-card")).to_contain_text("它们都已完整送到服务器")
    phone.see("wiped-seen").click()
    expect(phone.see("wiped")).to_have_count(0)


def test_a_phone_that_forgets_who_it_is_sees_no_wipe(phone: Phone) -> None:
    """The control: what is known of the phone is known by its name, which the cookies keep."""
    counts = wipe_and_look(phone, [COOKIES_TOO], patience_ms=1_000)
    report("F33 control", fault="the cookies are thrown away too", **counts)

    assert counts["detected"] < counts["wipes"]


def test_what_was_not_sent_before_all_was_cleared_is_told(phone: Phone) -> None:
    """Cookies too: to the server it is another phone, and whoever signs in on one hears what waits on their others."""
    phone.sign_in(INSPECTOR, DEMO_PASSWORD)
    phone.context.route("**/api/submissions/**", lambda route: route.fulfill(status=503))
    planted = plant_items(phone.page, 1)
    with phone.page.expect_response(report_of(*planted)):
        phone.page.reload()
    wire = phone.context.new_cdp_session(phone.page)
    phone.page.goto("about:blank")
    wire.send("Storage.clearDataForOrigin", {"origin": phone.address, "storageTypes": COOKIES_TOO})
    phone.page.goto(f"{phone.address}/m/")
    phone.sign_in(INSPECTOR, DEMO_PASSWORD)

    expect(phone.see("elsewhere")).to_contain_text("1 份没有送到")
    phone.see("elsewhere").click()
    expect(phone.see("elsewhere-card")).to_contain_text("重新验收")
    phone.see("elsewhere-seen").click()
    expect(phone.see("elsewhere")).to_have_count(0)
    report("F33 cookies too", unsent=1, told=1)
