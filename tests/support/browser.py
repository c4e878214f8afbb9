"""A real Chromium as a phone and as a desk computer, and what happens to phones: the process dies."""

import os
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Playwright, expect

from tests.support.processes import descendants, is_alive

FLAGS = (
    *("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
)

# How long a page may take is measured elsewhere: here a disk that stalls for some seconds must fail nothing.
PATIENCE_MS = 15_000
expect.set_options(timeout=PATIENCE_MS)


class BrowserMissing(LookupError):
    """No Chromium on this machine."""


def find_chromium() -> str:
    """
    The Chromium named by `CHROMIUM`, or the system's.

    Raises:
        BrowserMissing: There is none.
    """
    for candidate in (os.environ.get("CHROMIUM"), "/usr/bin/chromium", shutil.which("chromium-browser")):
        if candidate and Path(candidate).exists():
            return candidate
    raise BrowserMissing("The tests need Chromium: apt-get install chromium, or name one in the variable CHROMIUM.")


def launch_phone(
    playwright: Playwright,
    profile: Path,
    *,
    locale: str = "zh-CN",
    timezone: str = "Asia/Shanghai",
    sharp: bool = False,
) -> BrowserContext:
    """
    Open a phone on its profile folder: what it stores outlives the browser, as on a phone.

    Geolocation and camera are granted; the camera shows Chromium's moving test picture. Without a graphics processor a
    phone's full sharpness, seven times the pixels, costs a third of a walk: only who looks at pictures needs it.
    """
    pixel = {name: value for name, value in playwright.devices["Pixel 7"].items() if name != "default_browser_type"}
    if not sharp:
        pixel["device_scale_factor"] = 1
    context = playwright.chromium.launch_persistent_context(
        str(profile),
        executable_path=find_chromium(),
        args=list(FLAGS),
        headless=True,
        locale=locale,
        timezone_id=timezone,
        permissions=["geolocation", "camera"],
        **pixel,
    )
    context.set_default_timeout(PATIENCE_MS)
    return context


def launch_desk(playwright: Playwright) -> Browser:
    """Start a browser for desk pages; contexts in it are separate people."""
    return playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS), headless=True)


def desk_context(browser: Browser, *, locale: str = "zh-CN", javascript: bool = True) -> BrowserContext:
    """Open a desk computer's window, 1440 x 900."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900},
        locale=locale,
        timezone_id="Asia/Shanghai",
        java_script_enabled=javascript,
    )
    context.set_default_timeout(PATIENCE_MS)
    return context


def browser_pid(profile: Path) -> int:
    """Process id of the browser (not one of its helpers) that runs on a profile folder."""
    wanted = f"--user-data-dir={profile}".encode()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            arguments = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if wanted in arguments and not any(argument.startswith(b"--type=") for argument in arguments):
            return int(entry.name)
    raise LookupError(f"no browser runs on {profile}")


def kill_browser(profile: Path) -> None:
    """Kill the browser as a phone's system does: no warning, no last words (SIGKILL), then wait until it is gone."""
    pid = browser_pid(profile)
    children = descendants(pid)
    os.kill(pid, signal.SIGKILL)
    give_up_at = time.monotonic() + 10
    while any(is_alive(process) for process in (pid, *children)):
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"the browser {pid} is still there")
        time.sleep(0.05)
    free_profile(profile)


def free_profile(profile: Path) -> None:
    """Take away the lock a killed browser leaves behind, which names a process that is no more; not on a dead disk."""
    for name in ("SingletonLock", "SingletonSocket", "SingletonCookie"):
        with suppress(OSError):
            (profile / name).unlink()
