"""A tap on a counter answers at once, also on a phone six times slower than this machine."""

from pathlib import Path
from statistics import median

from playwright.sync_api import Playwright, expect

from server.demo.accounts import DEMO_PASSWORD
from server.demo.landscape import make_landscape
from tests.support.live_server import live_server
from tests.support.phone import Phone
from tests.support.tracks import walk_around

SLOWER, ROWS, TAPS, ROUNDS, MOST_MS = 6, 40, 15, 3, 50

# From the tap until its picture is on the screen, as the browser itself measures it, in steps of 8 ms.
WATCH = """() => {
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (entry.name === 'click') window.tapsMs.push(entry.duration)
  }).observe({ type: 'event', durationThreshold: 16 })
}"""


def test_a_tap_on_a_counter_answers_within_50_ms(playwright: Playwright, tmp_path: Path) -> None:
    """Sixty trees a mu are tapped one by one: a counter that lags is a counter that is mistrusted."""
    plot = make_landscape().plots[5]
    fixes = walk_around(plot.ring, seed=5)[::4]
    with live_server(tmp_path / "data", f"sqlite:///{tmp_path / 'yanshou.sqlite'}") as server:
        phone = Phone(playwright, tmp_path / "phone", server.url)
        phone.switch_on()
        try:
            phone.sign_in("yanshou01", DEMO_PASSWORD)
            phone.inspect_land(plot.id, fixes, {})
            phone.see("step-counts").click()
            phone.see("count-live").fill("5")
            for _row in range(ROWS - 1):
                phone.see("next-row").click()
            expect(phone.see("total-live")).to_have_text(str(5 * ROWS))
            wire = phone.context.new_cdp_session(phone.page)
            wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
            phone.page.evaluate(WATCH)
            # Other work on this machine can only make a round slower than the phone would be.
            rounds = [_median_ms(phone) for _round in range(ROUNDS)]
            wire.send("Emulation.setCPUThrottlingRate", {"rate": 1})
            expect(phone.see("total-live")).to_have_text(str(5 * ROWS + TAPS * ROUNDS))
        finally:
            phone.switch_off()

    print(f"a tap at {SLOWER}x, medians of {TAPS}: {rounds} ms")
    assert min(rounds) <= MOST_MS


def _median_ms(phone: Phone) -> float:
    phone.page.evaluate("() => { window.tapsMs = [] }")
    for _tap in range(TAPS):
        phone.see("tap-live").tap()
        phone.page.wait_for_timeout(120)
    slow: list[float] = phone.page.evaluate("() => window.tapsMs")
    # What answers within 16 ms is not reported at all.
    return median([*slow, *[16.0] * (TAPS - len(slow))])
