"""F43: photos whose bytes changed on the phone are stopped before they are sent, and the rest arrives."""

import json
from typing import Any

from playwright.sync_api import Request, expect

from server.demo.accounts import DEMO_PASSWORD
from tests.support.phone import Phone
from tests.support.phone_storage import damage_a_photo, plant_items, read_phone
from tests.torture.figures import report
from tests.torture.sizes import size

# A browser that calculates another hash than there is; by the hash that is right.
BELIEVES = """
const { digest } = SubtleCrypto.prototype
const instead = %s
SubtleCrypto.prototype.digest = async function (...about) {
  const found = new Uint8Array(await digest.apply(this, about))
  const said = instead[Array.from(found, (byte) => byte.toString(16).padStart(2, '0')).join('')]
  return said ? Uint8Array.from(said.match(/../g), (byte) => parseInt(byte, 16)).buffer : found.buffer
}
"""


def damage(phone: Phone, wanted: int) -> tuple[list[dict[str, Any]], set[str]]:
    """Fill the outbox and flip a bit in so many photos; return what waits, and the hashes of the damaged ones."""
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    phone.context.set_offline(True)
    # Four of the five photos of an item, so that each item has something good to send; one item stays whole.
    plant_items(phone.page, wanted // 4 + 2)
    before = read_phone(phone.page)
    by_hash = {photo["said"]: photo["id"] for photo in before["photos"]}
    damaged = {digest for item in before["outbox"][1:] for digest in item["photos"][:4]}
    damaged = set(sorted(damaged)[:wanted])
    for digest in damaged:
        damage_a_photo(phone.page, by_hash[digest])
    return before["outbox"], damaged


def photos_sent(phone: Phone) -> set[str]:
    """Return the hashes of the photos that leave the phone from now on; the set fills itself."""
    sent: set[str] = set()

    def note(asked: Request) -> None:
        if "/photos/" in asked.url and asked.method in ("PUT", "PATCH"):
            sent.add(asked.url.split("/photos/")[1].split("/")[0])

    phone.page.on("request", note)
    return sent


def count_damage(outbox: list[dict[str, Any]], damaged: set[str], sent: set[str], phone: Phone) -> dict[str, int]:
    """Count what became of the damaged photos, and of the others."""
    bad = sum(1 for item in outbox if damaged & set(item["photos"]))
    said = sum(1 for item in read_phone(phone.page)["outbox"] if item["failure"] == "photo_damaged")
    good = {digest for item in outbox for digest in item["photos"]} - damaged
    return {
        "damaged": len(damaged),
        "stopped": len(damaged - sent),
        "items_named": said,
        "silent": bad - said,
        "good": len(good),
        "good_sent": len(good & sent),
    }


def test_damaged_photos_are_stopped_and_the_others_arrive(phone: Phone) -> None:
    """One bit flips in each: none of them is sent, none goes silently, and no other photo is kept back."""
    wanted = size("DAMAGED_PHOTOS")
    outbox, damaged = damage(phone, wanted)
    sent = photos_sent(phone)
    phone.context.set_offline(False)
    phone.page.reload()
    phone.see("tab-outbox").click()
    bad = sum(1 for item in outbox if damaged & set(item["photos"]))
    expect(phone.page.locator('[data-testid="outbox-item"][data-state="failed"]')).to_have_count(bad, timeout=120_000)
    expect(phone.page.locator('[data-testid="outbox-item"][data-state="received"]')).to_have_count(
        len(outbox) - bad, timeout=120_000
    )
    counts = count_damage(outbox, damaged, sent, phone)
    report("F43", **counts)

    assert counts["stopped"] == counts["damaged"] == wanted
    assert counts["good_sent"] == counts["good"]
    assert counts["silent"] == 0
    expect(phone.outbox_item().first).to_contain_text("一张照片已损坏")
    after = read_phone(phone.page)
    assert not any(item["receipt"] for item in after["outbox"] if damaged & set(item["photos"]))


def test_a_phone_that_takes_damaged_photos_for_whole_is_found_out(phone: Phone) -> None:
    """The control: a browser that finds the promised hash in a damaged photo, so that the phone sends what it has."""
    outbox, damaged = damage(phone, 1)
    (digest,) = damaged
    found = next(photo["is"] for photo in read_phone(phone.page)["photos"] if photo["said"] == digest)
    phone.page.add_init_script(BELIEVES % json.dumps({found: digest}))
    sent = photos_sent(phone)
    phone.context.set_offline(False)
    with phone.page.expect_request(lambda asked: f"/photos/{digest}" in asked.url and asked.method in ("PUT", "PATCH")):
        phone.page.reload()
    counts = count_damage(outbox, damaged, sent, phone)
    report("F43 control", fault="a damaged photo is taken for whole", **counts)

    assert counts["stopped"] < counts["damaged"]
    assert counts["silent"] == 1
