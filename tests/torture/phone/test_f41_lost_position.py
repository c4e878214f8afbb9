"""F41: the position is refused, unknown or lost in the middle of a walk."""

from collections.abc import Callable
from contextlib import suppress

from playwright.sync_api import expect

from server.demo.accounts import DEMO_PASSWORD
from tests.support.phone import Phone
from tests.support.phone_storage import read_phone
from tests.support.pictures import small_picture
from tests.support.tracks import Fix
from tests.support.visit import START, begin
from tests.torture.figures import report
from tests.torture.sizes import size

WAYS = ("refused", "unknown", "silent")


def lose(phone: Phone, way: str) -> None:
    """Permission withdrawn, no position to be had, or a receiver that says nothing for a while."""
    if way == "refused":
        phone.context.clear_permissions()
    elif way == "unknown":
        phone.context.set_geolocation(None)


def find_again(phone: Phone, way: str, fix: Fix) -> None:
    """The sky is clear again; a permission given back wakes the app by itself, where the browser says so."""
    phone.stand(fix)
    if way == "refused":
        phone.context.grant_permissions(["geolocation", "camera"])
        refused = phone.see("no-permission")
        with suppress(AssertionError):
            expect(refused).to_have_count(0, timeout=2_000)
            return
        refused.get_by_role("button").click()


def test_a_lost_position_leaves_a_gap_and_nothing_else(new_phone: Callable[..., Phone]) -> None:
    """What was recorded stays, photos are kept, and the time without a position is a gap with its cause."""
    phone = new_phone()
    phone.switch_on(at=START)
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    begin(phone, row=9)
    phone.see("walk-start").click()
    expect(phone.see("walk-fixes")).to_have_text("1")
    losses, fixes_lost, photos, invented = size("LOST_FIXES"), 0, 0, 0
    for number in range(losses):
        way = WAYS[number % len(WAYS)]
        phone.walk([Fix(0, 109.4 + 1e-5 * (number + 1), 25.2, 4.0)])
        before = phone.fix_count()
        lose(phone, way)
        if way == "refused":
            expect(phone.see("no-permission")).to_be_visible()
        phone.page.clock.fast_forward(20_000)
        phone.page.wait_for_timeout(150)
        invented += phone.fix_count() - before
        if number < 5:
            phone.see("step-photos").click()
            phone.photograph("tree", small_picture(9_000 + number))
            photos += 1
            phone.see("step-boundary").click()
        find_again(phone, way, Fix(0, 109.4 + 1e-5 * (number + 1), 25.2 + 2e-5, 4.0))
        expect(phone.see("walk-fixes")).not_to_have_text(str(before))
        fixes_lost += max(0, before - phone.fix_count())
    found = read_phone(phone.page)
    gaps = found["captures"][0]["walk"]["interruptions"]
    causes = sum(gap["cause"] == "no_fix" for gap in gaps)
    kept = sum(photo["said"] == photo["is"] for photo in found["photos"])
    report(
        "F41",
        losses=losses,
        gaps=len(gaps),
        caused_by_no_fix=causes,
        invented=invented,
        fixes_lost=fixes_lost,
        photos=photos,
        photos_kept=kept,
    )

    assert len(gaps) == causes == losses
    assert invented == fixes_lost == 0
    assert kept == photos
    assert found["fixes"] >= 1 + 2 * losses
