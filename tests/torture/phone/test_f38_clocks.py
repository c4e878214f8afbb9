"""F38: the phone's clock is a day off, in another zone, and set in the middle of a capture."""

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
from playwright.sync_api import Route, expect

from server.demo.accounts import DEMO_PASSWORD
from tests.support.live_server import LiveServer
from tests.support.phone import Phone
from tests.support.pictures import small_picture
from tests.support.visit import CORNERS, KINDS, START, answer, begin, finish
from tests.torture.figures import report
from tests.torture.sizes import size

ZONES = ("Asia/Shanghai", "Asia/Tokyo", "Europe/London", "America/Los_Angeles", "Pacific/Kiritimati")
# How wrong the clock is from the start, and by how much it is set in the middle of the capture.
CASES = [
    (timedelta(days=1), timedelta(days=-2)),
    (timedelta(days=-1), timedelta(hours=8)),
    (timedelta(), timedelta(minutes=20)),
    (timedelta(), timedelta(hours=-8)),
    (timedelta(minutes=6), timedelta()),
    (timedelta(), timedelta()),
]
FLAGGED_S = 300
# A phone that takes its own clock for the server's.
OWN_CLOCK = """
const { json } = Response.prototype
Response.prototype.json = async function () {
  const body = await json.call(this)
  if (body?.server_time_at) body.server_time_at = new Date().toISOString()
  return body
}
"""
# A phone that times a walk by the clock on its screen.
WALL_CLOCK = "performance.now = () => Date.now()"
# Of another township: each round takes a plot that others would look for.
INSPECTOR = "yanshou03"
# What a busy machine and the clock of a phone under test may add.
SLACK_S = 90.0


def set_clock(phone: Phone, wrong_by: timedelta) -> None:
    """Set the phone's clock; its monotonic clock goes on as it was."""
    phone.context.clock.set_system_time(datetime.now(UTC) + wrong_by)


def photo_offsets_s(manifest: dict[str, Any], taken: list[float]) -> list[float]:
    """How far each photo's time, put right by its own offset, is from when it was taken."""
    said = [
        datetime.fromisoformat(photo["taken_at"]).timestamp() + (photo["clock_offset_ms"] or 0) / 1000
        for photo in manifest["photos"]
        if photo["kind"] != "signature"
    ]
    return [abs(a - b) for a, b in zip(said, taken, strict=True)]


def clock_finding(server: LiveServer, submission_id: str) -> str:
    """What the server's rule about clocks says of a submission."""
    body = {"name": INSPECTOR, "password": DEMO_PASSWORD, "device_id": "8d1f3f0c-6a0b-4c39-9d0c-3f0f0a6f7a12"}
    token = httpx.post(f"{server.url}/api/session", json=body, timeout=30).raise_for_status().json()["token"]
    give_up_at = time.monotonic() + 60
    while time.monotonic() < give_up_at:
        status = httpx.get(
            f"{server.url}/api/submissions/{submission_id}", headers={"Authorization": f"Bearer {token}"}, timeout=30
        ).json()
        if status["evaluation"]:
            rules = [rule for rule in status["evaluation"]["rules"] if rule["code"] == "clock"]
            return str(rules[0]["outcome"]) if rules else "no rule"
        time.sleep(0.3)
    raise TimeoutError(submission_id)


def visit_with_clock(
    server: LiveServer, phone: Phone, number: int, wrong_by: timedelta, jump: timedelta
) -> dict[str, int]:
    """Visit a plot on a phone whose clock is wrong, and is set in the middle of it; count what that does."""
    phone.switch_on(at=START)
    phone.sign_in(INSPECTOR, DEMO_PASSWORD)
    begin(phone, row=0)
    phone.see("walk-start").click()
    expect(phone.see("walk-fixes")).to_have_text("1")
    phone.walk(CORNERS[:1])
    phone.context.set_offline(True)
    set_clock(phone, wrong_by + jump)
    phone.walk(CORNERS[1:])
    phone.close_ring()
    phone.see("step-photos").click()
    taken = []
    for place, kind in enumerate(KINDS):
        if place == 2:
            set_clock(phone, wrong_by)
        phone.photograph(kind, small_picture(7_000 + number * 10 + place))
        taken.append(time.time())
    answer(phone)
    submission_id = finish(phone)
    manifest = json.loads(phone.frozen_manifest(submission_id))
    times = manifest["boundary"]["properties"]["timestamps_s"][0]
    kinds = [photo["kind"] for photo in manifest["photos"] if photo["kind"] != "signature"]
    phone.context.set_offline(False)
    phone.page.evaluate("window.dispatchEvent(new Event('online'))")
    mine = phone.page.locator(f'[data-submission-id="{submission_id}"]')
    expect(mine).to_have_attribute("data-state", re.compile("received|failed|quarantined"), timeout=30_000)
    refused = mine.get_attribute("data-state") != "received"
    worst_s = max(abs(wrong_by.total_seconds()), abs((wrong_by + jump).total_seconds()))
    flagged = not refused and clock_finding(server, submission_id) == "in_doubt"
    counts = {
        "out_of_order": int(any(a > b for a, b in pairwise(times)) or times[-1] > 600 or kinds != list(KINDS)),
        "misdated": sum(1 for off_s in photo_offsets_s(manifest, taken) if off_s > SLACK_S),
        "wrongly_flagged": int(flagged != (worst_s > FLAGGED_S)),
        "refused": int(refused),
    }
    phone.switch_off()
    return counts


def test_no_clock_costs_a_record_or_its_order(demo: LiveServer, new_phone: Callable[..., Phone]) -> None:
    """Times within a capture are monotonic, each photo's is put right, the order is kept, and the desk is told."""
    rounds = size("CLOCKS")
    counts = dict.fromkeys(("out_of_order", "misdated", "wrongly_flagged", "refused"), 0)
    for number in range(rounds):
        wrong_by, jump = CASES[number % len(CASES)]
        phone = new_phone()
        phone.timezone = ZONES[number % len(ZONES)]
        phone.before = lambda started, wrong_by=wrong_by: set_clock(started, wrong_by)
        for name, count in visit_with_clock(demo, phone, number, wrong_by, jump).items():
            counts[name] += count
    report("F38", rounds=rounds, **counts)

    assert set(counts.values()) == {0}


def test_a_phone_that_trusts_its_own_clock_is_found_out(demo: LiveServer, new_phone: Callable[..., Phone]) -> None:
    """The control: six minutes wrong and no offset known, so its photos are misdated and the desk is told nothing."""

    def prepare(started: Phone) -> None:
        set_clock(started, timedelta(minutes=6))
        started.context.add_init_script(OWN_CLOCK)

    phone = new_phone()
    phone.before = prepare
    counts = visit_with_clock(demo, phone, 90, timedelta(minutes=6), timedelta())
    report("F38 control", fault="the phone takes its own clock for the server's", rounds=1, **counts)

    assert counts["misdated"] == len(KINDS)
    assert counts["wrongly_flagged"] == 1


def test_a_walk_timed_by_the_wall_clock_is_found_out(demo: LiveServer, new_phone: Callable[..., Phone]) -> None:
    """The control: the clock is set back an hour in the middle, and the fixes after it seem to come before."""
    phone = new_phone()
    phone.before = lambda started: started.context.add_init_script(WALL_CLOCK)
    counts = visit_with_clock(demo, phone, 91, timedelta(), timedelta(hours=-1))
    report("F38 control", fault="the walk is timed by the wall clock", rounds=1, **counts)

    assert counts["out_of_order"] == 1


def test_a_refusal_is_found_out(demo: LiveServer, new_phone: Callable[..., Phone]) -> None:
    """The control: a server that takes no submission whose times it does not like."""

    def refuse(route: Route) -> None:
        problem = {"title": "Times", "status": 422, "code": "times_refused", "detail": "the clock is wrong"}
        route.fulfill(status=422, content_type="application/problem+json", body=json.dumps(problem))

    phone = new_phone()
    phone.before = lambda started: started.context.route("**/api/submissions/*", refuse)
    counts = visit_with_clock(demo, phone, 92, timedelta(), timedelta())
    report("F38 control", fault="the server refuses the submission", rounds=1, **counts)

    assert counts["refused"] == 1
