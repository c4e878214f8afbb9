"""What the township sends back is done again: the reason comes to the phone, the second visit names the first."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from server.demo.accounts import DEMO_PASSWORD
from server.demo.chance import identity
from server.demo.history import PLOTS_PER_VILLAGE
from server.demo.landscape import YEAR, Plot, make_landscape
from tests.support.browser import desk_context
from tests.support.live_server import LiveServer
from tests.support.phone import Phone
from tests.support.phone_storage import read_phone
from tests.support.pictures import small_picture
from tests.support.township import decide, evaluated, open_at_desk
from tests.support.tracks import walk_around

KINDS = ("panorama", "spacing", "groundwork", "tree", "household")
# The demonstration's returned task: another inspector's phone made the visit before.
RETURNED = 18


@pytest.fixture
def desk(desk_browser: Browser) -> Iterator[Page]:
    """A reviewer's window."""
    context = desk_context(desk_browser)
    yield context.new_page()
    context.close()


def test_a_returned_plot_is_inspected_again_and_both_visits_stay_readable(
    phone: Phone, demo: LiveServer, desk: Page
) -> None:
    """Without a reason the inspector drives out in vain; without the link nobody knows what was mended."""
    plot = make_landscape().plots[5]
    phone.switch_on(at=walk_around(plot.ring, seed=8)[0])
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    phone.wait_for_service_worker()
    phone.inspect_land(plot.id, walk_around(plot.ring, seed=8, jump=False)[::5], _pictures(400))
    _count_and_answer(phone, plot)
    phone.sign_off()
    first_id = _finish(phone)
    _expect_received(phone, first_id)
    evaluated(demo.url, first_id)

    open_at_desk(desk, demo.url, first_id)
    decide(desk, "returned", "卷尺读数看不清", presets=("照片不清，请重拍",), todo=("shot:spacing", "counts"))

    phone.see("tab-tasks").click()
    phone.see("refresh").click()
    row = phone.task_row(plot.id)
    expect(row).to_contain_text("照片不清，请重拍；卷尺读数看不清")
    expect(row.locator(".todo li")).to_have_text(["补拍：株行距", "重新清点株数"])
    phone.context.set_offline(True)
    assert row.evaluate("(row) => row.closest('section') === document.querySelector('section.group')")
    row.click()
    expect(phone.page.locator(".panel-fail")).to_contain_text("卷尺读数看不清")
    phone.see("start-inspection").click()

    phone.see("returned").locator("summary").click()
    expect(phone.see("returned").locator("li")).to_have_text(["补拍：株行距", "重新清点株数"])
    phone.see("returned").get_by_role("link", name="补拍：株行距").click()
    expect(phone.see("step-photos")).to_have_attribute("aria-current", "step")
    phone.see("step-boundary").click()
    phone.see("walk-ways").click()
    phone.see("choice-earlier").click()
    phone.see("ask-yes").click()
    expect(phone.see("walk-more")).to_be_visible()
    phone.photograph_all(_pictures(420))
    _count_and_answer(phone, plot)
    phone.see("step-confirm").click()
    phone.see("carry-signatures").click()
    expect(phone.see("finish")).to_have_attribute("aria-disabled", "false")
    second_id = _finish(phone)
    assert json.loads(phone.frozen_manifest(second_id))["predecessor_id"] == first_id
    phone.context.set_offline(False)
    _expect_received(phone, second_id)
    assert evaluated(demo.url, second_id)["state"] == "awaiting_review"

    desk.goto(f"{demo.url}/desk/submissions/{second_id}")
    before = desk.locator("section[aria-labelledby=submissions-title] li").filter(has_text="本次重做的是这一次")
    expect(before).to_contain_text("照片不清，请重拍；卷尺读数看不清")
    before.get_by_role("link").click()
    expect(desk).to_have_url(f"{demo.url}/desk/submissions/{first_id}")
    expect(desk.locator(f'a[href="/desk/submissions/{second_id}"]')).to_be_visible()
    # A click lands only where nothing lies on top: what has happened so far can be read.
    desk.locator("#history-title").click()


def test_another_phone_knows_which_visit_it_corrects(phone: Phone) -> None:
    """Whoever made the visit before may be ill, or have lost the phone; the record must hold together all the same."""
    plot = make_landscape().plots[RETURNED]
    phone.switch_on(at=walk_around(plot.ring, seed=3)[0])
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    phone.context.set_offline(True)
    phone.task_row(plot.id).click()
    phone.see("start-inspection").click()
    expect(phone.see("returned")).to_be_visible()

    [capture] = read_phone(phone.page)["captures"]
    assert capture["predecessor_id"] == str(identity(YEAR, "submission", *divmod(RETURNED, PLOTS_PER_VILLAGE)))


def _pictures(seed: int) -> dict:
    return {kind: small_picture(seed + number) for number, kind in enumerate(KINDS)}


def _count_and_answer(phone: Phone, plot: Plot) -> None:
    phone.see("step-counts").click()
    phone.see("count-live").fill(str(round(plot.true_mu * 62)))
    phone.answer_standards()


def _finish(phone: Phone) -> str:
    """Finish the inspection that is open; its id is the submission's."""
    submission_id = re.findall(r"[0-9a-f-]{36}", phone.page.url)[-1]
    phone.see("finish").click()
    expect(phone.see("next-plots")).to_be_visible()
    return str(submission_id)


def _expect_received(phone: Phone, submission_id: str) -> None:
    item = phone.page.locator(f'[data-testid="outbox-item"][data-submission-id="{submission_id}"]')
    expect(item).to_have_attribute("data-state", "received", timeout=60_000)
