"""F39: two inspectors share a phone: nothing of the first shows, or goes out, while the second is signed in."""

from playwright.sync_api import Page, expect

from server.demo.accounts import DEMO_PASSWORD
from server.sqlite_library import sqlite3
from tests.support.live_server import LiveServer
from tests.support.phone import Phone
from tests.support.phone_storage import plant_items, read_phone
from tests.torture.figures import report
from tests.torture.sizes import size

SEE_ALL = """async () => {
  const caches_ = []
  for (const name of await caches.keys()) {
    for (const { url } of await (await caches.open(name)).keys()) caches_.push(url)
  }
  return [document.documentElement.outerHTML, location.href, document.cookie, JSON.stringify(sessionStorage),
    ...caches_].join('\\n')
}"""


def credited(server: LiveServer, submission_ids: list[str], name: str) -> int:
    """How many of these submissions the server credits to an account."""
    path = server.database_url.removeprefix("sqlite:///")
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        rows = database.execute(
            "SELECT lower(replace(s.id, '-', '')) FROM submission s JOIN app_user u ON u.id = s.inspector"
            " WHERE u.name = ?",
            (name,),
        ).fetchall()
    known = {row[0] for row in rows}
    return sum(each.replace("-", "") in known for each in submission_ids)


def sign_out(page: Page) -> None:
    """Sign out, and confirm it."""
    page.get_by_test_id("tab-me").click()
    page.get_by_test_id("sign-out").click()
    page.get_by_test_id("ask-yes").click()
    expect(page.get_by_test_id("signin-name")).to_be_visible()


def test_nothing_of_one_inspector_shows_to_the_next(demo: LiveServer, phone: Phone) -> None:
    """A leaves with unsent work, in a second tab too; B works; A comes back and all of it arrives as A's."""
    items = size("CANARIES")
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    phone.context.set_offline(True)
    planted = plant_items(phone.page, items)
    held = read_phone(phone.page)
    canaries = {*planted, *(item["content_sha256"] for item in held["outbox"]), *(p["said"] for p in held["photos"])}
    forgotten = phone.context.new_page()
    forgotten.goto(f"{phone.address}/m/#/outbox")
    expect(forgotten.get_by_test_id("outbox-item")).to_have_count(items)
    phone.page.reload()
    sign_out(phone.page)

    requested: list[str] = []
    phone.context.set_offline(False)
    phone.page.reload()
    phone.sign_in("yanshou02", DEMO_PASSWORD)
    phone.context.on("request", lambda asked: requested.append(asked.url + (asked.post_data or "")))
    seen: list[str] = []
    for tab in ("tab-tasks", "tab-outbox", "tab-me"):
        phone.see(tab).click()
        phone.page.wait_for_timeout(300)
        seen.append(phone.page.evaluate(SEE_ALL))
    # The forgotten tab is looked at again: it is B's by then.
    forgotten.bring_to_front()
    forgotten.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(forgotten.get_by_test_id("outbox-item")).to_have_count(0)
    seen.append(forgotten.evaluate(SEE_ALL))
    forgotten.close()
    shown = sum(canary in text for text in seen for canary in canaries)
    went_out = sum(canary in text for text in requested for canary in canaries)

    sign_out(phone.page)
    phone.see("signin-name").fill("")
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    phone.see("tab-outbox").click()
    done = phone.page.locator('[data-testid="outbox-item"][data-state="received"]')
    expect(done).to_have_count(items, timeout=120_000)
    counts = {"unsent_of_a": items, "canaries": len(canaries), "shown_to_b": shown, "sent_by_b": went_out}
    report("F39", **counts, arrived_as_a=credited(demo, planted, "yanshou01"))

    assert shown == went_out == 0
    assert credited(demo, planted, "yanshou01") == items
    # The search itself finds what is there.
    assert sum(canary in phone.page.evaluate(SEE_ALL) for canary in canaries) >= items
