"""A capture at work, and what the phone has shown as kept of it: it must never be less, whatever dies."""

import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Error, expect

from server.demo.accounts import DEMO_PASSWORD
from tests.support.phone import Phone
from tests.support.phone_storage import read_phone
from tests.support.pictures import small_picture
from tests.support.tracks import Fix
from tests.support.visit import KINDS, begin

# A browser that stores half of each photo, and as long as it lives gives back the whole, which it still remembers.
KEEPS_HALF = """
(() => {
  const { put, get } = IDBObjectStore.prototype
  const remembered = new Map()
  IDBObjectStore.prototype.put = function (row, ...key) {
    if (this.name !== 'photo_bytes') return put.call(this, row, ...key)
    remembered.set(row.photo_id, row)
    return put.call(this, { ...row, bytes: row.bytes.slice(0, row.bytes.byteLength / 2) }, ...key)
  }
  IDBObjectStore.prototype.get = function (key) {
    const asked = get.call(this, key)
    const row = this.name === 'photo_bytes' && remembered.get(key)
    return row ? Object.defineProperty(asked, 'result', { value: row }) : asked
  }
})()
"""


@dataclass
class Kept:
    """What the phone has shown as kept of the capture of one plot."""

    fixes: int = 0
    photos: set[str] = field(default_factory=set)
    live: int = 0

    def lost(self, phone: dict[str, Any]) -> int:
        """Count what the phone's database lacks; a change under way at the end may be there or not."""
        if len(phone["captures"]) != 1:
            return self.fixes + len(self.photos) + self.live
        whole = {photo["said"] for photo in phone["photos"] if photo["said"] == photo["is"]}
        half = len({photo["said"] for photo in phone["photos"]} - whole - self.photos)
        live = phone["captures"][0]["counts"]["live"]
        counts_lost = max(0, self.live - live) + max(0, live - self.live - 1)
        return max(0, self.fixes - phone["fixes"]) + len(self.photos - whole) + half + counts_lost

    def take_over(self, phone: dict[str, Any]) -> None:
        """From here on, what is there counts."""
        self.fixes, self.live = phone["fixes"], phone["captures"][0]["counts"]["live"]
        self.photos = {photo["said"] for photo in phone["photos"]}

    @property
    def pieces(self) -> int:
        """How many things were shown as kept."""
        return self.fixes + len(self.photos) + self.live


def half_saved(phone: dict[str, Any]) -> int:
    """Count the photos the phone has and whose bytes are not all there."""
    return sum(photo["said"] != photo["is"] for photo in phone["photos"])


def start_capture(phone: Phone, *, row: int = 5) -> Kept:
    """Sign in and begin to walk round a plot; the app would start without a network afterwards."""
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    phone.wait_for_service_worker()
    begin(phone, row=row)
    phone.see("walk-start").click()
    expect(phone.see("walk-fixes")).to_have_text("1")
    return Kept(fixes=1)


def resume(phone: Phone, kept: Kept) -> int:
    """Look at a phone that was switched on again; return what is lost, and go on from what is there."""
    expect(phone.page.locator('.step[aria-current="step"]')).to_be_visible()
    found = read_phone(phone.page)
    lost = kept.lost(found)
    kept.take_over(found)
    return lost


def walk_on(phone: Phone) -> None:
    """Take up the walk that is open, wherever one stands."""
    expect(phone.see("walk-resume").or_(phone.see("walk-pause"))).to_be_visible()
    if phone.see("walk-resume").is_visible():
        before = phone.fix_count()
        phone.see("walk-resume").click()
        # Far from the last fix it asks first.
        expect(phone.see("walk-pause").or_(phone.see("ask-yes"))).to_be_visible()
        if phone.see("ask-yes").is_visible():
            phone.see("ask-yes").click()
        expect(phone.see("walk-pause")).to_be_visible()
        # Where one stands at the tap is a fix, unless the browser's stand-in for a receiver is silent.
        with suppress(AssertionError):
            expect(phone.see("walk-fixes")).not_to_have_text(str(before), timeout=3_000)


def work(phone: Phone, kept: Kept, rng: random.Random, number: int) -> None:
    """Do a little of everything and wait until the screen shows it as kept."""
    phone.see("step-photos").click()
    picture = small_picture(1000 + number, size_bytes=rng.choice([0, 400_000]))
    phone.photograph(KINDS[number % len(KINDS)], picture)
    kept.photos.add(picture.sha256)
    phone.see("step-counts").click()
    phone.see("tap-live").click()
    kept.live += 1
    expect(phone.see("count-live")).to_have_value(str(kept.live))
    # A tap is shown at once and stored right behind.
    phone.page.wait_for_timeout(300)
    phone.see("step-boundary").click()
    walk_on(phone)
    # How many there are is read, not reckoned.
    before = phone.fix_count()
    # A receiver goes on delivering; the browser's stand-in for one may swallow a place that was set.
    for attempt in range(1, 6):
        phone.page.clock.fast_forward(950)
        phone.stand(Fix(0, 109.4 + 0.0001 * (number % 20 + 1) + 1e-6 * attempt, 25.2 + rng.random() * 1e-4, 4.0))
        with suppress(AssertionError):
            expect(phone.see("walk-fixes")).not_to_have_text(str(before), timeout=3_000)
            break
    kept.fixes = phone.fix_count()
    assert kept.fixes > before, f"no fix was recorded: {phone.page.locator('body').inner_text()}"


def begin_something(phone: Phone, rng: random.Random, number: int) -> None:
    """Begin something that will not come to its end."""
    try:
        match rng.randrange(3):
            case 0:
                phone.see("step-counts").click()
                phone.see("tap-live").click(no_wait_after=True)
            case 1:
                phone.see("step-photos").click()
                picture = small_picture(5000 + number, size_bytes=2_000_000)
                phone.see("shot-input-tree").set_input_files(
                    {"name": picture.name, "mimeType": "image/jpeg", "buffer": picture.body}
                )
            case _:
                phone.stand(Fix(0, 109.3995, 25.1995 + 1e-5 * number, 4.0))
        phone.page.wait_for_timeout(rng.randrange(0, 60))
    except Error:
        pass
