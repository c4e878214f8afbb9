"""F37: the browser is killed while a new version of the app upgrades the database of an older one, outbox full."""

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from playwright.sync_api import Error, Page, expect

from server.demo.accounts import DEMO_PASSWORD
from tests.support.phone import Phone
from tests.support.phone_storage import delete_one, plant_items, read_phone
from tests.support.visit import START
from tests.torture.figures import report
from tests.torture.sizes import size

# A page of the site where no code of the app runs.
QUIET = "/healthz"
# The database as the first version of the app made it, with what is in the present one.
MAKE_OLD = """async () => {
  const answer = (asked) => new Promise((done, fail) => {
    asked.onsuccess = () => done(asked.result)
    asked.onerror = () => fail(asked.error)
  })
  const { name } = (await indexedDB.databases()).find(({ name }) => name.startsWith('yanshou-account-'))
  const keys = {
    ledger: 'key', captures: 'id', fixes: ['capture_id', 'attempt', 'seq'], photos: ['capture_id', 'id'],
    photo_bytes: 'photo_id', photo_thumbs: 'photo_id', outbox: 'submission_id', resume: 'key',
  }
  const now = await answer(indexedDB.open(name))
  const held = {}
  for (const store of Object.keys(keys)) held[store] = await answer(now.transaction(store).objectStore(store).getAll())
  now.close()
  await answer(indexedDB.deleteDatabase(name))
  // It had no mirror.
  await navigator.storageBuckets.delete('mirror')
  const opening = indexedDB.open(name, 1)
  opening.onupgradeneeded = () => {
    for (const [store, keyPath] of Object.entries(keys)) opening.result.createObjectStore(store, { keyPath })
  }
  const old = await answer(opening)
  const tx = old.transaction(Object.keys(keys), 'readwrite', { durability: 'strict' })
  for (const store of Object.keys(keys)) for (const row of held[store]) tx.objectStore(store).put(row)
  await new Promise((done, fail) => { tx.oncomplete = done; tx.onabort = () => fail(tx.error) })
  old.close()
}"""


def whole_items(found: dict[str, Any]) -> int:
    """How many items of the outbox have their frozen bytes and all their photos."""
    photos = {photo["said"] for photo in found["photos"] if photo["said"] == photo["is"]}
    return sum(
        1 for item in found["outbox"] if item["content_sha256"] == item["manifest_is"] and set(item["photos"]) <= photos
    )


def make_old(page: Page) -> None:
    """Turn the present database into one of the first version."""
    page.evaluate(MAKE_OLD)


def test_an_upgrade_that_is_killed_keeps_all_that_waits(new_phone: Callable[..., Phone]) -> None:
    """Additive, and in one transaction: before it or after it, nothing in between."""
    rng = random.Random(size("SEED"))
    items, kills = size("UPGRADE_ITEMS"), size("UPGRADE_KILLS")
    phone = new_phone()
    phone.switch_on(at=START)
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    phone.wait_for_service_worker()
    plant_items(phone.page, items)
    phone.page.goto(f"{phone.address}{QUIET}")
    phone.context.set_offline(True)
    lost = upgraded = 0
    for _ in range(kills):
        make_old(phone.page)
        with suppress(Error):
            phone.page.goto(f"{phone.address}/m/", wait_until="commit")
            phone.page.wait_for_timeout(rng.randrange(0, 400))
        phone.kill()
        phone.switch_on(path=QUIET)
        phone.context.set_offline(True)
        found = read_phone(phone.page)
        upgraded += found["version"] > 1
        lost += items - whole_items(found)
    phone.page.goto(f"{phone.address}/m/")
    phone.see("tab-outbox").click()
    expect(phone.outbox_item()).to_have_count(items)
    report("F37", queued=items, kills=kills, before_upgrade=kills - upgraded, after_upgrade=upgraded, lost=lost)
    assert lost == 0
    assert read_phone(phone.page)["version"] > 1

    delete_one(phone.page, "photo_bytes")
    found = items - whole_items(read_phone(phone.page))
    report("F37 control", fault="a record is taken away", lost=found)
    assert found > 0
