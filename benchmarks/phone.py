"""The phone app on a slow phone: how soon it can be used offline, how soon a tap is answered, at 6× CPU throttle."""

import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.figures import emit, percentile
from server.demo.accounts import DEMO_PASSWORD
from tests.support.browser import launch_phone
from tests.support.live_server import live_server

SLOWER = 6
# From the start of navigation until the first row of tasks has been painted.
UNTIL_USABLE = """() => new Promise((done) => {
  const look = () => document.querySelector('[data-testid=task-row]')
    ? requestAnimationFrame(() => done(performance.now()))
    : setTimeout(look, 5)
  look()
})"""
# From a tap until the frame that shows its figure.
TAP = """() => new Promise((done) => {
  const before = performance.now()
  document.querySelector('[data-testid=tap-live]').click()
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - before)))
})"""


def measure_phone(quick: bool) -> None:
    """Sign in once, then start again and again without a network, and tap trees."""
    starts, taps = (3, 20) if quick else (15, 200)
    with tempfile.TemporaryDirectory(prefix="yanshou-bench-") as folder, sync_playwright() as playwright:
        data = Path(folder) / "data"
        with live_server(data, f"sqlite:///{data / 'yanshou.sqlite'}") as server:
            context = launch_phone(playwright, Path(folder) / "phone", sharp=True)
            context.set_geolocation({"longitude": 109.4, "latitude": 25.2, "accuracy": 4.0})
            page = context.new_page()
            page.goto(f"{server.url}/m/")
            page.get_by_test_id("signin-name").fill("yanshou01")
            page.get_by_test_id("signin-password").fill(DEMO_PASSWORD)
            page.get_by_test_id("signin-submit").click()
            page.get_by_test_id("task-row").first.wait_for()
            page.wait_for_function("() => navigator.serviceWorker.controller !== null")
            context.set_offline(True)
            _slow(page)
            took = []
            for _ in range(starts):
                page.reload(wait_until="commit")
                took.append(page.evaluate(UNTIL_USABLE))
            emit("phone_start_offline", cpu_slower=SLOWER, starts=starts, **_figures(took))
            page.get_by_test_id("task-row").first.click()
            page.get_by_test_id("start-inspection").click()
            page.get_by_test_id("step-counts").click()
            page.get_by_test_id("tap-live").wait_for()
            emit("phone_tap", cpu_slower=SLOWER, taps=taps, **_figures([page.evaluate(TAP) for _ in range(taps)]))
            context.close()


def _slow(page: Page) -> None:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})


def _figures(values_ms: list[float]) -> dict[str, float]:
    return {f"p{share}_ms": round(percentile(values_ms, share / 100), 1) for share in (50, 95)}
