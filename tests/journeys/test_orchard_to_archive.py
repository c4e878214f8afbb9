"""
From the orchard to the archive: one plot, one phone without a network, one township, one archive.

The server is the real one, started by its own command, on SQLite and on PostgreSQL; the browser is a real Chromium.
The phone is killed twice in the middle of its work: once on the walk, once among photos and counts.
"""

import hashlib
import io
import json
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Playwright, expect
from shapely import Polygon

from geo.area import geodesic_area
from server.demo.accounts import DEMO_PASSWORD
from server.demo.landscape import Plot, make_landscape
from tests.support.browser import desk_context
from tests.support.demonstration import Demonstration
from tests.support.live_server import LiveServer
from tests.support.phone import Phone
from tests.support.phone_storage import read_phone, read_photo_bytes, read_photos
from tests.support.pictures import phone_picture, small_picture
from tests.support.readme import run_readme_example
from tests.support.township import decide, evaluated, open_at_desk
from tests.support.tracks import walk_around

KINDS = ("panorama", "spacing", "groundwork", "tree", "household")
SIGNERS = {"inspector-1": "", "inspector-2": "覃志明", "household": ""}
INSPECTOR, REVIEWER = "yanshou01", "shenhe01"
COUNTS = {"live": 94, "dead": 3, "missing": 2}
# What the demonstration's policy asks of a paddy, and of any land.
PADDY = {"ditch_width", "ridge_height", "ridge_width", "mound_on_ridge"}
EVERYWHERE = {"no_vines", "low_crop_distance", "no_other_trees", "upkeep"}


@pytest.fixture(scope="module")
def plot() -> Plot:
    """A paddy plot of the first village, which the demonstration's history leaves alone: about a mu and a half."""
    paddies = [plot for plot in make_landscape().plots[:12] if plot.land_type == "paddy"]
    return min(paddies, key=lambda plot: abs(plot.true_mu - 1.5))


def test_from_the_orchard_to_the_archive(
    server: LiveServer,
    demonstration: Demonstration,
    playwright: Playwright,
    desk_browser: Browser,
    tmp_path: Path,
    plot: Plot,
) -> None:
    """An inspector captures a plot offline, the township approves it, the archive holds the phone's very bytes."""
    fixes = walk_around(plot.ring, seed=11)
    pictures = {kind: phone_picture(number) for number, kind in enumerate(KINDS)}
    pictures |= {f"signature of {signer}": small_picture(number) for number, signer in enumerate(SIGNERS)}
    phone = Phone(playwright, tmp_path / "phone", server.url)
    phone.switch_on()
    try:
        _go_out(phone, plot)
        _walk_and_be_killed(phone, plot, fixes)
        _photograph_count_and_be_killed(phone, pictures, fixes)
        submission_id, manifest = _finish_offline(phone, pictures)
        kept = _kept_on_the_phone(phone, pictures)
        _send(phone, submission_id)
    finally:
        phone.switch_off()

    status = evaluated(server.url, submission_id)
    said = json.loads(manifest)
    # Two fixes more than the track: standing still, the first at each tap on start and on resume counts as well.
    assert len(said["boundary"]["geometry"]["coordinates"][0]) >= len(fixes) + 1
    assert said["tree_counts"] == COUNTS
    assert {each["code"] for each in said["standards"]} == PADDY | EVERYWHERE
    assert next(each for each in said["standards"] if each["code"] == "ditch_width")["value"] == 34
    assert status["content_sha256"] == hashlib.sha256(manifest.encode()).hexdigest()
    assert status["complete"]
    assert set(status["received"]) == set(kept)
    evaluation = status["evaluation"]
    assert evaluation["area_low_m2"] <= geodesic_area(Polygon(plot.ring)) <= evaluation["area_high_m2"]

    folder = tmp_path / "by-curl"
    with demonstration.server("sqlite", folder) as other:
        assert _area_by_curl(other, manifest, kept, folder) == evaluation["area_m2"]

    _approve(desk_browser, server, submission_id)
    assert evaluated(server.url, submission_id)["state"] == "approved"
    assert _hashes_in_the_archive(desk_browser, server, plot) == set(kept)


def _go_out(phone: Phone, plot: Plot) -> None:
    """In the office: sign in, download, be ready; then without a network, from a cold start."""
    phone.leave_for_the_field(INSPECTOR, DEMO_PASSWORD)
    phone.page.reload()
    expect(phone.page.locator(f'[data-testid="task-row"][data-plot-id="{plot.id}"]')).to_be_visible()
    expect(phone.see("online-state")).to_have_attribute("data-state", "offline")


def _walk_and_be_killed(phone: Phone, plot: Plot, fixes: list) -> None:
    """Open the plot, walk half of it, lose the app, go on where it stood, close the boundary."""
    half = len(fixes) // 2
    phone.stand(fixes[0])
    phone.page.locator(f'[data-testid="task-row"][data-plot-id="{plot.id}"]').click()
    phone.see("start-inspection").click()
    expect(phone.see("walk-start")).to_have_attribute("aria-disabled", "false")
    phone.see("walk-start").click()
    expect(phone.see("walk-fixes")).to_have_text("1")
    phone.walk(fixes[1:half])
    assert phone.fix_count() == half

    phone.kill()
    phone.switch_on(online=False, at=fixes[half - 1])

    expect(phone.see("walk-resume")).to_be_visible()
    assert phone.fix_count() == half
    phone.resume_walk()
    phone.walk(fixes[half:])
    area_mu = float(phone.see("walk-area").inner_text())
    assert area_mu == pytest.approx(plot.true_mu, rel=0.5)
    phone.close_ring()


def _photograph_count_and_be_killed(phone: Phone, pictures: dict, fixes: list) -> None:
    """Take three photos, count, lose the app, find everything as it was, take the rest."""
    phone.see("step-photos").click()
    for kind in KINDS[:3]:
        phone.photograph(kind, pictures[kind])
    phone.see("step-counts").click()
    phone.see("count-live").fill(str(COUNTS["live"] - 4))
    for _tap in range(4):
        phone.see("tap-live").click()
    phone.see("count-dead").fill(str(COUNTS["dead"]))
    expect(phone.see("count-live")).to_have_value(str(COUNTS["live"]))
    expect(phone.see("count-dead")).to_have_value(str(COUNTS["dead"]))
    # Shown at once, stored right behind.
    phone.wait_until(lambda: read_phone(phone.page)["captures"][0]["counts"] == COUNTS | {"missing": 0})

    phone.kill()
    phone.switch_on(online=False, at=fixes[-1])

    expect(phone.see("step-counts")).to_have_attribute("aria-current", "step")
    expect(phone.see("count-live")).to_have_value(str(COUNTS["live"]))
    expect(phone.see("count-dead")).to_have_value(str(COUNTS["dead"]))
    phone.see("count-split").click()
    phone.see("count-missing").fill(str(COUNTS["missing"]))
    phone.see("step-boundary").click()
    assert phone.fix_count() >= len(fixes)
    phone.see("step-photos").click()
    for kind in KINDS[:3]:
        expect(phone.see(f"shot-{kind}").locator("img")).to_have_count(1)
    for kind in KINDS[3:]:
        phone.photograph(kind, pictures[kind])


def _finish_offline(phone: Phone, pictures: dict) -> tuple[str, str]:
    """Answer the standards, sign on paper, finish without a network: the submission waits, frozen."""
    phone.see("step-standards").click()
    phone.see("value-ditch_width").fill("34")
    phone.answer_standards()
    phone.see("step-confirm").click()
    for signer, name in SIGNERS.items():
        phone.sign_on_paper(signer, pictures[f"signature of {signer}"], name=name)
    expect(phone.see("finish")).to_have_attribute("aria-disabled", "false")
    phone.see("finish").click()
    item = phone.outbox_item()
    expect(item).to_have_count(1)
    expect(item).to_have_attribute("data-state", "queued")
    submission_id = item.get_attribute("data-submission-id") or ""
    return submission_id, phone.frozen_manifest(submission_id)


def _kept_on_the_phone(phone: Phone, pictures: dict) -> dict[str, bytes]:
    """
    The photos' bytes by their hash, as the phone holds them: of a large picture a smaller copy, hashed at once.

    Each copy has the size the policy asks for and names the picture it was made from; signatures stay as they came.
    """
    bytes_of = read_photo_bytes(phone.page)
    photos = read_photos(phone.page)
    assert {(photo.get("original") or photo)["sha256"] for photo in photos} == {
        picture.sha256 for picture in pictures.values()
    }
    assert {photo["kind"] for photo in photos if photo.get("original")} == set(KINDS)
    for photo in photos:
        body = bytes_of[photo["id"]]
        assert hashlib.sha256(body).hexdigest() == photo["sha256"]
        assert Image.open(io.BytesIO(body)).size == (photo["width"], photo["height"])
        assert (photo["width"], photo["height"]) == (1920, 1440) or not photo.get("original")
    return {photo["sha256"]: bytes_of[photo["id"]] for photo in photos}


def _send(phone: Phone, submission_id: str) -> None:
    """Back in the network the phone sends by itself, and says "received" only on the signed receipt."""
    phone.context.set_offline(False)
    item = phone.page.locator(f'[data-testid="outbox-item"][data-submission-id="{submission_id}"]')
    expect(item).to_have_attribute("data-state", "received", timeout=60_000)


def _area_by_curl(server: LiveServer, manifest: str, photos: dict[str, bytes], folder: Path) -> float:
    """Send the phone's own manifest and photos with the README's commands to another server."""
    (folder / "manifest.json").write_text(manifest)
    for sha256, body in photos.items():
        (folder / f"{sha256}.jpg").write_bytes(body)
    return float(run_readme_example(server.url, folder)["area_m2"])


def _approve(browser: Browser, server: LiveServer, submission_id: str) -> None:
    """The township's reviewer finds it in the queue and approves it."""
    context = desk_context(browser)
    page = context.new_page()
    open_at_desk(page, server.url, submission_id, name=REVIEWER)
    decide(page, "approved", "现场核对无误")
    context.close()


def _hashes_in_the_archive(browser: Browser, server: LiveServer, plot: Plot) -> set[str]:
    """What the archive says the photos' hashes are, and what the bytes it hands out really have."""
    context = desk_context(browser)
    page = context.new_page()
    page.goto(f"{server.url}/archive/?plot_id={plot.id}")
    page.get_by_label("工号").fill(REVIEWER)
    page.get_by_label("密码").fill(DEMO_PASSWORD)
    page.get_by_role("button", name="登录").click()
    links = page.locator('a.thumbs__link[href^="/archive/photos/"]')
    expect(links).to_have_count(len(KINDS) + len(SIGNERS))
    said = set()
    for address in [link.get_attribute("href") for link in links.all()]:
        page.goto(f"{server.url}{address}?verify=1")
        shown = page.get_by_text(re.compile(r"^[0-9a-f]{64}$")).first.inner_text()
        expect(page.locator(".notice--pass")).to_contain_text("一致")
        original = context.request.get(f"{server.url}{address}/original").body()
        assert hashlib.sha256(original).hexdigest() == shown
        said.add(shown)
    context.close()
    return said
