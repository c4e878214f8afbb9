"""
Firefox and WebKitGTK, the other two engines, driven through one small interface.

Firefox speaks WebDriver BiDi by itself; WebKitGTK, the nearest there is to Safari here, has a WebDriver of its own and
wants a screen, which Xvfb gives. Playwright brings builds of its own of both; these are the system's.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.by import By
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service
from selenium.webdriver.webkitgtk.webdriver import WebDriver
from websockets.sync.client import ClientConnection, connect

WAIT_S = 30
# Firefox asks nobody: it is an inspector's phone that was allowed once.
FIREFOX_PREFERENCES = {
    "geo.prompt.testing": True,
    "geo.prompt.testing.allow": True,
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "intl.locale.requested": "zh-CN",
    "intl.accept_languages": "zh-CN,zh",
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
}


class Engine(Protocol):
    """A browser with one page."""

    def open(self, address: str) -> None:
        """Go there and wait until the page has loaded."""

    def run(self, expression: str) -> Any:
        """Evaluate a JavaScript expression (a promise is awaited); what comes back has been through JSON."""

    def choose_file(self, selector: str, path: Path) -> None:
        """Give a file to a file input."""

    def draw(self, points: Sequence[tuple[int, int]]) -> None:
        """Press at the first point of the window, move along the others, let go."""


def wait_for(engine: Engine, expression: str, *, seconds: float = WAIT_S) -> Any:
    """Wait until an expression is true; return its value."""
    give_up_at = time.monotonic() + seconds
    while True:
        value = engine.run(expression)
        if value:
            return value
        if time.monotonic() > give_up_at:
            seen = engine.run("document.body.innerText.slice(0, 600)")
            raise AssertionError(f"not within {seconds:g} s: {expression}\nthe page says: {seen}")
        time.sleep(0.1)


class Firefox:
    """Firefox ESR over WebDriver BiDi."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0
        self._call("session.new", {"capabilities": {}})
        self._context = self._call("browsingContext.getTree", {})["contexts"][0]["context"]

    def _call(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv(timeout=WAIT_S * 2))
            if answer.get("id") != self._number:
                continue
            if answer["type"] == "error":
                raise RuntimeError(f"{method}: {answer['error']}: {answer['message']}")
            return dict(answer["result"])

    def open(self, address: str) -> None:
        """Go there and wait until the page has loaded."""
        self._call("browsingContext.navigate", {"context": self._context, "url": address, "wait": "complete"})

    def run(self, expression: str) -> Any:
        """Evaluate an expression; what comes back has been through JSON."""
        found = self._call(
            "script.evaluate",
            {
                "expression": f"(async () => JSON.stringify((await ({expression})) ?? null))()",
                "target": {"context": self._context},
                "awaitPromise": True,
                "userActivation": True,
            },
        )
        if found["type"] != "success":
            raise RuntimeError(found["exceptionDetails"]["text"])
        return json.loads(found["result"]["value"])

    def choose_file(self, selector: str, path: Path) -> None:
        """Give a file to a file input."""
        where = {"context": self._context, "locator": {"type": "css", "value": selector}}
        node = self._call("browsingContext.locateNodes", where)["nodes"][0]
        chosen = {"context": self._context, "element": {"sharedId": node["sharedId"]}, "files": [str(path)]}
        self._call("input.setFiles", chosen)

    def draw(self, points: Sequence[tuple[int, int]]) -> None:
        """Press at the first point, move along the others, let go."""
        first, *others = ({"type": "pointerMove", "x": x, "y": y} for x, y in points)
        actions = [first, {"type": "pointerDown", "button": 0}, *others, {"type": "pointerUp", "button": 0}]
        hand = {"type": "pointer", "id": "hand", "parameters": {"pointerType": "mouse"}, "actions": actions}
        self._call("input.performActions", {"context": self._context, "actions": [hand]})


class WebKit:
    """WebKitGTK's MiniBrowser through its WebDriver."""

    def __init__(self, driver: WebDriver) -> None:
        self._driver = driver
        self._driver.set_script_timeout(WAIT_S)

    def open(self, address: str) -> None:
        """Go there and wait until the page has loaded."""
        self._driver.get(address)

    def run(self, expression: str) -> Any:
        """Evaluate an expression; what comes back has been through JSON."""
        said = self._driver.execute_async_script(
            f"const done = arguments[0]; (async () => JSON.stringify((await ({expression})) ?? null))()"
            ".then((text) => done({ text }), (error) => done({ error: String(error) }))"
        )
        if "error" in said:
            raise RuntimeError(said["error"])
        return json.loads(said["text"])

    def choose_file(self, selector: str, path: Path) -> None:
        """Give a file to a file input."""
        self._driver.find_element(By.CSS_SELECTOR, selector).send_keys(str(path))

    def draw(self, points: Sequence[tuple[int, int]]) -> None:
        """Press at the first point, move along the others, let go."""
        actions = ActionBuilder(self._driver)
        hand = actions.pointer_action
        hand.move_to_location(*points[0])
        hand.pointer_down()
        for x, y in points[1:]:
            hand.move_to_location(x, y)
        hand.pointer_up()
        actions.perform()


@contextmanager
def firefox() -> Iterator[Engine]:
    """A Firefox with a profile of its own."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        raise LookupError("The tests need Firefox: apt-get install firefox-esr.")
    with ExitStack() as stack:
        profile = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yanshou-firefox-")))
        (profile / "user.js").write_text(
            "".join(f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in FIREFOX_PREFERENCES.items())
        )
        log = profile / "firefox.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [program, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, "HOME": str(profile), "MOZ_HEADLESS_WIDTH": "412", "MOZ_HEADLESS_HEIGHT": "915"},
            )
        stack.callback(_end, process)
        address = _read_when_there(log, r"WebDriver BiDi listening on (ws://\S+)", process)
        socket = stack.enter_context(connect(f"{address}/session", origin=None, max_size=None, proxy=None))
        yield Firefox(socket)


@contextmanager
def webkit() -> Iterator[Engine]:
    """A MiniBrowser on a screen of its own."""
    browsers = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))
    if not browsers or shutil.which("WebKitWebDriver") is None or shutil.which("Xvfb") is None:
        raise LookupError("The tests need WebKitGTK: apt-get install webkit2gtk-driver xvfb.")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yanshou-webkit-")))
        number = folder / "display"
        with number.open("wb") as out:
            screen = subprocess.Popen(
                ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.DEVNULL,
            )
        stack.callback(_end, screen)
        display = _read_when_there(number, r"(\d+)\n", screen)
        options = Options()
        options.binary_location = str(browsers[-1])
        options.add_argument("--automation")
        service = Service(
            shutil.which("WebKitWebDriver"),
            env={
                **os.environ,
                "DISPLAY": f":{display}",
                "HOME": str(folder),
                "XDG_RUNTIME_DIR": str(folder),
                "LANG": "zh_CN.UTF-8",
                "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
                "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
                "LIBGL_ALWAYS_SOFTWARE": "1",
            },
        )
        driver = WebDriver(options=options, service=service)
        stack.callback(driver.quit)
        driver.set_window_size(420, 960)
        yield WebKit(driver)


def _read_when_there(file: Path, pattern: str, process: subprocess.Popen[bytes]) -> str:
    give_up_at = time.monotonic() + WAIT_S
    while time.monotonic() < give_up_at and process.poll() is None:
        found = re.search(pattern, file.read_text(errors="replace"))
        if found:
            return found[1]
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} did not start:\n{file.read_text(errors='replace')[-2000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


ENGINES: dict[str, Callable[[], Any]] = {"firefox": firefox, "webkit": webkit}
