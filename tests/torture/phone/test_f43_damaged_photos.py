"""F43: photos whose bytes changed on the phone are stopped before they are sent, and the rest arrives."""

from playwright.sync_api import Request, expect

from server.demo.accounts import DEMO_PASSWORD
from tests.support.phone import Phone
from tests.support.phone_storage import damage_a_photo, plant_items, read_phone
from tests.torture.figures import report
from tests.torture.sizes import size


def test_damaged_photos_are_stopped_and_the_others_arrive(phone: Phone) -> None:
    """One bit flips in each: none of them is sent, none goes silently, and no other photo is kept back."""
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    phone.context.set_offline(True)
    wanted = size("DAMAGED_PHOTOS")
    # Four of the five photos of an item, so that each item has something good to send; one item stays whole.
    plant_items(phone.page, wanted // 4 + 2)
    before = read_phone(phone.page)
    by_hash = {photo["said"]: photo["id"] for photo in before["photos"]}
    damaged = {digest for item in before["outbox"][1:] for digest in item["photos"][:4]}
    damaged = set(sorted(damaged)[:wanted])
    for digest in damaged:
        damage_a_photo(phone.page, by_hash[digest])
    sent: set[str] = set()

    def note(asked: Request) -> None:
        if "/photos/" in asked.url and asked.method in ("PUT", "PATCH"):
            sent.add(asked.url.split("/photos/")[1].split("/")[0])

    phone.page.on("request", note)

    phone.context.set_offline(False)
    phone.page.reload()
    phone.see("tab-outbox").click()
    bad = sum(1 for item in before["outbox"] if damaged & set(item["photos"]))
    expect(phone.page.locator('[data-testid="outbox-item"][data-state="failed"]')).to_have_count(bad, timeout=120_000)
    expect(phone.page.locator('[data-testid="outbox-item"][data-state="received"]')).to_have_count(
        len(before["outbox"]) - bad, timeout=120_000
    )
    after = read_phone(phone.page)
    said = sum(1 for item in after["outbox"] if item["failure"] == "photo_damaged")
    good = {digest for item in before["outbox"] for digest in item["photos"]} - damaged
    counts = {
        "damaged": len(damaged),
        "stopped": len(damaged - sent),
        "items_named": said,
        "silent": bad - said,
        "good": len(good),
        "good_sent": len(good & sent),
    }
    report("F43", **counts)

    assert counts["stopped"] == counts["damaged"] == wanted
    assert counts["good_sent"] == counts["good"]
    assert counts["silent"] == 0
    expect(phone.outbox_item().first).to_contain_text("一张照片已损坏")
    assert not any(item["receipt"] for item in after["outbox"] if damaged & set(item["photos"]))
