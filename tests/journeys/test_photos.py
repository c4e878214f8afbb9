"""
Photographing: what is kept on the phone, what is said against it, and what it costs in memory.

`PHOTO_SHOTS` says how many photos of 12 megapixels the memory test takes; 12 in the everyday run, 40 at full size.
"""

import io
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFilter
from playwright.sync_api import Playwright, Route, expect

from server.demo.accounts import DEMO_PASSWORD
from server.demo.landscape import Plot, make_landscape
from tests.support.live_server import LiveServer
from tests.support.memory import memory_of, page_process
from tests.support.phone import Phone
from tests.support.phone_storage import read_photos
from tests.support.pictures import EXIF_ORIENTATION, Picture, phone_picture, small_picture
from tests.support.tracks import Fix, walk_around
from tests.support.visit import START, answer, begin, finish, photograph, walk

SHOTS = int(os.environ.get("PHOTO_SHOTS", "12"))
PAGE_LIMIT_MB = 300
# By then the code is compiled and every buffer has been asked for once.
WARM = 3
MAY_GROW_MB = 25
LONG_EDGE_PX = 1920
# The demonstration's returned task: the visit before left five photos.
RETURNED = 18


@pytest.fixture
def phone(playwright: Playwright, demo: LiveServer, tmp_path: Path) -> Iterator[Phone]:
    """A phone of its own, switched off at the end."""
    phone = Phone(playwright, tmp_path / "phone", demo.url)
    yield phone
    phone.switch_off()


def _sign_in(phone: Phone, plot: Plot) -> Fix:
    """Stand on the plot and sign in."""
    [*_, stand] = walk_around(plot.ring, seed=5)
    phone.switch_on(at=stand)
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    phone.wait_for_service_worker()
    return stand


def _open_shots(phone: Phone, plot: Plot) -> None:
    phone.page.locator(f'[data-testid="task-row"][data-plot-id="{plot.id}"]').click()
    phone.see("start-inspection").click()
    phone.see("step-photos").click()
    expect(phone.see("shot-panorama")).to_be_visible()


def test_40_photos_of_12_megapixels_without_the_page_exceeding_300_mb(phone: Phone, tmp_path: Path) -> None:
    """A cheap phone kills a page that holds on to what it photographed: the last shot must cost what the first did."""
    plot = make_landscape().plots[2]
    _sign_in(phone, plot)
    _open_shots(phone, plot)
    process = page_process(phone.profile)
    seen = []
    for number in range(SHOTS):
        # From a file, as on a phone: handed over in a message its bytes would lie in the page twice.
        path = tmp_path / f"IMG_{number}.jpg"
        path.write_bytes(_numbered(number).body)
        phone.see("shot-input-problem").set_input_files(path)
        expect(phone.see("shot-problem").locator(".thumbs img")).to_have_count(number + 1)
        seen.append(memory_of(process))

    photos = read_photos(phone.page)
    assert len(photos) == SHOTS
    assert {(photo["width"], photo["height"]) for photo in photos} == {(LONG_EDGE_PX, 1440)}
    assert {(photo["original"]["width"], photo["original"]["height"]) for photo in photos} == {(4000, 3000)}
    assert max(memory.own_mb + memory.program_mb for memory in seen) < PAGE_LIMIT_MB
    assert seen[-1].peak_mb < PAGE_LIMIT_MB
    assert seen[-1].own_mb - seen[WARM].own_mb < MAY_GROW_MB
    # Else the lines above would pass on anything: a page that holds ten of these pictures is seen.
    phone.page.evaluate("() => { window.held = Array.from({ length: 10 }, () => new Uint8Array(4_000_000).fill(1)) }")
    assert memory_of(process).own_mb - seen[WARM].own_mb > MAY_GROW_MB


def test_a_picture_is_kept_as_it_came_or_smaller_and_upright(phone: Phone) -> None:
    """What is hashed is what will be sent; what the camera gave stays on record where it was made smaller."""
    plot = make_landscape().plots[2]
    _sign_in(phone, plot)
    _open_shots(phone, plot)
    little, lying = small_picture(7), _turned(phone_picture(1))

    phone.photograph("tree", little)
    phone.photograph("spacing", lying)

    photos = {photo["kind"]: photo for photo in read_photos(phone.page)}
    assert photos["tree"]["sha256"] == little.sha256
    assert photos["tree"].get("original") is None
    assert photos["spacing"]["sha256"] != lying.sha256
    assert photos["spacing"]["original"] == {
        "sha256": lying.sha256,
        "size_bytes": len(lying.body),
        "width": 3000,
        "height": 4000,
    }
    assert (photos["spacing"]["width"], photos["spacing"]["height"]) == (1440, LONG_EDGE_PX)
    assert photos["spacing"]["media_type"] == "image/jpeg"


def test_a_blurred_or_far_picture_is_taken_again_or_used_with_a_reason(phone: Phone) -> None:
    """Right after the shot the inspector still stands there; weeks later nobody can take it again."""
    plot = make_landscape().plots[2]
    stand = _sign_in(phone, plot)
    _open_shots(phone, plot)

    phone.see("shot-input-spacing").set_input_files(_file(_blurred(phone_picture(2))))
    expect(phone.see("remarks").locator("li")).to_have_attribute("data-code", "blurred")
    phone.see("retake").click()
    expect(phone.see("shot-spacing").locator(".thumbs img")).to_have_count(0)

    phone.see("step-boundary").click()
    phone.be_found(replace(stand, lat=stand.lat + 0.005))
    phone.see("step-photos").click()
    phone.see("shot-input-panorama").set_input_files(_file(phone_picture(3)))
    expect(phone.see("remarks").locator("li")).to_have_attribute("data-code", "far")
    phone.page.locator(".camera-close").click()
    phone.see("step-confirm").click()
    expect(phone.page.get_by_text("照片要说明原因：入口与全景")).to_be_visible()
    phone.see("step-photos").click()
    phone.see("explain").click()
    phone.see("use-anyway").click()
    phone.see("reason-own").fill("对面山坡上拍才看得到全部")
    phone.page.get_by_role("button", name="使用", exact=True).click()
    expect(phone.see("shot-panorama").get_by_text("对面山坡上拍才看得到全部")).to_be_visible()

    [photo] = read_photos(phone.page)
    assert photo["remarks"] == [{"code": "far", "reason": "对面山坡上拍才看得到全部"}]


def test_the_gallery_is_closed_unless_the_policy_opens_it_and_then_marked(phone: Phone) -> None:
    """An old picture passes for today's if nobody can tell it was chosen."""
    plot = make_landscape().plots[2]
    _sign_in(phone, plot)
    _open_shots(phone, plot)
    expect(phone.see("shot-gallery-tree")).to_have_count(0)

    def open_gallery(route: Route) -> None:
        answer = route.fetch(headers={**route.request.headers, "if-none-match": '"another"'})
        ledger = answer.json()
        ledger["programme"]["policy"]["photos"]["gallery"] = True
        route.fulfill(json=ledger)

    phone.context.route("**/api/ledger", open_gallery)
    phone.page.goto(f"{phone.address}/m/#/")
    with phone.page.expect_response("**/api/ledger"):
        phone.see("refresh").click()
    expect(phone.see("refresh")).to_have_attribute("aria-disabled", "false")
    _open_shots(phone, plot)
    phone.see("shot-gallery-tree").set_input_files(_file(phone_picture(3)))
    expect(phone.see("stamp")).to_contain_text("非现场拍摄")
    phone.see("use-anyway").click()
    phone.see("reason").first.click()

    expect(phone.see("shot-tree").locator(".thumbs")).to_contain_text("非现场拍摄")
    [photo] = read_photos(phone.page)
    assert (photo["source"], photo["position"]) == ("gallery", None)
    assert [remark["code"] for remark in photo["remarks"]] == ["gallery"]
    assert photo["remarks"][0]["reason"]


def test_a_returned_plot_is_photographed_over_the_last_visit_without_a_network(phone: Phone) -> None:
    """The same view twice shows what has changed; where it was taken and which way is part of the record."""
    plot = make_landscape().plots[RETURNED]
    # Playwright marks the function it calls, and a method of a list cannot be marked.
    slow: list[Route] = []
    phone.before = lambda phone: phone.context.route("**/preview", lambda route: slow.append(route), times=1)
    _sign_in(phone, plot)
    _open_shots(phone, plot)
    phone.wait_until(lambda: bool(slow))
    expect(phone.page.get_by_alt_text(BEFORE)).to_have_count(0)
    slow[0].continue_()
    expect(phone.page.get_by_alt_text(BEFORE)).to_have_count(5)
    phone.context.set_offline(True)

    phone.see("shot-camera-panorama").click()
    phone.page.wait_for_function("() => document.querySelector('video')?.videoWidth > 0")
    ghost = phone.see("ghost")
    expect(ghost.locator("img")).to_be_visible()
    expect(ghost).to_have_css("opacity", "0.35")
    phone.page.get_by_label("参考图浓一些").click()
    expect(ghost).to_have_css("opacity", "0.4")
    phone.see("ghost-switch").click()
    expect(ghost).to_have_css("opacity", "0")
    phone.page.evaluate(HOLD, {"alpha": 270, "beta": 88, "gamma": 1, "absolute": True})
    expect(phone.see("stamp")).to_contain_text("朝向 东")
    expect(phone.page.locator(".level-straight")).to_be_visible()
    phone.see("shutter").click()
    expect(phone.see("retake")).to_be_visible()
    expect(phone.see("stamp")).to_contain_text("朝向 东")

    [photo] = read_photos(phone.page)
    assert (photo["source"], photo["kind"]) == ("camera", "panorama")
    assert photo["heading_deg"] == pytest.approx(90, abs=2)
    assert photo["position"]["accuracy_m"] > 0


# A phone that is held this way; the browser of the tests has no sensor.
HOLD = """(held) => window.dispatchEvent(Object.assign(new Event('deviceorientationabsolute'), held))"""

BEFORE = "上次验收的这张照片"


def _file(picture: Picture) -> dict:
    return {"name": picture.name, "mimeType": "image/jpeg", "buffer": picture.body}


def _saved(image: Image.Image, name: str, **more: object) -> Picture:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82, **more)
    return Picture(name, out.getvalue())


def _numbered(number: int) -> Picture:
    """One orchard, numbered: its twelve million pixels are drawn once."""
    image = Image.open(io.BytesIO(phone_picture(0).body))
    ImageDraw.Draw(image).rectangle((100, 100, 200 + 40 * number, 400), fill="white")
    return _saved(image, f"IMG_{number}.jpg")


def _blurred(picture: Picture) -> Picture:
    image = Image.open(io.BytesIO(picture.body)).reduce(2).filter(ImageFilter.GaussianBlur(20))
    return _saved(image, "blurred.jpg")


def _turned(picture: Picture) -> Picture:
    """Held upright, as most people hold a phone: the sensor's rows lie, and a mark in the file says so."""
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 6
    return _saved(Image.open(io.BytesIO(picture.body)), "turned.jpg", exif=exif)


def test_evidence_that_still_waits_for_its_position_is_part_of_what_is_finished(phone: Phone) -> None:
    """The position may take three seconds; "finish" tapped meanwhile froze the visit without the photo."""
    evidence = small_picture(950)
    phone.switch_on(at=START)
    phone.sign_in("yanshou01", DEMO_PASSWORD)
    phone.context.set_offline(True)
    begin(phone, row=5)
    walk(phone)
    photograph(phone, seed=9)
    answer(phone)
    phone.see("step-standards").click()
    value = phone.page.locator('[data-testid^="value-"]').first
    code = (value.get_attribute("data-testid") or "").removeprefix("value-")
    value.fill("0.1")
    phone.see(f"answer-{code}-unmet").click()
    # The last fix is old, and a new one does not come.
    phone.page.evaluate("navigator.geolocation.getCurrentPosition = () => undefined")
    phone.page.clock.fast_forward(20_000)
    phone.see(f"evidence-{code}-input").set_input_files(
        {"name": evidence.name, "mimeType": "image/jpeg", "buffer": evidence.body}
    )
    phone.see("step-confirm").click()
    submission_id = finish(phone)

    manifest = json.loads(phone.frozen_manifest(submission_id))
    assert evidence.sha256 in [photo["sha256"] for photo in manifest["photos"]]
    assert [each["photos"] for each in manifest["standards"] if each["code"] == code] == [[evidence.sha256]]
