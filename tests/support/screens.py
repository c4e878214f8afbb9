"""
Every screen there is, visited one after the other; whoever asks does something with each: axe, a screenshot.

The two visits go by the program's own links and addresses. A screen that is not named here is not looked at by anybody.
"""

from collections.abc import Callable, Iterator
from uuid import uuid4

from playwright.sync_api import Page, expect

from server.demo.accounts import DEMO_PASSWORD
from server.demo.landscape import make_landscape
from tests.support.phone import Phone
from tests.support.pictures import Picture, phone_picture
from tests.support.tracks import walk_around

STEPS = ("boundary", "photos", "counts", "confirm")
TABS = ("awaiting_review", "approved", "returned", "refused", "receiving", "quarantine")
# The user agent is what tells a messenger's browser from the others.
MESSENGER = (
    "Object.defineProperty(navigator, 'userAgent', { value: 'Mozilla/5.0 (Linux; Android 13) MicroMessenger/8.0' })"
)


def phone_screens(
    phone: Phone, *, plot_number: int = 3, picture: Callable[[int], Picture] = phone_picture
) -> Iterator[str]:
    """
    Go through an inspection; the phone is switched on and nobody is signed in.

    Args:
        phone: Switched on.
        plot_number: Which plot of the first village.
        picture: Makes the photos.
    """
    plot = make_landscape().plots[plot_number]
    fixes = walk_around(plot.ring, seed=plot_number)[::3]
    expect(phone.see("signin-submit")).to_be_visible()
    yield "sign-in"
    phone.stand(fixes[0])
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    yield "tasks"
    phone.see("tab-plots").click()
    expect(phone.see("plot-row").first).to_be_visible()
    yield "plots"
    phone.see("tab-tasks").click()
    yield from _returned(phone)
    phone.page.locator(f'[data-testid="task-row"][data-plot-id="{plot.id}"]').click()
    expect(phone.see("start-inspection")).to_be_visible()
    yield "plot"
    phone.see("start-inspection").click()
    expect(phone.see("walk-start")).to_have_attribute("aria-disabled", "false")
    yield "boundary-ready"
    phone.see("walk-ways").click()
    yield "boundary-ways"
    phone.see("choice-tape").click()
    yield "boundary-tape"
    phone.see("tape-back").click()
    # However long whoever asks has looked at the screens: only a fresh fix is the first of the walk.
    phone.be_found(fixes[0])
    phone.see("walk-start").click()
    expect(phone.see("walk-fixes")).to_have_text("1")
    phone.walk(fixes[1 : 2 * len(fixes) // 3])
    yield "boundary-walking"
    phone.walk(fixes[2 * len(fixes) // 3 :])
    phone.see("walk-close").click()
    expect(phone.see("walk-more").or_(phone.see("ask-yes"))).to_be_visible()
    if phone.see("ask-yes").is_visible():
        yield "boundary-question"
        phone.see("ask-yes").click()
    expect(phone.see("walk-close")).to_have_count(0)
    yield "boundary-closed"
    phone.see("walk-more").click()
    expect(phone.page.locator("dialog[open]")).to_be_visible()
    yield "boundary-more"
    phone.page.keyboard.press("Escape")
    phone.see("walk-adjust").click()
    expect(phone.see("tune-done")).to_be_visible()
    yield "boundary-adjust"
    phone.see("tune-done").click()
    phone.see("step-photos").click()
    yield "photos-empty"
    for number, kind in enumerate(("panorama", "spacing", "groundwork", "tree", "household")):
        phone.photograph(kind, picture(number))
    yield "photos"
    phone.see("shot-camera-problem").click()
    phone.page.wait_for_function("() => document.querySelector('video')?.videoWidth > 0")
    yield "camera"
    phone.see("shutter").click()
    # Resized, checked, hashed, stored: on a busy machine that takes its time.
    used = phone.see("camera-done").or_(phone.see("use-anyway"))
    expect(used).to_be_visible(timeout=20_000)
    yield "camera-kept"
    # The browser's test picture moves: some of its frames are blurred to the phone.
    asked_why = phone.see("use-anyway").is_visible()
    used.click()
    if asked_why:
        phone.see("reason").first.click()
    phone.see("step-counts").click()
    planted = round(plot.true_mu * 62)
    phone.see("count-live").fill(str(planted - 4))
    phone.see("count-dead").fill("4")
    yield "counts"
    phone.see("step-standards").click()
    yield "standards"
    phone.answer_standards()
    phone.see("step-confirm").click()
    yield "confirm-unsigned"
    phone.see("sign-household").click()
    phone.draw_signature(3)
    yield "sign"
    phone.see("sign-close").click()
    phone.sign_off()
    expect(phone.see("finish")).to_have_attribute("aria-disabled", "false")
    yield "confirm"
    phone.wait_for_service_worker()
    phone.context.set_offline(True)
    phone.see("finish").click()
    expect(phone.outbox_item()).to_have_attribute("data-state", "queued")
    yield "outbox-waiting"
    phone.context.set_offline(False)
    expect(phone.outbox_item()).to_have_attribute("data-state", "received", timeout=60_000)
    yield "outbox"
    phone.see("tab-me").click()
    expect(phone.see("sign-out")).to_be_visible()
    yield "me"
    yield from before_leaving(phone)


def _returned(phone: Phone) -> Iterator[str]:
    """Look at the returned task and begin it anew; the task list is on the screen, before and after."""
    phone.page.locator("a.task:has(.task-reason)").first.click()
    expect(phone.see("start-inspection")).to_be_visible()
    yield "returned"
    phone.see("start-inspection").click()
    expect(phone.see("returned")).to_be_visible()
    yield "returned-again"
    phone.page.goto(f"{phone.address}/m/#/tasks")
    expect(phone.see("task-row").first).to_be_visible()


def _in_messenger(phone: Phone) -> Iterator[str]:
    """Open the app inside WeChat, in a window of its own: an agent once told cannot be taken back."""
    own, size = phone.page, phone.page.viewport_size
    phone.page = phone.context.new_page()
    if size is not None:
        phone.page.set_viewport_size(size)
    phone.page.add_init_script(MESSENGER)
    phone.page.goto(f"{phone.address}/m/")
    expect(phone.see("unsupported")).to_be_visible()
    phone.page.locator(".qr img").evaluate("(img) => img.decode()")
    yield "messenger"
    phone.page.close()
    phone.page = own


def before_leaving(phone: Phone) -> Iterator[str]:
    """Go through what surrounds the inspections; somebody is signed in and looks at their own page."""
    phone.see("to-check").click()
    expect(phone.see("check-offline")).to_be_visible()
    yield "check"
    phone.see("check-pin").get_by_role("link").click()
    expect(phone.see("keep-pin")).to_be_visible()
    yield "pin"
    for field in ("new-pin", "new-pin-again"):
        phone.see(field).fill("402913")
    phone.see("keep-pin").click()
    phone.see("lock-now").click()
    expect(phone.see("unlock-pin")).to_be_visible()
    yield "locked"
    phone.see("unlock-pin").fill("402913")
    expect(phone.see("tab-tasks")).to_be_visible()
    phone.page.goto(f"{phone.address}/m/#/install")
    expect(phone.page.locator("main h2").first).to_be_visible()
    yield "install"
    yield from _in_messenger(phone)
    phone.page.goto(f"{phone.address}/m/#/add")
    expect(phone.see("add-keep")).to_be_visible()
    yield "add"
    phone.see("add-keep").click()
    expect(phone.page.locator(".form-error")).to_be_visible()
    yield "add-errors"
    phone.page.goto(f"{phone.address}/m/#/tasks")
    expect(phone.see("next-plot")).to_be_visible()
    phone.page.locator("a.task:has(.tag-plain)").first.click()
    phone.see("cannot-today").click()
    yield "not-today"


def desk_screens(page: Page, address: str) -> Iterator[str]:
    """Look at every page of desk and archive as the first township's reviewer; nobody is signed in yet."""
    page.goto(f"{address}/")
    yield "front"
    page.goto(f"{address}/desk/login")
    yield "login"
    _sign_in(page, address, "shenhe01", "not the password")
    yield "login-refused"
    _sign_in(page, address, "shenhe01")
    _send_nonsense(page, address)
    for tab in TABS:
        page.goto(f"{address}/desk/?tab={tab}")
        yield f"queue-{tab.replace('_', '-')}"
    for tab in ("awaiting_review", "approved", "receiving"):
        page.goto(f"{address}/desk/?tab={tab}")
        page.goto(address + str(page.locator('a[href^="/desk/submissions/"]').first.get_attribute("href")))
        yield f"submission-{tab.replace('_', '-')}"
    page.goto(f"{address}/desk/?tab=quarantine")
    page.goto(address + str(page.locator('a[href^="/desk/quarantine/"]').first.get_attribute("href")))
    yield "quarantine-item"
    page.goto(f"{address}/desk/")
    page.locator('a[href^="/desk/submissions/"]').first.click()
    page.locator("#decision-card button[type=submit]").click()
    expect(page.locator("#decision-error")).to_be_visible()
    yield "submission-errors"
    page.locator('input[name="decision"][value="returned"]').check()
    page.locator('input[name="preset"]').first.check()
    page.locator("#decision-card button[type=submit]").click()
    expect(page.locator(".notice__next")).to_be_visible()
    yield "queue-decided"
    page.goto(f"{address}/desk/courier")
    yield "courier"
    page.goto(f"{address}/desk/visits")
    yield "visits"
    page.goto(f"{address}/problems/task_mismatch")
    yield "problem"
    page.goto(f"{address}/archive/")
    yield "archive"
    page.goto(f"{address}/archive/?from=2020-01-01&to=2020-01-02")
    yield "archive-empty"
    page.goto(f"{address}/archive/")
    photo = str(page.locator('a[href^="/archive/photos/"].thumbs__link').first.get_attribute("href"))
    page.goto(f"{address}{photo}?verify=1")
    yield "photo"
    page.goto(f"{address}/archive/nothing-here")
    yield "not-found"
    page.goto(f"{address}/desk/jobs")
    yield "forbidden"
    _sign_in(page, address, "xianban01")
    page.goto(f"{address}/desk/jobs")
    yield "jobs"


def _sign_in(page: Page, address: str, name: str, password: str = DEMO_PASSWORD) -> None:
    page.context.clear_cookies(name="yanshou_session")
    page.goto(f"{address}/desk/login")
    page.locator("#name").fill(name)
    page.locator("#password").fill(password)
    page.locator("main form button[type=submit]").click()
    expect(page.locator(".bar__who") if password == DEMO_PASSWORD else page.locator("#password-error")).to_have_count(1)


def _send_nonsense(page: Page, address: str) -> None:
    """What no phone of ours sends, so that something lies in quarantine."""
    who = {"name": "yanshou01", "password": DEMO_PASSWORD, "device_id": str(uuid4())}
    token = page.request.post(f"{address}/api/session", data=who).json()["token"]
    answer = page.request.put(
        f"{address}/api/submissions/{uuid4()}",
        data={"schema": 1, "remark": "not a submission", "photos": []},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status == 202
