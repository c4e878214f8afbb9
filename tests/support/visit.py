"""
A whole visit to a plot, as quickly as it can be done.

Every test that needs a finished capture and is about something else comes here: what a visit takes is known in this
one place.
"""

from playwright.sync_api import expect

from server.demo.accounts import DEMO_PASSWORD
from tests.support.phone import Phone
from tests.support.pictures import small_picture
from tests.support.tracks import Fix

KINDS = ("panorama", "spacing", "groundwork", "tree", "household")
START = Fix(0, 109.4, 25.2, 4.0)
CORNERS = [Fix(0, 109.4 + lon, 25.2 + lat, 4.0) for lon, lat in ((0.0004, 0.0), (0.0004, 0.0004), (0.0, 0.0004))]


def signed_in_on(phone: Phone, browser: str) -> Phone:
    """Start with a browser that a script has changed, and sign in."""
    phone.before = lambda started: started.context.add_init_script(browser)
    phone.switch_on(at=START)
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    return phone


def open_plot(phone: Phone, *, row: int) -> None:
    """Open one of the plots nobody has inspected yet."""
    phone.page.locator(".chip-open").click()
    phone.see("task-row").nth(row).click()


def begin(phone: Phone, *, row: int) -> None:
    """Open a plot and begin its capture, where the square is walked."""
    phone.stand(START)
    open_plot(phone, row=row)
    phone.see("start-inspection").click()
    expect(phone.see("walk-start")).to_have_attribute("aria-disabled", "false")


def walk(phone: Phone) -> None:
    """Walk three corners and close the ring, standing where the walk begins."""
    phone.see("walk-start").click()
    expect(phone.see("walk-fixes")).to_have_text("1")
    phone.walk(CORNERS)
    phone.close_ring()


def photograph(phone: Phone, *, seed: int, size_bytes: int = 0) -> None:
    """Take every picture of the shot list, the first of about `size_bytes`."""
    phone.see("step-photos").click()
    for number, kind in enumerate(KINDS):
        phone.photograph(kind, small_picture(seed * 100 + number, size_bytes=size_bytes if number == 0 else 0))


def answer(phone: Phone, *, live: int = 40) -> None:
    """Give the trees, and whatever else is asked besides boundary and photos."""
    phone.see("step-counts").click()
    phone.see("count-live").fill(str(live))
    phone.answer_standards()
    phone.sign_off()


def finish(phone: Phone) -> str:
    """Freeze a capture that has all it needs, its last step open; return the id of what waits."""
    expect(phone.see("finish")).to_have_attribute("aria-disabled", "false")
    submission_id = phone.page.url.split("/capture/")[1].split("/")[0]
    phone.see("finish").click()
    expect(phone.page.locator(f'[data-submission-id="{submission_id}"]')).to_be_visible()
    return submission_id


def capture(phone: Phone, *, row: int, size_bytes: int = 0) -> str:
    """Inspect one plot from its first tap to the outbox; return the id of what waits there."""
    expect(phone.see("task-row").nth(row)).to_be_visible()
    begin(phone, row=row)
    walk(phone)
    photograph(phone, seed=row, size_bytes=size_bytes)
    answer(phone)
    return finish(phone)


def capture_offline(phone: Phone, *, row: int, size_bytes: int = 0) -> str:
    """Inspect one plot without a network, so that all of it waits."""
    phone.context.set_offline(True)
    return capture(phone, row=row, size_bytes=size_bytes)
