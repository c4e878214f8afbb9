"""The end of an inspection: what the land must hold up to, and who puts a name to it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright, expect

from server.demo.accounts import DEMO_PASSWORD
from server.demo.landscape import Plot, make_landscape
from tests.support.live_server import LiveServer
from tests.support.phone import Phone
from tests.support.pictures import small_picture
from tests.support.township import evaluated
from tests.support.tracks import walk_around

KINDS = ("panorama", "spacing", "groundwork", "tree", "household")
VILLAGE = make_landscape().plots[:12]


@pytest.fixture
def phone(demo: LiveServer, playwright: Playwright, tmp_path: Path) -> Iterator[Phone]:
    """A phone without a network, somebody signed in."""
    phone = Phone(playwright, tmp_path / "phone", demo.url)
    phone.switch_on()
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    phone.context.set_offline(True)
    yield phone
    phone.switch_off()


def test_a_slope_above_25_degrees_must_be_terraced(demo: LiveServer, phone: Phone) -> None:
    """The phone lies on the slope and decides what is asked; what is not met is shown, and costs the subsidy."""
    plot = next(plot for plot in VILLAGE if plot.land_type == "slope")
    _inspect(phone, plot, seed=100)
    _count_by_rows(phone, rows=4, trees=round(plot.true_mu * 62 / 4))
    phone.see("step-standards").click()
    expect(phone.see("standard-terrace_width")).to_be_visible()
    phone.see("slope").fill("20")
    expect(phone.see("standard-terrace_width")).to_have_count(0)
    _lay_on_the_slope(phone, 31)
    expect(phone.see("slope")).to_have_value("31")

    phone.answer_standards(terrace_width=1.2)
    phone.see("evidence-terrace_width-input").set_input_files(
        {"name": "terrace.jpg", "mimeType": "image/jpeg", "buffer": small_picture(140).body}
    )
    expect(phone.see("standard-terrace_width").locator("img")).to_be_visible()
    expect(phone.see("step-standards")).to_have_attribute("data-state", "trouble")
    phone.sign_off()
    expect(phone.see("amount")).to_contain_text("不符合：梯地宽度")
    manifest, evaluation = _finish_and_send(demo, phone)

    assert manifest["slope_deg"] == 31
    assert [len(manifest["counting"]["rows"]), manifest["counting"]["method"]] == [4, "rows"]
    answer = next(each for each in manifest["standards"] if each["code"] == "terrace_width")
    assert (answer["answer"], answer["value"], answer["photos"]) == ("unmet", 1.2, [small_picture(140).sha256])
    rules = {rule["code"]: rule["outcome"] for rule in evaluation["rules"]}
    assert (rules["standards.terrace_width"], rules["sign_off"], rules["counting"]) == ("failed", "passed", "passed")
    assert evaluation["amount_fen"] == 0


def test_a_household_that_will_not_sign_is_written_down(demo: LiveServer, phone: Phone) -> None:
    """A refusal never keeps an inspection open; reason and witness go along, and on to the next plot."""
    plot, other = (plot for plot in VILLAGE if plot.household_id == VILLAGE[0].household_id)
    _inspect(phone, plot, seed=200)
    phone.see("step-counts").click()
    phone.see("count-live").fill(str(round(plot.true_mu * 62)))
    phone.answer_standards()
    phone.see("step-confirm").click()
    phone.sign("inspector-1", seed=1)
    phone.sign("inspector-2", name="覃志明", seed=2)
    phone.see("sign-household").click()
    phone.see("sign-refuse").click()
    phone.see("sign-reason").fill("认为面积量少了")
    phone.see("sign-close").click()
    expect(phone.see("finish")).to_have_attribute("aria-disabled", "true")
    phone.see("sign-household").click()
    phone.see("sign-witness").fill("黄组长")
    phone.see("sign-done").click()
    manifest, evaluation = _finish_and_send(demo, phone)

    assert manifest["sign_off"]["household"]["refusal"] == {"reason": "认为面积量少了", "witness": "黄组长"}
    rule = next(rule for rule in evaluation["rules"] if rule["code"] == "sign_off")
    assert rule["outcome"] == "in_doubt"
    assert "认为面积量少了" in rule["measured_zh"]

    phone.see("next-same").click()
    phone.see("start-inspection").click()
    expect(phone.page.locator("h1 + p")).to_contain_text(str(other.number))
    phone.see("step-confirm").click()
    phone.see("carry-signatures").click()
    expect(phone.see("signer-inspector-2").locator("img")).to_be_visible()
    expect(phone.see("signer-household")).to_contain_text("认为面积量少了")
    expect(phone.see("missing")).not_to_contain_text("缺签名")


def _inspect(phone: Phone, plot: Plot, *, seed: int) -> None:
    pictures = {kind: small_picture(seed + number) for number, kind in enumerate(KINDS)}
    phone.inspect_land(plot.id, walk_around(plot.ring, seed=seed)[::5], pictures)


def _count_by_rows(phone: Phone, *, rows: int, trees: int) -> None:
    """Type the first row, repeat it, take one tree off the last and have it back."""
    phone.see("step-counts").click()
    phone.see("count-live").fill(str(trees))
    for _row in range(rows - 1):
        phone.touch_anew("next-row")
    phone.see("row-less").click()
    phone.see("count-undo").click()
    expect(phone.see("total-live")).to_have_text(str(rows * trees))


def _lay_on_the_slope(phone: Phone, beta_deg: int) -> None:
    """Turn the phone as the ground does, and take its reading."""
    phone.context.grant_permissions(["accelerometer", "gyroscope"])
    wire = phone.context.new_cdp_session(phone.page)
    wire.send("DeviceOrientation.setDeviceOrientationOverride", {"alpha": 0, "beta": beta_deg, "gamma": 0})
    phone.see("measure-slope").click()
    expect(phone.see("tilt")).to_have_text(f"{beta_deg}°")
    phone.see("take-tilt").click()


def _finish_and_send(server: LiveServer, phone: Phone) -> tuple[dict[str, Any], dict[str, Any]]:
    """Finish without a network, then send; the manifest as frozen, and what the server makes of it."""
    expect(phone.see("finish")).to_have_attribute("aria-disabled", "false")
    phone.see("finish").click()
    expect(phone.see("next-plots")).to_contain_text("已放入待上传")
    submission_id = phone.outbox_item().get_attribute("data-submission-id") or ""
    manifest = json.loads(phone.frozen_manifest(submission_id))
    phone.context.set_offline(False)
    expect(phone.outbox_item()).to_have_attribute("data-state", "received", timeout=60_000)
    expect(phone.outbox_item()).to_contain_text("已上传，待审核")
    return manifest, evaluated(server.url, submission_id)["evaluation"]
