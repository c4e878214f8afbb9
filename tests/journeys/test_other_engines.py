"""
The other two engines: installed, offline, one plot captured, sent and received, in Firefox and in WebKitGTK.

WebKitGTK is the nearest there is to Safari on this kind of machine. The network is cut by stopping the server: the
phone then meets what it meets in an orchard, an address that does not answer.
"""

import json
from math import sin
from pathlib import Path

import pytest

from server.demo.accounts import DEMO_PASSWORD
from server.demo.landscape import Plot, make_landscape
from tests.support.demonstration import Demonstration
from tests.support.engines import ENGINES, Engine, wait_for
from tests.support.pictures import small_picture
from tests.support.tracks import walk_around

KINDS = ("panorama", "spacing", "groundwork", "tree", "household")
# Neither browser gives positions to a test by itself: the page's geolocation is spoken for, all behind it is real.
RECEIVER = """(() => {
  const watchers = new Map()
  let last = null
  let number = 0
  const position = (fix) => ({ timestamp: Date.now(), coords: { ...fix, altitude: null, heading: null, speed: null } })
  navigator.geolocation.watchPosition = (found) => {
    watchers.set(++number, found)
    if (last) found(last)
    return number
  }
  navigator.geolocation.clearWatch = (id) => { watchers.delete(id) }
  navigator.geolocation.getCurrentPosition = (found) => { if (last) found(last) }
  window.standAt = (longitude, latitude, accuracy) => {
    last = position({ longitude, latitude, accuracy })
    for (const found of watchers.values()) found(last)
  }
  return true
})()"""
MET = """document.querySelectorAll('[data-testid^="answer-"][data-testid$="-met"]')"""
PAD = """((box) => [box.left, box.top, box.width, box.height])(
  document.querySelector('[data-testid="sign-pad"]').getBoundingClientRect())"""


@pytest.fixture
def plot() -> Plot:
    """A plot of the first village."""
    return make_landscape().plots[2]


@pytest.mark.parametrize("name", ENGINES)
def test_a_plot_is_captured_offline_and_received(
    name: str, plot: Plot, demonstration: Demonstration, tmp_path: Path
) -> None:
    """An iPhone's and a Firefox user's evidence is as safe as a Chromium user's."""
    with (
        demonstration.server("sqlite", tmp_path) as server,
        ENGINES[name]() as engine,
    ):
        hand = Hand(engine)
        engine.open(f"{server.url}/m/")
        hand.type("signin-name", "yanshou01")
        hand.type("signin-password", DEMO_PASSWORD)
        hand.tap("signin-submit")
        hand.see("task-row")
        wait_for(
            engine, "navigator.serviceWorker.ready.then((r) => Boolean(r.active && navigator.serviceWorker.controller))"
        )
        server.stop()

        engine.run("void ((window.was_there = true), location.reload())")
        wait_for(engine, f"!window.was_there && {_find('task-row')} !== null")
        engine.run(RECEIVER)
        engine.run(f"location.hash = '#/plot/{plot.id}'")
        hand.tap("start-inspection")
        hand.walk(plot)
        hand.photograph(tmp_path)
        hand.count(round(plot.true_mu * 62))
        hand.answer_standards()
        hand.sign()
        hand.tap("finish")
        wait_for(engine, "document.querySelector('[data-testid=outbox-item]')?.dataset.state === 'queued'")
        server.start()

        wait_for(
            engine, "document.querySelector('[data-testid=outbox-item]')?.dataset.state === 'received'", seconds=60
        )


class Hand:
    """What is tapped and typed in a page, whichever engine shows it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def see(self, test_id: str) -> None:
        """Wait until something is there and may be used."""
        wait_for(
            self.engine,
            f"""((it) => it && it.getAttribute('aria-disabled') !== 'true')({_find(test_id)})""",
        )

    def tap(self, test_id: str) -> None:
        """Wait for something and click it."""
        self.see(test_id)
        self.engine.run(f"{_find(test_id)}.click()")

    def type(self, test_id: str, text: str) -> None:
        """Put a text into a field, as its own input event."""
        self.see(test_id)
        self.engine.run(
            f"((field) => {{ field.value = {json.dumps(text)};"
            f" field.dispatchEvent(new Event('input', {{ bubbles: true }})) }})({_find(test_id)})"
        )

    def there(self, test_id: str) -> bool:
        """Whether something is on the screen now."""
        return bool(self.engine.run(f"{_find(test_id)} !== null"))

    def walk(self, plot: Plot) -> None:
        """Walk round; fixes close to each other, as the seconds between them are not waited for."""
        fixes = walk_around(plot.ring, seed=5)[::3]
        self._stand(fixes[0])
        self.tap("walk-start")
        for number, fix in enumerate(fixes[1:], start=2):
            self._stand(fix)
            wait_for(self.engine, f"Number({_find('walk-fixes')}?.textContent) >= {number}")
        self.tap("walk-close")
        if self.there("ask-yes"):
            self.tap("ask-yes")

    def _stand(self, fix: object) -> None:
        lon, lat, accuracy_m = fix.lon, fix.lat, fix.accuracy_m  # type: ignore[attr-defined]
        self.engine.run(f"window.standAt({lon}, {lat}, {accuracy_m})")

    def photograph(self, folder: Path) -> None:
        """Give every required shot its picture; say why where the phone asks."""
        self.tap("step-photos")
        for number, kind in enumerate(KINDS):
            picture = small_picture(300 + number)
            file = folder / picture.name
            file.write_bytes(picture.body)
            self.see(f"shot-input-{kind}")
            self.engine.choose_file(f'[data-testid="shot-input-{kind}"]', file)
            wait_for(self.engine, f"""{_find(f"shot-{kind}")}.querySelector('.thumbs img') !== null""")
            if self.there("explain"):
                self.tap("use-anyway")
                self.tap("reason")

    def count(self, live: int) -> None:
        """Type the trees alive."""
        self.tap("step-counts")
        self.type("count-live", str(live))

    def answer_standards(self) -> None:
        """Every standard is met."""
        self.tap("step-standards")
        wait_for(self.engine, f"{MET}.length > 0")
        self.engine.run(f"{MET}.forEach((each) => each.click())")

    def sign(self) -> None:
        """Two inspectors and the household draw on the pad."""
        self.tap("step-confirm")
        for number, (signer, name) in enumerate((("inspector-1", ""), ("inspector-2", "覃志明"), ("household", ""))):
            self.tap(f"sign-{signer}")
            if name:
                self.type("sign-name", name)
            # The sheet opens a moment after it is there.
            wait_for(self.engine, f"({_find('sign-pad')}?.getBoundingClientRect().width ?? 0) > 0")
            self.engine.run(f"{_find('sign-pad')}.scrollIntoView({{ block: 'center' }})")
            left, top, width, height = self.engine.run(PAD)
            shares = [step / 10 for step in range(1, 10)]
            wave = [0.5 + 0.3 * sin(number + 9 * share) for share in shares]
            self.engine.draw(
                [(round(left + x * width), round(top + y * height)) for x, y in zip(shares, wave, strict=True)]
            )
            self.tap("sign-keep")
            wait_for(self.engine, f"""{_find(f"signer-{signer}")}?.querySelector('img') != null""")
            # Shown at once, on disk right behind: the next signature belongs on a sheet of its own.
            wait_for(self.engine, "document.querySelector('dialog[open]') === null")


def _find(test_id: str) -> str:
    return f"""document.querySelector('[data-testid="{test_id}"]')"""
