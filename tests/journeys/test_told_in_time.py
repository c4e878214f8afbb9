"""What the inspector is told in time: a wrong clock, an old list, a plot done before, work that waits too long."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Route, expect

from server.demo.accounts import DEMO_PASSWORD
from server.demo.landscape import make_landscape
from tests.support.phone import Phone
from tests.support.phone_storage import plant_items
from tests.support.tracks import walk_around


def test_a_wrong_clock_an_old_list_and_work_that_waits_are_told(phone: Phone) -> None:
    """Each can still be mended today; found out at the desk, the photos are doubted and the evidence is late."""
    phone.before = lambda it: it.context.clock.set_system_time(datetime.now(UTC) + timedelta(minutes=11))
    phone.switch_on()
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    expect(phone.see("updated")).not_to_contain_text("名册过期")
    phone.see("today-check").click()
    expect(phone.see("check-clock")).to_have_attribute("data-state", "look")
    expect(phone.see("check-clock")).to_contain_text("手机时间不准（差 11 分钟），照片将标注“时间未校准”")
    expect(phone.see("check-clock")).not_to_contain_text("已校准（")
    phone.see("ready-to-go").click()

    phone.context.set_offline(True)
    plant_items(phone.page, 1)
    phone.page.reload()
    phone.see("tab-outbox").click()
    expect(phone.see("long-unsent")).not_to_have_attribute("open", "")
    phone.page.clock.set_system_time(datetime.now(UTC) + timedelta(days=3, hours=1))
    phone.see("tab-tasks").click()
    expect(phone.see("updated")).to_contain_text("名册过期，请联网更新")
    phone.see("tab-outbox").click()
    expect(phone.see("long-unsent")).to_contain_text("超过 3 天没有上传")
    expect(phone.see("courier")).to_be_visible()


def test_a_second_visit_is_asked_for_and_leaving_it_half_done_loses_nothing(phone: Phone) -> None:
    """Two inspectors at one plot cost an afternoon; a finger that touches twice must not undo what it did."""
    plot = make_landscape().plots[3]

    def inspected(route: Route) -> None:
        ledger = route.fetch().json()
        visit = {"plot_id": str(plot.id), "at": "2026-03-01T02:00:00Z", "state": "awaiting_review", "by": "覃志明"}
        route.fulfill(json=ledger | {"visits": [*ledger["visits"], visit | {"note": ""}]})

    phone.switch_on(at=walk_around(plot.ring, seed=3)[0])
    phone.context.route("**/api/ledger", inspected)
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    phone.task_row(plot.id).click()
    phone.see("start-inspection").click()
    expect(phone.page.get_by_role("dialog")).to_contain_text("此户已由 覃志明 验收，是否补充？")
    phone.see("ask-yes").click()
    expect(phone.see("step-boundary").get_by_text("未做")).to_be_visible()

    phone.see("walk-start").click()
    expect(phone.see("step-boundary").get_by_text("进行中")).to_be_visible()
    phone.see("walk-pause").dblclick()
    phone.page.wait_for_timeout(200)
    expect(phone.see("walk-resume")).to_be_visible()
    phone.see("step-counts").click()
    phone.see("count-live").fill("12")
    phone.see("next-row").dblclick()
    expect(phone.see("total-live")).to_have_text("24")

    phone.page.locator(".bar-back").click()
    expect(phone.page.locator(".toast")).to_contain_text("项未完成，已自动保存，可稍后继续")
    # Begun is not asked about again.
    phone.see("start-inspection").click()
    expect(phone.see("total-live")).to_have_text("24")
