"""A plot measured with a tape: every side, a diagonal, a photo of the tape; no satellite is asked for its size."""

import json
import math
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect
from shapely import Polygon

from server.demo.accounts import DEMO_PASSWORD
from server.demo.landscape import make_landscape
from tests.support.live_server import LiveServer
from tests.support.phone import Phone
from tests.support.pictures import small_picture
from tests.support.township import evaluated
from tests.support.tracks import Fix

KINDS = ("panorama", "spacing", "groundwork", "tree", "household")
# No rectangle: only the diagonal tells its shape. Metres from the first corner.
CORNERS_M = ((0.0, 0.0), (24.0, 0.0), (21.5, 16.0), (2.5, 19.0))


def test_a_taped_plot_arrives_with_the_area_of_its_lengths(
    playwright: Playwright, demo: LiveServer, tmp_path: Path
) -> None:
    """Under trees and cliffs a fix errs by more than a small plot is wide; a tape does not."""
    plot = make_landscape().plots[2]
    tape = small_picture(500)
    phone = Phone(playwright, tmp_path / "phone", demo.url)
    phone.switch_on(at=Fix(0.0, *plot.centre, 24.0))
    try:
        phone.leave_for_the_field("yanshou01", DEMO_PASSWORD)
        phone.task_row(plot.id).click()
        phone.see("start-inspection").click()
        phone.see("walk-ways").click()
        phone.see("choice-tape").click()
        for number in range(4):
            length = math.dist(CORNERS_M[number], CORNERS_M[(number + 1) % 4])
            phone.see(f"tape-side-{number + 1}").fill(f"{length:.2f}")
        phone.see("tape-diagonal-3").fill(f"{math.dist(CORNERS_M[0], CORNERS_M[2]):.2f}")
        phone.see("tape-photo").set_input_files({"name": "tape.jpg", "mimeType": "image/jpeg", "buffer": tape.body})
        expect(phone.see("tape-done")).to_have_attribute("aria-disabled", "false")
        phone.see("tape-done").click()
        area_mu = float(phone.see("walk-area").inner_text())
        phone.photograph_all({kind: small_picture(501 + number) for number, kind in enumerate(KINDS)})
        phone.see("step-counts").click()
        phone.see("count-live").fill(str(round(area_mu * 62)))
        phone.answer_standards()
        phone.sign_off()
        phone.see("finish").click()

        submission_id = phone.outbox_item().get_attribute("data-submission-id") or ""
        manifest = json.loads(phone.frozen_manifest(submission_id))
        phone.context.set_offline(False)
        expect(phone.outbox_item()).to_have_attribute("data-state", "received", timeout=60_000)
    finally:
        phone.switch_off()
    status = evaluated(demo.url, submission_id)

    assert manifest["boundary"]["properties"]["method"] == "tape"
    assert [photo["sha256"] for photo in manifest["photos"] if photo["kind"] == "measure"] == [tape.sha256]
    assert status["complete"]
    evaluation = status["evaluation"]
    assert evaluation["area_m2"] == pytest.approx(Polygon(CORNERS_M).area, rel=2e-3)
    # The fixes' 24 m say where it lies, not how large it is.
    assert evaluation["area_high_m2"] - evaluation["area_low_m2"] < 0.1 * evaluation["area_m2"]
    rules = {rule["code"]: rule["outcome"] for rule in evaluation["rules"]}
    assert rules["density"] == "passed"
