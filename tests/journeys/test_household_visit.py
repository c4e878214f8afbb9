"""
A household of three plots in one visit without a network: one with a pond, two that share a ridge.

The plot with the pond is too small by itself; only its neighbour across the ridge makes it a block that counts.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import shapely
from playwright.sync_api import Playwright, expect
from shapely import Polygon

from geo.area import geodesic_area
from geo.units import m2_to_mu
from server.demo.accounts import DEMO_PASSWORD
from server.demo.fields import metres_per_degree
from server.demo.landscape import Plot, Ring, make_landscape
from tests.support.live_server import LiveServer
from tests.support.phone import Phone
from tests.support.pictures import small_picture
from tests.support.township import evaluated
from tests.support.tracks import Fix, walk_around

KINDS = ("panorama", "spacing", "groundwork", "tree", "household")
SIGNERS = ("inspector-1", "inspector-2", "household")
POND_M = (9.0, 7.0)
# A good receiver under an open sky: the plot is small, and its pond smaller.
SIGMA_M = 0.6


def test_three_plots_one_pond_one_shared_ridge(playwright: Playwright, demo: LiveServer, tmp_path: Path) -> None:
    """Walked one after the other, signed once, sent together: each is measured as it lies, and as it was stated."""
    first, second, third = _household_of_three()
    pond = _pond_in(first)
    phone = Phone(playwright, tmp_path / "phone", demo.url)
    phone.switch_on(at=walk_around(first.ring, seed=1)[0])
    try:
        phone.leave_for_the_field("yanshou01", DEMO_PASSWORD)

        phone.task_row(first.id).click()
        phone.see("start-inspection").click()
        phone.walk_ring(walk_around(first.ring, seed=1, sigma_m=SIGMA_M, jump=False))
        _walk_the_pond(phone, walk_around(pond, seed=2, sigma_m=SIGMA_M, jump=False))
        _say_joined(phone, second, joined=True)
        _say_joined(phone, third, joined=False)
        _rest_of(phone, seed=300)
        expect(phone.see("amount")).not_to_contain_text("不符合")
        phone.sign_off()
        phone.see("finish").click()

        _go_to_next(phone, second, left=2)
        phone.walk_ring(_walk(second, 3))
        # Said from the other side of the ridge already.
        expect(_join(phone, first).get_by_test_id("join-yes")).to_have_attribute("aria-pressed", "true")
        _rest_of(phone, seed=320)
        _carry_signatures(phone)
        phone.see("finish").click()

        _go_to_next(phone, third, left=1)
        phone.walk_ring(_walk(third, 4))
        _rest_of(phone, seed=340)
        _carry_signatures(phone)
        phone.see("finish").click()
        expect(phone.see("next-plots")).to_be_visible()
        expect(phone.see("next-same")).to_have_count(0)

        manifests = _frozen(phone)
        phone.context.set_offline(False)
        for submission_id in manifests:
            item = phone.page.locator(f'[data-testid="outbox-item"][data-submission-id="{submission_id}"]')
            expect(item).to_have_attribute("data-state", "received", timeout=60_000)
    finally:
        phone.switch_off()
    told = {UUID(said["plot_id"]): (said, evaluated(demo.url, one)) for one, said in manifests.items()}

    assert set(told) == {first.id, second.id, third.id}
    assert len({said["sign_off"]["household"]["photo"] for said, _status in told.values()}) == 1
    assert all(status["complete"] for _said, status in told.values())
    assert told[first.id][0]["joins"] == [
        {"plot_id": str(second.id), "joined": True},
        {"plot_id": str(third.id), "joined": False},
    ]
    assert told[second.id][0]["joins"] == [{"plot_id": str(first.id), "joined": True}]

    with_pond = told[first.id][1]["evaluation"]
    dry_m2 = geodesic_area(Polygon(first.ring)) - geodesic_area(Polygon(pond))
    assert with_pond["area_low_m2"] <= dry_m2 <= with_pond["area_high_m2"]
    outline, hole = with_pond["boundary"]["coordinates"]
    assert with_pond["area_m2"] == pytest.approx(geodesic_area(Polygon(outline)) - geodesic_area(Polygon(hole)), abs=1)
    assert geodesic_area(Polygon(hole)) == pytest.approx(POND_M[0] * POND_M[1], rel=0.5)

    assert _plots_in_block(with_pond) == 2
    assert with_pond["area_m2"] < 0.5 * 2000 / 3 < with_pond["contiguous_block_m2"]
    assert _plots_in_block(told[second.id][1]["evaluation"]) == 2
    assert _plots_in_block(told[third.id][1]["evaluation"]) == 1


def _household_of_three() -> list[Plot]:
    """Return the fields of the one household of the inspector's township that holds three."""
    plots = [plot for plot in make_landscape().plots if plot.village_code.startswith("450224901")]
    third = next(plot for plot in plots if plot.number == 3)
    return [plot for plot in plots if plot.household_id == third.household_id]


def _pond_in(plot: Plot) -> Ring:
    """Lay a rectangle, closed, where the plot has most room for it."""
    east_m, north_m = metres_per_degree(plot.centre[1])
    across, along = POND_M[0] / 2 / east_m, POND_M[1] / 2 / north_m
    [lon, lat] = shapely.maximum_inscribed_circle(Polygon(plot.ring)).coords[0]
    west, east, south, north = lon - across, lon + across, lat - along, lat + along
    return ((west, south), (east, south), (east, north), (west, north), (west, south))


def _walk(plot: Plot, seed: int) -> list[Fix]:
    """Take every fourth second of a walk: only where it leads matters here."""
    return walk_around(plot.ring, seed=seed, jump=False)[::4]


def _walk_the_pond(phone: Phone, fixes: list[Fix]) -> None:
    whole_mu = float(phone.see("walk-area").inner_text())
    phone.see("walk-more").click()
    phone.see("choice-hole-walk").click()
    phone.walk_ring(fixes)
    expect(phone.see("walk-holes")).to_contain_text("0.")
    assert float(phone.see("walk-area").inner_text()) == pytest.approx(
        whole_mu - m2_to_mu(POND_M[0] * POND_M[1]), abs=0.08
    )


def _join(phone: Phone, other: Plot) -> Any:
    return phone.page.get_by_role("group", name=f"地块 {other.number}", exact=True)


def _say_joined(phone: Phone, other: Plot, *, joined: bool) -> None:
    button = _join(phone, other).get_by_test_id("join-yes" if joined else "join-no")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")


def _rest_of(phone: Phone, *, seed: int) -> None:
    """Photograph, count and answer; then look at it all, where the signatures are."""
    planted = round(float(phone.see("walk-area").inner_text()) * 62)
    phone.photograph_all({kind: small_picture(seed + number) for number, kind in enumerate(KINDS)})
    phone.see("step-counts").click()
    phone.see("count-live").fill(str(planted))
    phone.answer_standards()
    phone.see("step-confirm").click()


def _carry_signatures(phone: Phone) -> None:
    phone.see("carry-signatures").click()
    for signer in SIGNERS:
        expect(phone.see(f"signer-{signer}").locator("img")).to_be_visible()
    expect(phone.see("finish")).to_have_attribute("aria-disabled", "false")


def _go_to_next(phone: Phone, plot: Plot, *, left: int) -> None:
    """Follow the way the phone offers: the household's plots before anybody else's."""
    expect(phone.see("next-same")).to_have_count(left)
    phone.see("next-same").filter(has_text=f"地块 {plot.number}").click()
    phone.see("start-inspection").click()


def _frozen(phone: Phone) -> dict[str, dict[str, Any]]:
    expect(phone.outbox_item()).to_have_count(3)
    ids = [item.get_attribute("data-submission-id") or "" for item in phone.outbox_item().all()]
    return {each: json.loads(phone.frozen_manifest(each)) for each in ids}


def _plots_in_block(evaluation: Mapping[str, Any]) -> int:
    rule = next(rule for rule in evaluation["rules"] if rule["code"] == "min_block")
    assert rule["outcome"] == "passed"
    said = re.search(r"(\d+) plots?\b", rule["measured_en"])
    assert said is not None
    return int(said[1])
