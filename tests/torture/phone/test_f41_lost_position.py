"""F41: the position is refused, unknown or lost in the middle of a walk."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from playwright.sync_api import expect

from server.demo.accounts import DEMO_PASSWORD
from tests.support.browser import PATIENCE_MS
from tests.support.phone import Phone
from tests.support.phone_storage import delete_one, read_phone
from tests.support.pictures import small_picture
from tests.support.tracks import Fix
from tests.support.visit import begin, signed_in_on
from tests.torture.figures import report
from tests.torture.sizes import size

WAYS = ("refused", "unknown", "silent")
LOOK_MS = 500
# A receiver that says again where it last was when it has been silent for 18 seconds.
REPEATS = """
(() => {
  const watch = Geolocation.prototype.watchPosition
  let silence
  Geolocation.prototype.watchPosition = function (onFix, ...rest) {
    return watch.call(this, (position) => {
      clearTimeout(silence)
      const { longitude, latitude, accuracy } = position.coords
      silence = setTimeout(() => {
        onFix({ coords: { longitude, latitude, accuracy }, timestamp: position.timestamp + 18_000 })
      }, 18_000)
      onFix(position)
    }, ...rest)
  }
})()
"""
# A clock that leaves out what lies more than five seconds after it was read last.
SKIPS = """
(() => {
  const { now } = performance
  let read = now.call(performance), left_out = 0
  performance.now = () => {
    const real = now.call(performance)
    left_out += Math.max(0, real - read - 5_000)
    read = real
    return real - left_out
  }
})()
"""


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


def walk_with_losses(phone: Phone, ways: list[str], *, look_ms: float) -> dict[str, int]:
    """
    Begin to walk round a plot and lose the position again and again; count photos taken, and what changed meanwhile.

    Args:
        phone: Signed in.
        ways: How it is lost, each time.
        look_ms: For how long a fix is looked for that nobody gave.
    """
    begin(phone, row=9)
    phone.see("walk-start").click()
    expect(phone.see("walk-fixes")).to_have_text("1")
    fixes_lost, photos, invented = 0, 0, 0
    for number, way in enumerate(ways):
        phone.walk([Fix(0, 109.4 + 1e-5 * (number + 1), 25.2, 4.0)])
        before = phone.fix_count()
        lose(phone, way)
        if way == "refused":
            expect(phone.see("no-permission")).to_be_visible()
        phone.page.clock.fast_forward(20_000)
        with suppress(AssertionError):
            expect(phone.see("walk-fixes")).not_to_have_text(str(before), timeout=look_ms)
        invented += phone.fix_count() - before
        if number < 5:
            phone.see("step-photos").click()
            phone.photograph("tree", small_picture(9_000 + number))
            photos += 1
            phone.see("step-boundary").click()
        find_again(phone, way, Fix(0, 109.4 + 1e-5 * (number + 1), 25.2 + 2e-5, 4.0))
        expect(phone.see("walk-fixes")).not_to_have_text(str(before))
        fixes_lost += max(0, before - phone.fix_count())
    return {"invented": invented, "fixes_lost": fixes_lost, "photos": photos}


def count_what_is_there(phone: Phone, losses: int, walked: dict[str, int]) -> dict[str, int]:
    """Compare what the phone has stored with what its screen showed."""
    shown, found = phone.fix_count(), read_phone(phone.page)
    gaps = found["captures"][0]["walk"]["interruptions"]
    return {
        "losses": losses,
        "gaps": len(gaps),
        "caused_by_no_fix": sum(gap["cause"] == "no_fix" for gap in gaps),
        "invented": walked["invented"],
        "fixes_lost": walked["fixes_lost"] + max(0, shown - found["fixes"]),
        "photos": walked["photos"],
        "photos_kept": sum(photo["said"] == photo["is"] for photo in found["photos"]),
    }


def test_a_lost_position_leaves_a_gap_and_nothing_else(phone: Phone) -> None:
    """What was recorded stays, photos are kept, and the time without a position is a gap with its cause."""
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    losses = size("LOST_FIXES")
    walked = walk_with_losses(phone, [WAYS[number % len(WAYS)] for number in range(losses)], look_ms=LOOK_MS)
    counts = count_what_is_there(phone, losses, walked)
    report("F41", **counts)

    assert counts["gaps"] == counts["caused_by_no_fix"] == losses
    assert counts["invented"] == counts["fixes_lost"] == 0
    assert counts["photos_kept"] == counts["photos"]
    assert phone.fix_count() >= 1 + 2 * losses


def test_a_receiver_that_repeats_itself_is_found_out(new_phone: Callable[..., Phone]) -> None:
    """The control: the last position is given again while there is none; else "none invented" would say nothing."""
    phone = signed_in_on(new_phone(), REPEATS)
    counts = count_what_is_there(phone, 1, walk_with_losses(phone, ["silent"], look_ms=PATIENCE_MS))
    report("F41 control", fault="the last position is given again", **counts)

    assert counts["invented"] > 0


def test_a_gap_that_is_not_noted_is_missed(new_phone: Callable[..., Phone]) -> None:
    """The control: to the phone's clock the silence is short; the count of gaps must tell."""
    phone = signed_in_on(new_phone(), SKIPS)
    counts = count_what_is_there(phone, 1, walk_with_losses(phone, ["silent"], look_ms=LOOK_MS))
    report("F41 control", fault="the clock leaves the silence out", **counts)

    assert counts["gaps"] == 0


@pytest.mark.parametrize(("store", "kind"), [("fixes", "fix"), ("photo_bytes", "photo")], ids=["a fix", "a photo"])
def test_what_is_taken_away_from_a_walk_is_missed(phone: Phone, store: str, kind: str) -> None:
    """The control: one record less than was shown, and the counts must see it."""
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    walked = walk_with_losses(phone, ["silent"], look_ms=LOOK_MS)
    delete_one(phone.page, store)
    counts = count_what_is_there(phone, 1, walked)
    report("F41 control", fault=f"the record of a {kind} is taken away", **counts)

    assert counts["fixes_lost"] == (kind == "fix")
    assert counts["photos"] - counts["photos_kept"] == (kind == "photo")
