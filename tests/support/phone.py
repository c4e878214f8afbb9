"""An inspector's hands on the phone: what is tapped, and what must be seen after it."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from playwright.sync_api import BrowserContext, Error, Locator, Page, Playwright, expect

from tests.support.browser import kill_browser, launch_phone
from tests.support.pictures import Picture
from tests.support.tracks import Fix

# What the phone has frozen for sending, read from its own database.
READ_OUTBOX = """async (id) => {
  const answer = (asked) => new Promise((done, fail) => {
    asked.onsuccess = () => done(asked.result)
    asked.onerror = () => fail(asked.error)
  })
  for (const { name } of await indexedDB.databases()) {
    if (!name.startsWith('yanshou-account-')) continue
    const db = await answer(indexedDB.open(name))
    const item = await answer(db.transaction('outbox').objectStore('outbox').get(id))
    db.close()
    if (item) return new TextDecoder().decode(item.manifest)
  }
  return null
}"""


class Phone:
    """
    One phone: a profile folder that outlives the browser, as a phone's storage outlives the app.

    Args:
        playwright: Drives the browser.
        profile: The phone's storage.
        address: The server's.
        locale: The phone's language.
        sharp: With all the pixels a phone has, for pictures of its screen.
    """

    def __init__(
        self, playwright: Playwright, profile: Path, address: str, *, locale: str = "zh-CN", sharp: bool = False
    ) -> None:
        self.playwright = playwright
        self.profile = profile
        self.address = address
        self.locale = locale
        self.sharp = sharp
        self.timezone = "Asia/Shanghai"
        # Done to the browser before it opens the app.
        self.before: Callable[[Phone], None] = lambda _phone: None
        self.context: BrowserContext
        self.page: Page

    def switch_on(self, *, online: bool = True, at: Fix | None = None, path: str = "/m/") -> None:
        """Start the browser and open the app, or another page of the site."""
        self.context = launch_phone(
            self.playwright, self.profile, locale=self.locale, timezone=self.timezone, sharp=self.sharp
        )
        # The clock can be told that a second has passed, so a 1 Hz walk need not take its minutes.
        self.context.clock.install()
        self.page = self.context.pages[0] if self.context.pages else self.context.new_page()
        if at is not None:
            self.stand(at)
        self.context.set_offline(not online)
        self.before(self)
        self.page.goto(f"{self.address}{path}")

    def kill(self) -> None:
        """Kill the browser's process (SIGKILL) and wait until it is gone."""
        kill_browser(self.profile)
        with suppress(Error):
            self.context.close()

    def switch_off(self) -> None:
        """Close the app in good order."""
        with suppress(Error):
            self.context.close()

    def see(self, test_id: str) -> Locator:
        """Find something by its test id."""
        return self.page.get_by_test_id(test_id)

    def tap_if_there(self, test_id: str) -> None:
        """Tap a button that may go by itself at any moment, as the one that tries again does when the app tries."""
        self.page.evaluate("(id) => document.querySelector(`[data-testid=${id}]`)?.click()", test_id)

    def sign_in(self, name: str, password: str) -> None:
        """Sign in and wait for the tasks, until they are stored, too: only then they outlive a reload."""
        self.see("signin-name").fill(name)
        self.see("signin-password").fill(password)
        self.see("signin-submit").click()
        expect(self.see("task-row").first).to_be_visible()
        expect(self.see("refresh")).to_have_attribute("aria-disabled", "false")

    def wait_for_service_worker(self) -> None:
        """Wait until the app would start without a network."""
        self.page.evaluate("() => navigator.serviceWorker.ready.then((ready) => Boolean(ready.active))")
        self.page.wait_for_function("() => navigator.serviceWorker.controller !== null")

    def leave_for_the_field(self, name: str, password: str) -> None:
        """Sign in, wait until the app needs no network any more, and lose it."""
        self.sign_in(name, password)
        self.wait_for_service_worker()
        self.context.set_offline(True)

    def stand(self, fix: Fix) -> None:
        """Be somewhere, as the receiver reports it: Chromium emits error code 2 first, then the position."""
        self.context.set_geolocation({"longitude": fix.lon, "latitude": fix.lat, "accuracy": fix.accuracy_m})

    def be_found(self, fix: Fix) -> None:
        """Be somewhere and wait until the screen of the boundary shows it: by an accuracy it did not show before."""
        accuracy_m = 4.0 if "±5 m" in self.see("accuracy").inner_text() else 5.0
        self.stand(replace(fix, accuracy_m=accuracy_m))
        expect(self.see("accuracy")).to_contain_text(f"±{accuracy_m:.0f} m")

    def wait_until(self, holds: Callable[[], bool], *, within_s: float = 15) -> None:
        """Wait for something the screen does not show."""
        give_up_at = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < give_up_at, "what was waited for has not come"
            self.page.wait_for_timeout(50)

    def walk(self, fixes: Sequence[Fix]) -> None:
        """
        Walk on, one fix a second of the phone's clock.

        Every fix goes the browser's own way (`watchPosition`). The page's clock is moved on by a second before each,
        so the times recorded are those of the walk though it takes a fraction of it: the errors' correlation over time,
        and with it the interval of the area, are judged as in the field. A fix is awaited before the next is given,
        for a receiver never delivers two at once.
        """
        recorded = self.fix_count()
        for fix in fixes:
            self.page.clock.fast_forward(950)
            self.stand(fix)
            recorded += 1
            expect(self.see("walk-fixes")).to_have_text(str(recorded))

    def resume_walk(self, button: str = "walk-resume") -> None:
        """Go on with a walk: where the inspector stands at the tap is a fix, stored before the walk goes on."""
        recorded = self.fix_count()
        self.touch_anew(button)
        expect(self.see("walk-pause")).to_be_visible()
        expect(self.see("walk-fixes")).to_have_text(str(recorded + 1))

    def touch_anew(self, button: str) -> None:
        """Touch a key that was touched before, later than a trembling finger touches twice."""
        self.page.clock.fast_forward(400)
        self.see(button).click()

    def fix_count(self) -> int:
        """How many raw fixes the walk has."""
        return int(self.see("walk-fixes").inner_text())

    def photograph(self, kind: str, picture: Picture, *, within_s: float = 5) -> None:
        """Give a picture to the file input of a shot, as the camera app would; say why it is used if the phone asks."""
        shot = self.see(f"shot-{kind}")
        expect(shot).to_be_visible()
        taken = shot.locator(".thumbs img")
        # The list is there with the screen, its pictures are read a moment later.
        before = shot.locator(".thumbs > li").count()
        self.see(f"shot-input-{kind}").set_input_files(
            {"name": picture.name, "mimeType": "image/jpeg", "buffer": picture.body}
        )
        expect(taken).to_have_count(before + 1, timeout=within_s * 1000)
        if shot.get_by_test_id("explain").count():
            self.see("use-anyway").click()
            self.see("reason").first.click()

    def inspect_land(self, plot_id: object, fixes: Sequence[Fix], pictures: Mapping[str, Picture]) -> None:
        """
        Open a plot from the task list, walk its boundary, take its photos.

        Args:
            plot_id: Of the plot.
            fixes: The walk.
            pictures: By kind.
        """
        self.stand(fixes[0])
        self.task_row(plot_id).click()
        self.see("start-inspection").click()
        self.walk_ring(fixes)
        self.photograph_all(pictures)

    def task_row(self, plot_id: object) -> Locator:
        """Find a plot in the task list."""
        return self.page.locator(f'[data-testid="task-row"][data-plot-id="{plot_id}"]')

    def walk_ring(self, fixes: Sequence[Fix]) -> None:
        """Walk the ring that is open, from its start until it is closed: a boundary, or a hole in it."""
        self.stand(fixes[0])
        expect(self.see("walk-start")).to_have_attribute("aria-disabled", "false")
        self.see("walk-start").click()
        expect(self.see("walk-fixes")).to_have_text("1")
        self.walk(fixes[1:])
        self.close_ring()

    def close_ring(self) -> None:
        """Close the ring that is open, also far from its start."""
        self.see("walk-close").click()
        asked = self.see("ask-yes")
        expect(self.see("walk-more").or_(asked)).to_be_visible()
        if asked.is_visible():
            asked.click()
        expect(self.see("walk-more")).to_be_visible()

    def photograph_all(self, pictures: Mapping[str, Picture]) -> None:
        """Go to the photos and give each its picture, by kind."""
        self.see("step-photos").click()
        for kind, picture in pictures.items():
            self.photograph(kind, picture)

    def answer_standards(self, **unmet: float) -> None:
        """
        Answer every standard that is asked: met, or for those named not met, with the figure measured.

        Args:
            unmet: Figure by the standard's code.
        """
        self.see("step-standards").click()
        questions = self.page.locator('[data-testid^="standard-"]')
        expect(questions.first).to_be_visible()
        for test_id in [question.get_attribute("data-testid") or "" for question in questions.all()]:
            code = test_id.removeprefix("standard-")
            if code in unmet:
                self.see(f"value-{code}").fill(str(unmet[code]))
            answer = "unmet" if code in unmet else "met"
            self.see(f"answer-{code}-{answer}").click()
            expect(self.see(test_id)).to_have_attribute("data-answer", answer)

    def draw_signature(self, seed: int) -> None:
        """Draw on the open pad; every seed gives another signature."""
        self.see("sign-pad").scroll_into_view_if_needed()
        box = self.see("sign-pad").bounding_box()
        assert box is not None
        mouse, rng = self.page.mouse, Random(seed)
        mouse.move(box["x"] + 0.15 * box["width"], box["y"] + 0.5 * box["height"])
        mouse.down()
        for step in range(1, 9):
            mouse.move(box["x"] + (0.15 + 0.08 * step) * box["width"], box["y"] + rng.uniform(0.2, 0.8) * box["height"])
        mouse.up()

    def sign(self, signer: str, *, name: str = "", seed: int = 0) -> None:
        """
        Let somebody sign on the pad.

        Args:
            signer: `inspector-1`, `inspector-2`, `household` or `village`.
            name: To be written, where it is not proposed.
            seed: Which signature is drawn.
        """
        self.see(f"sign-{signer}").click()
        if name:
            self.see("sign-name").fill(name)
        self.draw_signature(seed)
        expect(self.see("sign-keep")).to_have_attribute("aria-disabled", "false")
        self.see("sign-keep").click()
        # The picture is made, hashed, stored and read back: on a busy machine that takes its time.
        expect(self.see("sign-pad")).to_have_count(0, timeout=20_000)
        expect(self.see(f"signer-{signer}").locator("img")).to_be_visible()

    def sign_on_paper(self, signer: str, picture: Picture, *, name: str = "") -> None:
        """Photograph the paper somebody has signed; `signer` and `name` as in `sign`."""
        self.see(f"sign-{signer}").click()
        if name:
            self.see("sign-name").fill(name)
        self.see("sign-paper-input").set_input_files(
            {"name": picture.name, "mimeType": "image/jpeg", "buffer": picture.body}
        )
        self.see("sign-done").click()
        expect(self.see(f"signer-{signer}").locator("img")).to_be_visible()

    def sign_off(self) -> None:
        """Let all sign whom the demonstration's policy asks: two inspectors and the household."""
        self.see("step-confirm").click()
        self.sign("inspector-1", seed=1)
        self.sign("inspector-2", name="覃志明", seed=2)
        self.sign("household", seed=3)

    def outbox_item(self) -> Locator:
        """The one submission waiting."""
        return self.see("outbox-item")

    def frozen_manifest(self, submission_id: str) -> str:
        """The bytes the phone will send, as text."""
        text: Any = self.page.evaluate(READ_OUTBOX, submission_id)
        assert isinstance(text, str)
        return text
