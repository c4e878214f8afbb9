"""An inspector's hands on the phone: what is tapped, and what must be seen after it."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
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
    """

    def __init__(self, playwright: Playwright, profile: Path, address: str, *, locale: str = "zh-CN") -> None:
        self.playwright = playwright
        self.profile = profile
        self.address = address
        self.locale = locale
        self.timezone = "Asia/Shanghai"
        # Done to the browser before it opens the app.
        self.before: Callable[[Phone], None] = lambda _phone: None
        self.context: BrowserContext
        self.page: Page

    def switch_on(self, *, online: bool = True, at: Fix | None = None, path: str = "/m/") -> None:
        """Start the browser and open the app, or another page of the site."""
        self.context = launch_phone(self.playwright, self.profile, locale=self.locale, timezone=self.timezone)
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

    def sign_in(self, name: str, password: str) -> None:
        """Sign in and wait for the tasks."""
        self.see("signin-name").fill(name)
        self.see("signin-password").fill(password)
        self.see("signin-submit").click()
        expect(self.see("task-row").first).to_be_visible()

    def wait_for_service_worker(self) -> None:
        """Wait until the app would start without a network."""
        self.page.evaluate("() => navigator.serviceWorker.ready.then((ready) => Boolean(ready.active))")
        self.page.wait_for_function("() => navigator.serviceWorker.controller !== null")

    def stand(self, fix: Fix) -> None:
        """Be somewhere, as the receiver reports it: Chromium emits error code 2 first, then the position."""
        self.context.set_geolocation({"longitude": fix.lon, "latitude": fix.lat, "accuracy": fix.accuracy_m})

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

    def fix_count(self) -> int:
        """How many raw fixes the walk has."""
        return int(self.see("walk-fixes").inner_text())

    def photograph(self, kind: str, picture: Picture) -> None:
        """Give a picture to the file input of a shot, as the camera app would."""
        shot = self.see(f"shot-{kind}")
        before = shot.locator("img").count()
        self.see(f"shot-input-{kind}").set_input_files(
            {"name": picture.name, "mimeType": "image/jpeg", "buffer": picture.body}
        )
        expect(shot.locator("img")).to_have_count(before + 1)

    def outbox_item(self) -> Locator:
        """The one submission waiting."""
        return self.see("outbox-item")

    def frozen_manifest(self, submission_id: str) -> str:
        """The bytes the phone will send, as text."""
        text: Any = self.page.evaluate(READ_OUTBOX, submission_id)
        assert isinstance(text, str)
        return text
