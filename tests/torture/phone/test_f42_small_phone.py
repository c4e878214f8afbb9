"""F42: many photos of twelve megapixels on a phone with little memory: the browser may die of it, no photo may."""

import hashlib
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Error

from server.demo.accounts import DEMO_PASSWORD
from tests.support.browser import browser_pid
from tests.support.phone import Phone
from tests.support.phone_storage import read_phone
from tests.support.pictures import phone_picture
from tests.support.processes import descendants
from tests.support.visit import KINDS, START, begin
from tests.torture.figures import not_run, report
from tests.torture.phone.kept import KEEPS_HALF, half_saved
from tests.torture.phone.memory import MemoryGroup, NoGroup, memory_group
from tests.torture.sizes import size

LIMIT_BYTES = 700_000_000


def confine(phone: Phone, group: MemoryGroup) -> None:
    """Put the phone's browser into the group."""
    pid = browser_pid(phone.profile)
    group.take([pid, *descendants(pid)])


def photograph_with_little_memory(phone: Phone, wanted: int) -> dict[str, Any]:
    """
    Take so many large photos in a browser that may use so much memory and no more; count what is left of them.

    Raises:
        NoGroup: No such limit can be set here.
    """
    shown: set[str] = set()
    deaths = 0
    pictures = [phone_picture(number) for number in range(wanted)]
    with memory_group(LIMIT_BYTES) as group:
        phone.switch_on(at=START)
        phone.sign_in("yanshou01", DEMO_PASSWORD)
        phone.wait_for_service_worker()
        confine(phone, group)
        begin(phone, row=11)
        phone.see("step-photos").click()
        for number, picture in enumerate(pictures):
            try:
                phone.photograph(KINDS[number % len(KINDS)], picture, within_s=60)
                shown.add(hashlib.sha256(picture.body).hexdigest())
            except (Error, AssertionError):
                deaths += 1
                phone.kill()
                phone.switch_on(at=START)
                confine(phone, group)
                phone.see("step-photos").click()
        found = read_phone(phone.page)
        kills, peak_mb = group.kills, round(group.peak_bytes / 1e6)
        phone.switch_off()
    kept = {photo["came_as"] for photo in found["photos"] if photo["said"] == photo["is"]}
    return {
        "given": wanted,
        "megapixels": 12,
        "limit_mb": LIMIT_BYTES // 10**6,
        "peak_mb": peak_mb,
        "shown": len(shown),
        "kernel_kills": kills,
        "restarts": deaths,
        "lost": len(shown - kept),
        "half_saved": half_saved(found),
    }


def test_large_photos_on_a_small_phone(new_phone: Callable[..., Phone]) -> None:
    """Every photo that was shown as kept is there, whole, whatever the kernel killed meanwhile."""
    try:
        counts = photograph_with_little_memory(new_phone(), size("LARGE_PHOTOS"))
    except NoGroup as missing:
        not_run("F42", str(missing))
    report("F42", **counts)

    assert counts["shown"] > 0
    assert counts["restarts"] == 0 or counts["kernel_kills"] > 0, "a photo was not taken although nothing had died"
    assert counts["lost"] == 0
    assert counts["half_saved"] == 0


def test_a_photo_cut_short_is_found_out(new_phone: Callable[..., Phone]) -> None:
    """The control: a browser that shows the whole photo and has stored half of it; else "whole" would say nothing."""
    phone = new_phone()
    phone.before = lambda started: started.context.add_init_script(KEEPS_HALF)
    try:
        counts = photograph_with_little_memory(phone, 1)
    except NoGroup as missing:
        not_run("F42 control", str(missing))
    report("F42 control", fault="half of a photo is stored", **counts)

    assert counts["shown"] == 1
    assert counts["lost"] == 1
    assert counts["half_saved"] == 1
