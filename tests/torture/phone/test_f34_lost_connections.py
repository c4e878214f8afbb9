"""F34: the browser closes or aborts the phone's database at each place where the app writes into it."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from server.demo.accounts import DEMO_PASSWORD
from tests.support.phone import Phone
from tests.support.phone_storage import read_phone
from tests.support.visit import KINDS, START, begin, capture
from tests.torture.figures import report
from tests.torture.sizes import size

# Counts the writes of the account's database, and spoils those that are asked for: the connection is closed under
# the app, or the transaction is aborted after its first request.
FAULTS = """
const begin = IDBDatabase.prototype.transaction
let writes = 0
let fault = null
globalThis.countWrites = () => writes
globalThis.spoil = (kind, from, times) => { fault = { kind, from: writes + from, to: writes + from + times } }
IDBDatabase.prototype.transaction = function (stores, mode, options) {
  if (mode !== 'readwrite' || !this.name.startsWith('yanshou-account-')) return begin.call(this, stores, mode, options)
  writes += 1
  if (!fault || writes < fault.from || writes >= fault.to) return begin.call(this, stores, mode, options)
  if (fault.kind === 'closed') this.close()
  const tx = begin.call(this, stores, mode, options)
  queueMicrotask(() => { try { tx.abort() } catch { /* Over already. */ } })
  return tx
}
"""

# The second fix of a walk is said to be written, and is not.
SWALLOWS_A_FIX = """
const put = IDBObjectStore.prototype.put
let swallowed = false
IDBObjectStore.prototype.put = function (row, ...key) {
  if (this.name !== 'fixes' || row.seq !== 1 || swallowed) return put.call(this, row, ...key)
  swallowed = true
  return this.count()
}
"""

# The databases that the address names do not open.
SHUT = """
const shut = new URLSearchParams(location.search).get('broken')
const open = IDBFactory.prototype.open
IDBFactory.prototype.open = function (name, ...version) {
  if (shut !== null && name.startsWith(shut)) throw new DOMException('gone', 'UnknownError')
  return open.call(this, name, ...version)
}
"""


# The list of one inspector has no more plots than that to begin with.
VISITS_A_PHONE = 15


def offline_phone(new_phone: Callable[..., Phone], faults: str = FAULTS) -> Phone:
    """A phone whose writes go wrong (counted, and spoiled where that is asked for), signed in, without a network."""
    phone = new_phone()
    phone.before = lambda started: started.context.add_init_script(faults)
    phone.switch_on(at=START)
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    phone.context.set_offline(True)
    return phone


def spoil(page: Page, kind: str, first: int, times: int) -> None:
    """Spoil `times` writes, beginning with the `first` from now on."""
    page.evaluate("([kind, first, times]) => spoil(kind, first, times)", [kind, first, times])


def pieces_lost(phone: Phone, submission_id: str) -> int:
    """How much of a visit of four fixes, five photos and forty trees is not in what waits, or not on the phone."""
    found = read_phone(phone.page)
    item = next((each for each in found["outbox"] if each["submission_id"] == submission_id), None)
    if item is None:
        return 10
    said = json.loads(item["manifest"])
    whole = {photo["said"] for photo in found["photos"] if photo["said"] == photo["is"]}
    fixes = len(said["boundary"]["geometry"]["coordinates"][0]) - 1
    frozen = item["content_sha256"] == item["manifest_is"]
    return (
        abs(4 - fixes)
        + max(0, len(KINDS) - len(item["photos"]))
        + len(set(item["photos"]) - whole)
        + (said["tree_counts"]["live"] != 40)
        + (not frozen)
    )


def test_one_failure_at_any_write_costs_nothing(new_phone: Callable[..., Phone]) -> None:
    """The connection is opened again and the write done again, wherever it happens."""
    phone = offline_phone(new_phone)
    before = phone.page.evaluate("countWrites()")
    lost = pieces_lost(phone, next_visit(phone))
    sites = phone.page.evaluate("countWrites()") - before
    wanted = size("WRITE_SITES") or sites
    tried = told = 0
    for number in range(wanted):
        if number and number % VISITS_A_PHONE == 0:
            told += phone.see("storage-trouble").count()
            phone.switch_off()
            phone = offline_phone(new_phone)
        site = 1 + number * sites // wanted
        spoil(phone.page, ("closed", "aborted")[number % 2], site, 1)
        lost += pieces_lost(phone, next_visit(phone))
        tried += 1
    told += phone.see("storage-trouble").count()
    report("F34", sites=sites, tried=tried, lost=lost, trouble_left_on_screen=told)

    assert tried > 0
    assert lost == 0
    assert told == 0


def test_a_fix_that_is_not_written_is_missed(new_phone: Callable[..., Phone]) -> None:
    """The control: the browser says a fix is stored, and the app cannot know better; the count of pieces must."""
    phone = offline_phone(new_phone, SWALLOWS_A_FIX)
    lost = pieces_lost(phone, next_visit(phone))
    report("F34 control", fault="a fix is said to be written and is not", lost=lost)

    assert lost == 1


def test_what_cannot_be_written_is_said_and_written_later(new_phone: Callable[..., Phone]) -> None:
    """The store fails for good: nothing looks saved, and when it has recovered the tap is on disk after all."""
    phone = new_phone()
    phone.before = lambda started: started.context.add_init_script(FAULTS)
    phone.switch_on(at=START)
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    begin(phone, row=2)
    phone.see("step-counts").click()
    phone.page.wait_for_timeout(300)
    spoil(phone.page, "aborted", 1, 2)
    phone.see("tap-live").click()
    expect(phone.see("not-saved")).to_be_visible()
    lost_at_first = 1 - read_phone(phone.page)["captures"][0]["counts"]["live"]
    phone.page.clock.fast_forward(4_000)
    expect(phone.see("not-saved")).to_have_count(0)
    lost_at_last = 1 - read_phone(phone.page)["captures"][0]["counts"]["live"]
    report("F34 told", lost_at_first=lost_at_first, told=1, lost=lost_at_last)

    assert lost_at_first == 1, "the store has not failed: this shows nothing"
    assert lost_at_last == 0


@pytest.mark.parametrize("shut", ["yanshou", "yanshou-account-"], ids=["all of it", "the account's alone"])
def test_a_phone_whose_store_does_not_open_says_so(new_phone: Callable[..., Phone], shut: str) -> None:
    """No white page: the app is there, says what is wrong, and what was kept is there once the store opens again."""
    phone = new_phone()
    phone.switch_on(at=START)
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    expect(phone.see("task-row").first).to_be_visible()
    phone.page.add_init_script(SHUT)
    phone.page.goto(f"{phone.address}/m/?broken={shut}")
    expect(phone.see("storage-trouble")).to_contain_text("手机存储出错")
    phone.page.goto(f"{phone.address}/m/")
    expect(phone.see("task-row").first).to_be_visible()
    expect(phone.see("storage-trouble")).to_have_count(0)


def next_visit(phone: Phone) -> str:
    """Visit the first plot nobody has visited yet."""
    if not phone.see("task-row").first.is_visible():
        phone.see("tab-tasks").click()
    return capture(phone, row=0)
