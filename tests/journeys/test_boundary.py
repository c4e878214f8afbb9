"""
The boundary on the phone, replayed from tracks: jumpy, with 42 s lost, crossing itself, over the neighbour's ridge.

Every fix goes through the browser's own geolocation. What each capture comes to on the server is told by
tests/inspections/test_boundary_manifests.py, from manifests that the phone's code wrote.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect
from shapely import Polygon

from geo.area import geodesic_area
from geo.units import m2_to_mu
from server.demo.accounts import DEMO_PASSWORD
from server.demo.fields import metres_per_degree
from server.demo.landscape import Plot, make_landscape
from tests.support.live_server import LiveServer
from tests.support.phone import Phone
from tests.support.pictures import phone_picture
from tests.support.tracks import Fix, walk_around

POND = ((0, 0), (8, 0), (8, 6), (0, 6))
POND_MU = m2_to_mu(48)


@pytest.fixture
def phone(playwright: Playwright, demo: LiveServer, tmp_path: Path) -> Iterator[Phone]:
    """A phone in the orchard, signed in and without a network."""
    phone = Phone(playwright, tmp_path / "phone", demo.url)
    phone.switch_on()
    try:
        phone.stand(walk_around(make_landscape().plots[0].ring, seed=1)[0])
        phone.leave_for_the_field("yanshou01", DEMO_PASSWORD)
        yield phone
    finally:
        phone.switch_off()


def test_a_walk_with_a_gap_a_jump_a_corner_and_a_pond(phone: Phone) -> None:
    """What was lost is shown and not joined in silence; what is taken back comes back; a pond is no orchard."""
    plot = _plot(1.5)
    fixes = walk_around(plot.ring, seed=11)
    quarter = len(fixes) // 4
    _open(phone, plot, fixes[0])
    phone.see("walk-start").click()
    expect(phone.see("walk-fixes")).to_have_text("1")
    phone.walk(fixes[1:quarter])
    # Far-off fixes are kept, but count for nothing and are told.
    phone.stand(_moved(fixes[quarter - 1], 60, 60))
    phone.page.clock.fast_forward(950)
    expect(phone.see("walk-fixes")).to_have_text(str(quarter + 1))
    expect(phone.page.locator(".walk-more").first).to_contain_text("已忽略")

    phone.page.clock.fast_forward(41_000)
    expect(phone.see("walk-interrupted")).to_contain_text("0:4")
    phone.walk(fixes[quarter : quarter + 5])
    expect(phone.see("walk-interrupted")).to_have_count(0)
    expect(phone.see("walk-gap")).to_contain_text("记录中断过 0:4")

    walked = phone.fix_count()
    phone.see("walk-pause").click()
    phone.see("walk-undo").click()
    expect(phone.see("walk-fixes")).not_to_have_text(str(walked))
    phone.see("walk-redo").click()
    expect(phone.see("walk-fixes")).to_have_text(str(walked))

    phone.be_found(_moved(fixes[quarter + 4], 40, 0))
    phone.touch_anew("walk-resume")
    expect(phone.page.get_by_role("dialog")).to_contain_text("离最后一点")
    phone.page.keyboard.press("Escape")
    phone.be_found(fixes[quarter + 5])
    phone.resume_walk()

    resumed = phone.fix_count()
    phone.see("corner-start").click()
    _fixes_at(phone, fixes[quarter + 6], 10, done="corner-start")
    # The ten and their mean.
    expect(phone.see("walk-fixes")).to_have_text(str(resumed + 11))
    phone.walk(fixes[quarter + 7 :])
    phone.close_ring()
    whole_mu = _area_mu(phone)
    assert whole_mu == pytest.approx(_true_mu(plot), rel=0.35)

    phone.see("walk-more").click()
    phone.see("choice-hole-corners").click()
    middle = _middle(plot)
    _corners(phone, middle, POND)
    # Killed at the pond: the phone comes back to it, with every corner.
    phone.kill()
    phone.switch_on(online=False, at=middle)
    expect(phone.see("walk-fixes")).to_have_text("4")
    phone.see("walk-close").click()
    expect(phone.see("walk-more")).to_be_visible()
    expect(phone.see("walk-holes")).to_contain_text(f"{POND_MU:.2f}")
    assert _area_mu(phone) == pytest.approx(whole_mu - POND_MU, abs=0.02)


def test_a_walk_that_goes_wrong_is_told_so_on_the_spot(phone: Phone) -> None:
    """Crossing itself, and over the neighbour's land: seen while the inspector can still walk it again."""
    plot = _plot(2.0)
    middle = _middle(plot)
    _open(phone, plot, middle)
    phone.see("walk-start").click()
    expect(phone.see("walk-fixes")).to_have_text("1")
    expect(phone.see("walk-crossing")).to_have_count(0)
    phone.walk(_track(middle, [(0, 0), (24, 0), (24, 16), (12, -12)], step_m=2)[1:])
    expect(phone.see("walk-crossing")).to_be_visible()

    phone.see("walk-pause").click()
    phone.see("walk-ways").click()
    phone.see("choice-again").click()
    phone.see("ask-yes").click()
    expect(phone.see("walk-fixes")).to_have_text("0")
    wide = [(-60, -60), (60, -60), (60, 60), (-60, 60)]
    track = _track(middle, wide, step_m=2.5)
    phone.stand(replace(track[0], accuracy_m=14.0))
    expect(phone.see("accuracy")).to_have_attribute("data-grade", "fair")
    phone.see("walk-start").click()
    phone.see("start-reason").first.click()
    phone.see("start-with-reason").click()
    expect(phone.see("walk-fixes")).to_have_text("1")
    phone.walk(track[1:])
    phone.see("walk-close").click()
    expect(phone.page.get_by_role("dialog")).to_contain_text("距起点 120 米")
    phone.see("ask-yes").click()
    expect(phone.see("walk-overlap").first).to_be_visible()
    assert "定位误差以内" not in phone.see("walk-overlap").first.inner_text()

    before_mu = _area_mu(phone)
    phone.see("walk-adjust").click()
    for _ in range(5):
        phone.see("move-west").click()
    phone.see("tune-done").click()
    assert _area_mu(phone) != before_mu


def test_two_laps_and_a_tape(phone: Phone) -> None:
    """A second lap is averaged and surer than the first; a tape needs no fix but its place, and its photo."""
    plot = _plot(0.8)
    _open(phone, plot, walk_around(plot.ring, seed=3)[0])
    phone.see("walk-start").click()
    expect(phone.see("walk-fixes")).to_have_text("1")
    half_widths = []
    for seed in (3, 4):
        fixes = walk_around(plot.ring, seed=seed, jump=False)
        if seed == 4:
            phone.be_found(fixes[0])
            phone.resume_walk("walk-lap")
        phone.walk(fixes[1:])
        phone.close_ring()
        half_widths.append(float(phone.page.locator(".walk-area small").inner_text().split("±")[1]))
    expect(phone.see("walk-laps")).to_contain_text("第 2 圈")
    assert half_widths[1] < half_widths[0]

    phone.see("walk-more").click()
    phone.see("choice-again").click()
    phone.see("ask-yes").click()
    phone.see("walk-ways").click()
    phone.see("choice-tape").click()
    for number, length in enumerate(("40", "30", "40", "30"), start=1):
        phone.see(f"tape-side-{number}").fill(length)
    phone.see("tape-diagonal-3").fill("80")
    expect(phone.see("tape-status")).to_contain_text("围不成三角形")
    phone.see("tape-diagonal-3").fill("50")
    expect(phone.see("tape-done")).to_have_attribute("aria-disabled", "true")
    picture = phone_picture(9)
    phone.see("tape-photo").set_input_files({"name": picture.name, "mimeType": "image/jpeg", "buffer": picture.body})
    expect(phone.see("tape-done")).to_have_attribute("aria-disabled", "false")
    phone.see("tape-done").click()
    expect(phone.see("walk-area")).to_have_text(f"{m2_to_mu(1200):.2f}")


def _plot(size_mu: float) -> Plot:
    """A plot of the first village, which the demonstration's history leaves alone."""
    return min(make_landscape().plots[:12], key=lambda plot: abs(plot.true_mu - size_mu))


def _true_mu(plot: Plot) -> float:
    return m2_to_mu(geodesic_area(Polygon(plot.ring)))


def _area_mu(phone: Phone) -> float:
    return float(phone.see("walk-area").inner_text())


def _middle(plot: Plot) -> Fix:
    centre = Polygon(plot.ring).centroid
    return Fix(0.0, round(centre.x, 7), round(centre.y, 7), 3.0)


def _moved(fix: Fix, east_m: float, north_m: float) -> Fix:
    east, north = metres_per_degree(fix.lat)
    return replace(fix, lon=round(fix.lon + east_m / east, 7), lat=round(fix.lat + north_m / north, 7))


def _track(start: Fix, places: Sequence[tuple[float, float]], *, step_m: float) -> list[Fix]:
    """Fixes along straight lines through places, metres east and north of a start."""
    track = [_moved(start, *places[0])]
    for (east, north), (to_east, to_north) in pairwise(places):
        count = round(max(abs(to_east - east), abs(to_north - north)) / step_m)
        for k in range(1, count + 1):
            track.append(_moved(start, east + (to_east - east) * k / count, north + (to_north - north) * k / count))
    return track


def _open(phone: Phone, plot: Plot, at: Fix) -> None:
    phone.stand(at)
    phone.page.locator(f'[data-testid="task-row"][data-plot-id="{plot.id}"]').click()
    phone.see("start-inspection").click()
    expect(phone.see("walk-start")).to_have_attribute("aria-disabled", "false")


def _fixes_at(phone: Phone, place: Fix, count: int, *, done: str) -> None:
    """Stand still for so many fixes; a receiver at rest still wanders by centimetres."""
    for second in range(count):
        said = phone.see("walk-status").inner_text()
        # Less than a second: after ten, and those of a busy machine count too, a corner is done with fewer fixes.
        phone.page.clock.fast_forward(300)
        phone.stand(_moved(place, 0.02 * second, 0))
        expect(phone.see("walk-status")).not_to_have_text(said)
    expect(phone.see(done)).to_be_visible()


def _corners(phone: Phone, middle: Fix, places: Sequence[tuple[float, float]]) -> None:
    phone.be_found(middle)
    phone.see("walk-start").click()
    for number, (east_m, north_m) in enumerate(places, start=1):
        phone.see("corner-start").click()
        _fixes_at(phone, _moved(middle, east_m, north_m), 10, done="corner-start")
        expect(phone.see("walk-fixes")).to_have_text(str(number))
