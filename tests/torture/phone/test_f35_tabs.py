"""
F35: five tabs and a woken service worker all want to send: one does at a time, and nothing goes twice.

A sender has two photos on their way at once, so senders are counted by the page that each request comes from.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from server.demo.accounts import DEMO_PASSWORD
from tests.support.live_server import LiveServer
from tests.support.phone import Phone
from tests.support.phone_storage import plant_items, read_phone
from tests.support.visit import START
from tests.torture.figures import report
from tests.torture.phone.front import NAME_PAGES, Front, front_of
from tests.torture.phone.worker import wake
from tests.torture.sizes import size

PHOTO_PAD_BYTES = 20_000
# Web Locks that let everybody in who wants to send, as soon as there are two.
OPEN_LOCKS = """
(() => {
  const { request } = LockManager.prototype
  LockManager.prototype.request = function (name, ...rest) {
    if (!name.startsWith('yanshou-outbox-')) return request.call(this, name, ...rest)
    return request.call(this, `${name}-everybody`, { mode: 'shared' }, async (lock) => {
      const inside = async () => (await this.query()).held.filter((each) => each.name === lock.name).length
      while (await inside() < 2) await new Promise((done) => { setTimeout(done, 20) })
      return rest.at(-1)(lock)
    })
  }
})()
"""
# A page that sends under another lock than the worker's.
OWN_LOCK = """
(() => {
  const { request } = LockManager.prototype
  LockManager.prototype.request = function (name, ...rest) { return request.call(this, `${name}-own`, ...rest) }
})()
"""


@pytest.fixture
def front(demo: LiveServer) -> Iterator[Front]:
    """The server at some distance."""
    with front_of(demo.url) as front:
        front.delay_s = 0.01
        yield front


def content_bytes(phone: Phone) -> int:
    """Bytes of everything that waits, without what HTTP adds."""
    return int(
        phone.page.evaluate("""async () => {
          const answer = (asked) => new Promise((done) => { asked.onsuccess = () => done(asked.result) })
          const found = (await indexedDB.databases()).find(({ name }) => name.startsWith('yanshou-account-'))
          const db = await answer(indexedDB.open(found.name))
          const items = await answer(db.transaction('outbox').objectStore('outbox').getAll())
          db.close()
          return items.reduce((sum, item) => sum + item.manifest.byteLength
            + item.photos.reduce((all, photo) => all + photo.size_bytes, 0), 0)
        }""")
    )


def received(phone: Phone) -> int:
    """How many items hold a receipt."""
    return sum(1 for item in read_phone(phone.page)["outbox"] if item["state"] == "received")


def send_from_tabs(phone: Phone, front: Front, *, tabs: int, items: int, fault: str = "") -> dict[str, Any]:
    """Fill the outbox, let so many tabs go online at once and wait until all has arrived; count who sent what."""
    phone.switch_on(at=START)
    phone.context.add_init_script(NAME_PAGES)
    phone.leave_for_the_field("yanshou01", DEMO_PASSWORD)
    plant_items(phone.page, items, pad_bytes=PHOTO_PAD_BYTES)
    content = content_bytes(phone)
    phone.context.add_init_script(fault)
    pages = [phone.page, *(phone.context.new_page() for _ in range(tabs - 1))]
    for page in pages:
        page.goto(f"{phone.address}/m/")
    phone.context.set_offline(False)
    for page in pages:
        page.evaluate("window.dispatchEvent(new Event('online'))")
    phone.see("tab-outbox").click()
    # The clock of a phone under test stands still but for what is waited: the tabs look again every half minute.
    for _ in range(60):
        if received(phone) == items:
            break
        phone.page.wait_for_timeout(1_000)
    sent = sum(each.body_bytes for each in front.uploads())
    return {
        "tabs": len(pages),
        "items": items,
        "received": received(phone),
        "uploads": len(front.uploads()),
        "uploaders_at_once": front.most_senders_at_once(),
        "photos_at_once": front.most_photos_at_once(),
        "same_upload_at_once": front.most_of_one_upload_at_once(),
        "extra_share": round(sent / content - 1, 4),
    }


def test_many_tabs_send_as_one(new_phone: Callable[..., Phone], front: Front) -> None:
    """Web Locks: the first tab sends, the others look; the bytes are those of one sender."""
    phone = new_phone(address=front.url)
    items = size("TAB_ITEMS")
    counts = send_from_tabs(phone, front, tabs=size("TABS"), items=items)
    report("F35", **counts)

    assert counts["uploaders_at_once"] == 1
    assert counts["photos_at_once"] == 2
    assert counts["same_upload_at_once"] == 1
    assert counts["received"] == items
    assert counts["extra_share"] <= 0.05
    phone.page.reload()
    done = phone.page.locator('[data-testid="outbox-item"][data-state="received"]')
    expect(done).to_have_count(items)


def test_without_locks_two_tabs_send_at_once(new_phone: Callable[..., Phone], front: Front) -> None:
    """The control: a browser whose locks let everybody in; else one sender might be all that ever wanted to send."""
    # Far away, so that one is still at it when the other begins.
    front.delay_s = 0.2
    counts = send_from_tabs(new_phone(address=front.url), front, tabs=2, items=2, fault=OPEN_LOCKS)
    report("F35 control", fault="locks that let everybody in", **counts)

    assert counts["uploaders_at_once"] > 1
    assert counts["same_upload_at_once"] > 1
    # All of it goes twice, as a rule; on a slow machine the second may find most of it sent.
    assert counts["extra_share"] > 0


def wake_with_a_full_outbox(phone: Phone, items: int) -> None:
    """Finish so many captures without a network, close the app, and let the network be back: the worker is woken."""
    phone.switch_on(at=START)
    phone.context.add_init_script(NAME_PAGES)
    phone.leave_for_the_field("yanshou01", DEMO_PASSWORD)
    plant_items(phone.page, items)
    phone.context.set_offline(False)
    # A page of the site where no code of the app runs.
    phone.page.goto(f"{phone.address}/healthz")
    wake(phone, phone.context.new_cdp_session(phone.page))


def test_a_woken_worker_sends_without_a_page(new_phone: Callable[..., Phone], front: Front) -> None:
    """Background Sync, where the browser has it: the app is closed, the network is back, and all of it arrives."""
    phone = new_phone(address=front.url)
    wake_with_a_full_outbox(phone, 2)
    phone.wait_until(lambda: received(phone) == 2, within_s=60)
    senders = {each.page for each in front.uploads()}
    report("F35 worker", items=2, received=received(phone), senders=sorted(senders))

    assert senders == {"worker"}
    assert front.most_of_one_upload_at_once() == 1


def open_while_the_worker_sends(phone: Phone, front: Front, *, fault: str = "") -> dict[str, Any]:
    """Open the app when a woken worker has sent a little; count who sent what."""
    front.delay_s = 0.2
    wake_with_a_full_outbox(phone, 4)
    phone.wait_until(lambda: len(front.uploads()) > 2)
    phone.context.add_init_script(fault)
    phone.page.goto(f"{phone.address}/m/#/outbox")
    phone.wait_until(lambda: received(phone) == 4, within_s=90)
    return {
        "items": 4,
        "received": received(phone),
        "uploaders_at_once": front.most_senders_at_once(),
        "same_upload_at_once": front.most_of_one_upload_at_once(),
    }


def test_a_page_opened_meanwhile_leaves_the_sending_to_the_worker(
    new_phone: Callable[..., Phone], front: Front
) -> None:
    """The inspector opens the app to see how far it is: what the worker has on its way must not go twice."""
    counts = open_while_the_worker_sends(new_phone(address=front.url), front)
    report("F35 worker and page", **counts)

    assert counts["uploaders_at_once"] == 1
    assert counts["same_upload_at_once"] == 1


def test_a_page_with_a_lock_of_its_own_sends_beside_the_worker(new_phone: Callable[..., Phone], front: Front) -> None:
    """The control: a page that asks for another lock; else the page might never have wanted to send."""
    counts = open_while_the_worker_sends(new_phone(address=front.url), front, fault=OWN_LOCK)
    report("F35 worker and page control", fault="the page has a lock of its own", **counts)

    assert counts["uploaders_at_once"] == 2
