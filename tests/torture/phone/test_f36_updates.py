"""
F36: a new build of the app arrives while a capture is open and the outbox is full.

Earlier releases of the phone, and the present one under other names, are updated to the one at hand, in front of the
server at hand and of an earlier one.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect

from server.demo.accounts import DEMO_PASSWORD
from tests.support.browser import PATIENCE_MS
from tests.support.live_server import LiveServer, live_server
from tests.support.phone import Phone
from tests.support.phone_storage import delete_one, plant_items, read_phone
from tests.support.visit import CORNERS, START, answer, begin, finish, photograph
from tests.torture.figures import report
from tests.torture.phone.builds import BUILT, earlier_release, other_build
from tests.torture.phone.front import Front, front_of
from tests.torture.phone.kept import walk_on
from tests.torture.phone.worker import wake
from tests.torture.sizes import FULL, size

ENTRY = "document.querySelector('script[type=module]').src"
MARK = "globalThis.mark = true"
MARKED = "globalThis.mark === true"
WAITING = "async () => (await navigator.serviceWorker.getRegistration('/m/')).waiting !== null"
# The word to the old worker is swallowed.
NEVER_ASIDE = """
(() => {
  const { postMessage } = ServiceWorker.prototype
  ServiceWorker.prototype.postMessage = function (said, ...rest) {
    if (said !== 'step-aside') postMessage.call(this, said, ...rest)
  }
})()
"""
PRESENT = "present"
# The releases of tests/torture/phone/releases; of the first only the phone app is kept.
BEFORE, FIRST = "bd3831e", "325be23"
PAIRS = [(PRESENT, PRESENT), (BEFORE, PRESENT), (FIRST, PRESENT), (PRESENT, BEFORE), (BEFORE, BEFORE), (FIRST, BEFORE)]


@pytest.fixture(scope="module")
def earlier_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """The server of the release before, with its own database and demonstration."""
    folder = tmp_path_factory.mktemp("before")
    source = earlier_release(BEFORE, folder / "source")
    with live_server(folder / "data", f"sqlite:///{folder / 'yanshou.sqlite'}", source=source) as server:
        yield server


@pytest.fixture
def front(request: pytest.FixtureRequest, tmp_path: Path, pair: tuple[str, str]) -> Iterator[Front]:
    """The server of one release with the phone app of another."""
    client, server = pair
    found: LiveServer = request.getfixturevalue("demo" if server == PRESENT else "earlier_server")
    folder = tmp_path / "client"
    with front_of(found.url) as front:
        if client == PRESENT:
            front.build = other_build(folder)
        else:
            front.build = earlier_release(client, folder) / "server" / "static" / "m"
        yield front


def fetch_update(phone: Phone) -> None:
    """Let the browser look for a new build, and wait until it waits."""
    phone.page.evaluate("navigator.serviceWorker.getRegistration('/m/').then((known) => known.update())")
    phone.wait_until(lambda: bool(phone.page.evaluate(WAITING)), within_s=90)


def lost_items(planted: list[str], found: dict[str, Any]) -> int:
    """How many of the outbox's items are not with the server, as far as the phone has it signed."""
    return len(set(planted) - {item["submission_id"] for item in found["outbox"] if item["receipt"]})


@pytest.mark.parametrize("pair", PAIRS if FULL else PAIRS[1:3], ids="-".join)
def test_an_update_neither_interrupts_nor_loses(
    new_phone: Callable[..., Phone], front: Front, pair: tuple[str, str]
) -> None:
    """It waits for the capture, is let in by a tap, and the other tab goes on with its own files, even offline."""
    client, server = pair
    phone = new_phone(address=front.url)
    phone.switch_on(at=START)
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    phone.wait_for_service_worker()
    old = phone.page.evaluate(ENTRY)
    items = size("UPDATE_ITEMS")
    phone.context.set_offline(True)
    planted = plant_items(phone.page, items)
    begin(phone, row=1)
    phone.see("walk-start").click()
    expect(phone.see("walk-fixes")).to_have_text("1")
    capture = phone.page.url.partition("#")[2]
    phone.page.evaluate(MARK)
    other = phone.context.new_page()
    other.goto(f"{phone.address}/m/#/tasks")
    expect(other.get_by_test_id("task-row").first).to_be_visible()
    other.evaluate(MARK)

    front.build = BUILT
    phone.context.set_offline(False)
    fetch_update(phone)
    update = phone.page.locator(".update")
    interrupted = update.count() + (not phone.page.evaluate(MARKED))
    other.locator(".update").click()
    expect(other.locator(".update")).to_contain_text("完成后再更新")
    forced = 0 if phone.page.evaluate(MARKED) and other.evaluate(MARKED) else 1

    phone.page.goto(f"{phone.address}/m/#/tasks")
    update.click()
    # The worker of the first release does not step aside: it sends what it began.
    phone.page.wait_for_function(f"() => {ENTRY} !== '{old}'", timeout=120_000 if client == FIRST else PATIENCE_MS)
    expect(phone.see("task-row").first).to_be_visible()
    forced += 0 if other.evaluate(MARKED) else 1
    # The other tab opens a screen whose code it has not read yet, without a network.
    phone.context.set_offline(True)
    other.locator(".chip-open").click()
    other.get_by_test_id("task-row").nth(2).click()
    expect(other.get_by_test_id("start-inspection")).to_be_visible()
    stuck = 0 if other.evaluate(MARKED) else 1
    phone.page.reload()
    expect(phone.see("task-row").first).to_be_visible()
    phone.context.set_offline(False)
    if client == FIRST:
        # Its notice led nowhere once another tab had let the new build in; whoever opened the app anew had it.
        other.reload()
    else:
        other.locator(".update").click()
    other.wait_for_function(f"() => !globalThis.mark && {ENTRY} !== '{old}'")
    other.close()

    # What was begun with the old build is finished with the new one.
    phone.page.goto(f"{phone.address}/m/#{capture}")
    walk_on(phone)
    phone.walk(CORNERS)
    phone.close_ring()
    photograph(phone, seed=1)
    answer(phone)
    planted.append(finish(phone))
    done = phone.page.locator('[data-testid="outbox-item"][data-state="received"]')
    expect(done).to_have_count(items + 1, timeout=120_000)
    after = read_phone(phone.page)
    lost = lost_items(planted, after)
    counts = {"interrupted": interrupted, "forced_reloads": forced, "stuck": stuck, "lost": lost}
    report("F36", client=client, server=server, queued=items, drafts=1, **counts)

    assert set(counts.values()) == {0}
    delete_one(phone.page, "outbox")
    assert lost_items(planted, read_phone(phone.page)) == 1


def let_in_while_the_worker_sends(phone: Phone, front: Front, client: Path, *, fault: str = "") -> dict[str, Any]:
    """Tap the update while the old worker sends ten items over a slow line; see whether it came within 15 s."""
    front.build = other_build(client)
    phone.switch_on(at=START)
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    phone.wait_for_service_worker()
    old = phone.page.evaluate(ENTRY)
    phone.context.set_offline(True)
    planted = plant_items(phone.page, 10)
    front.delay_s = 2.0
    phone.context.set_offline(False)
    # A page of the site where no code of the app runs.
    phone.page.goto(f"{phone.address}/healthz")
    asked = len(front.seen)
    wake(phone, phone.context.new_cdp_session(phone.page))
    phone.wait_until(lambda: any("/api/submissions/" in each.path for each in front.seen[asked:]), within_s=30)
    phone.context.add_init_script(fault)
    phone.page.goto(f"{phone.address}/m/#/outbox")
    front.build = BUILT
    fetch_update(phone)
    expect(phone.page.locator(".update")).to_be_visible(timeout=90_000)
    unsent = lost_items(planted, read_phone(phone.page))

    began = time.monotonic()
    phone.page.locator(".update").click()
    with suppress(PlaywrightTimeout):
        phone.page.wait_for_function(f"() => {ENTRY} !== '{old}'", timeout=15_000)
    waited_s = round(time.monotonic() - began, 1)
    came = phone.page.evaluate(ENTRY) != old
    front.delay_s = 0.0
    phone.page.wait_for_function(f"() => {ENTRY} !== '{old}'", timeout=120_000)
    done = phone.page.locator('[data-testid="outbox-item"][data-state="received"]')
    expect(done).to_have_count(len(planted), timeout=120_000)
    lost = lost_items(planted, read_phone(phone.page))
    return {"queued": len(planted), "unsent_at_the_tap": unsent, "came": came, "waited_s": waited_s, "lost": lost}


def test_a_worker_that_sends_in_the_background_steps_aside(
    new_phone: Callable[..., Phone], demo: LiveServer, tmp_path: Path
) -> None:
    """A browser lets a new build in only when the old worker has come to rest; over a slow line that took minutes."""
    with front_of(demo.url) as front:
        counts = let_in_while_the_worker_sends(new_phone(address=front.url), front, tmp_path / "client")
        report("F36 worker", **counts)

        assert counts["unsent_at_the_tap"] > 0
        assert counts["came"]
        assert counts["lost"] == 0


def test_a_worker_that_is_not_told_to_step_aside_keeps_the_new_build_out(
    new_phone: Callable[..., Phone], demo: LiveServer, tmp_path: Path
) -> None:
    """The control: the word never reaches the worker; else the browser might not wait for it at all."""
    with front_of(demo.url) as front:
        phone = new_phone(address=front.url)
        counts = let_in_while_the_worker_sends(phone, front, tmp_path / "client", fault=NEVER_ASIDE)
        report("F36 worker control", fault="the worker is not told to step aside", **counts)

        assert counts["unsent_at_the_tap"] > 0
        assert not counts["came"]
        assert counts["lost"] == 0
