"""
The browser is killed (SIGKILL) at random points of a capture: what was on the screen as kept is there afterwards.

`TORTURE_BROWSER_KILLS` says how often; 5 in the everyday run. The checker is proven by taking a record away.
"""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, Playwright, expect

from server.demo.accounts import DEMO_PASSWORD
from tests.support.live_server import LiveServer, live_server
from tests.support.phone import Phone
from tests.support.phone_storage import delete_one, read_phone
from tests.support.pictures import small_picture
from tests.support.tracks import Fix

KILLS = int(os.environ.get("TORTURE_BROWSER_KILLS", "5"))
KINDS = ("panorama", "spacing", "groundwork", "tree", "household")


@dataclass
class Kept:
    """What the phone has shown as kept: it must never be less."""

    fixes: int = 0
    photos: set[str] = field(default_factory=set)
    live: int = 0

    def check(self, phone: dict[str, Any]) -> None:
        """Compare with what the phone's database holds; a change under way at the kill may be there or not."""
        assert len(phone["captures"]) == 1
        assert phone["fixes"] >= self.fixes
        said = {photo["said"] for photo in phone["photos"]}
        assert self.photos <= said
        assert all(photo["said"] == photo["is"] for photo in phone["photos"])
        assert phone["captures"][0]["counts"]["live"] in (self.live, self.live + 1)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One server is enough: it is the phone that dies."""
    data = tmp_path_factory.mktemp("kills")
    with live_server(data / "data", f"sqlite:///{data / 'yanshou.sqlite'}") as server:
        yield server


def test_kills_during_a_capture(demo: LiveServer, playwright: Playwright, tmp_path: Path) -> None:
    """Walk, photograph and count, and die anywhere in it, again and again."""
    rng = random.Random(20_260_523)
    phone = Phone(playwright, tmp_path / "phone", demo.url)
    phone.switch_on(at=Fix(0, 109.4, 25.2, 4.0))
    kept = Kept()
    try:
        phone.sign_in("yanshou01", DEMO_PASSWORD)
        phone.wait_for_service_worker()
        phone.page.locator(".chip-open").click()
        phone.see("task-row").nth(5).click()
        phone.see("start-inspection").click()
        expect(phone.see("walk-start")).to_have_attribute("aria-disabled", "false")
        phone.see("walk-start").click()
        expect(phone.see("walk-fixes")).to_have_text("1")
        kept.fixes = 1
        for number in range(KILLS):
            _work(phone, kept, rng, number)
            _kill_in_the_middle(phone, rng, number)
            phone.switch_on(online=rng.random() < 0.5, at=Fix(0, 109.4, 25.2, 4.0))
            expect(phone.page.locator('.step[aria-current="step"]')).to_be_visible()
            found = read_phone(phone.page)
            kept.check(found)
            kept.fixes, kept.live = found["fixes"], found["captures"][0]["counts"]["live"]
            kept.photos = {photo["said"] for photo in found["photos"]}
        print(f"browser kills: {KILLS}, fixes kept: {kept.fixes}, photos kept: {len(kept.photos)}, lost: 0")

        delete_one(phone.page, "fixes" if not kept.photos else "photo_bytes")
        with pytest.raises(AssertionError):
            kept.check(read_phone(phone.page))
    finally:
        phone.switch_off()


def _work(phone: Phone, kept: Kept, rng: random.Random, number: int) -> None:
    """Do a little of everything and wait until the screen shows it as kept."""
    kind = KINDS[number % len(KINDS)]
    phone.see("step-photos").click()
    picture = small_picture(1000 + number, size_bytes=rng.choice([0, 400_000]))
    phone.photograph(kind, picture)
    kept.photos.add(picture.sha256)
    phone.see("step-counts").click()
    phone.see("tap-live").click()
    kept.live += 1
    expect(phone.see("count-live")).to_have_value(str(kept.live))
    phone.page.wait_for_timeout(300)
    phone.see("step-boundary").click()
    if phone.see("walk-resume").is_visible():
        phone.see("walk-resume").click()
        # Whoever comes back elsewhere is asked first.
        phone.page.wait_for_timeout(100)
        if phone.see("ask-yes").is_visible():
            phone.see("ask-yes").click()
        expect(phone.see("walk-pause")).to_be_visible()
    # The tap itself may have taken a fix; how many there are is read, not reckoned.
    phone.page.wait_for_timeout(200)
    before = phone.fix_count()
    phone.page.clock.fast_forward(950)
    phone.stand(Fix(0, 109.4 + 0.0001 * (number + 1), 25.2 + rng.random() * 1e-4, 4.0))
    expect(phone.see("walk-fixes")).not_to_have_text(str(before))
    kept.fixes = phone.fix_count()


def _kill_in_the_middle(phone: Phone, rng: random.Random, number: int) -> None:
    """Begin something and die before it can be over."""
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
    phone.kill()
