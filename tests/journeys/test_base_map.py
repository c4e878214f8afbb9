"""The base map on the phone: from the configured source, through our server, beside the sketch; kept for no network."""

import math
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Playwright, expect
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from server.demo.accounts import DEMO_PASSWORD
from server.demo.landscape import make_landscape
from tests.support.live_server import LiveServer
from tests.support.phone import Phone
from tests.support.tracks import walk_around


def _tile() -> bytes:
    """A picture of 256 × 256 pixels on which something is to be seen."""
    body = BytesIO()
    Image.effect_mandelbrot((256, 256), (-2, -1.5, 1, 1.5), 40).convert("RGB").save(body, "JPEG")
    return body.getvalue()


TILE = _tile()


class Source(BaseHTTPRequestHandler):
    """A map server whose every tile is the same picture."""

    asked: list[str]

    def do_GET(self) -> None:
        """Give the picture."""
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", str(len(TILE)))
        self.end_headers()
        self.wfile.write(TILE)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class MappedServer(LiveServer):
    """The real server with a source of tiles."""

    source_port = 0

    @property
    def environment(self) -> dict[str, str]:
        """What its commands are started with."""
        url = f"http://127.0.0.1:{self.source_port}/{{z}}/{{x}}/{{y}}?tk=county-key"
        return {**super().environment, "YANSHOU_TILES_URL": url, "YANSHOU_TILES_NOTE": "天地图 GS(2025)0001号"}


@pytest.fixture
def mapped(tmp_path: Path) -> Iterator[MappedServer]:
    """The server beside its map server."""
    Source.asked = []
    source = HTTPServer(("127.0.0.1", 0), Source)
    thread = threading.Thread(target=source.serve_forever)
    thread.start()
    data = tmp_path / "data"
    server = MappedServer(data, f"sqlite:///{data / 'yanshou.sqlite'}")
    server.source_port = source.server_port
    try:
        server.start()
        yield server
    finally:
        server.stop()
        source.shutdown()
        thread.join()
        source.server_close()


class PackedServer(LiveServer):
    """The real server with a pack of tiles around every plot of the demonstration."""

    @property
    def pack(self) -> Path:
        """The pack."""
        return self.data / "county.pmtiles"

    @property
    def environment(self) -> dict[str, str]:
        """What its commands are started with."""
        return {**super().environment, "YANSHOU_TILES_URL": f"pmtiles://{self.pack}"}

    def write_pack(self) -> None:
        """Write the tiles of levels 14 to 17, each the same picture."""
        ids = set()
        for plot in make_landscape().plots:
            lon, lat = plot.ring[0]
            for z in range(14, 18):
                x, y = (lon + 180) / 360 * 2**z, (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z
                around = range(-3, 4)
                ids |= {zxy_to_tileid(z, int(x) + dx, int(y) + dy) for dx in around for dy in around}
        self.data.mkdir(parents=True)
        with self.pack.open("wb") as file:
            writer = Writer(file)
            for tile_id in sorted(ids):
                writer.write_tile(tile_id, TILE)
            header = {"tile_type": TileType.JPEG, "tile_compression": Compression.NONE}
            writer.finalize(header, {"attribution": "县测绘 桂S(2026)001号"})


def test_a_map_kept_before_leaving_is_there_without_a_network(playwright: Playwright, tmp_path: Path) -> None:
    """Where there is no signal a map is wanted most; whoever does not ask for it loads none of it."""
    data = tmp_path / "data"
    server = PackedServer(data, f"sqlite:///{data / 'yanshou.sqlite'}")
    server.write_pack()
    plot = make_landscape().plots[3]
    phone = Phone(playwright, tmp_path / "phone", server.url)
    server.start()
    phone.switch_on()
    try:
        phone.stand(walk_around(plot.ring, seed=3)[0])
        phone.sign_in("yanshou01", DEMO_PASSWORD)
        phone.wait_for_service_worker()
        phone.page.goto(f"{server.url}/m/#/check")
        line = phone.see("check-map")
        expect(line).to_have_attribute("data-state", "look")
        line.get_by_role("button", name="存底图").click()
        expect(line).to_have_attribute("data-state", "ready", timeout=60_000)
        expect(line).to_contain_text("底图已存")

        phone.context.set_offline(True)
        server.stop()
        phone.page.reload()
        expect(line).to_have_attribute("data-state", "ready")
        phone.page.goto(f"{server.url}/m/#/tasks")
        phone.page.locator(f'[data-testid="task-row"][data-plot-id="{plot.id}"]').click()
        phone.see("start-inspection").click()
        phone.see("map-toggle").click()
        expect(phone.page.locator("img.leaflet-tile-loaded").first).to_be_visible()
        expect(phone.see("base-map")).to_contain_text("县测绘 桂S(2026)001号")

        phone.page.goto(f"{server.url}/m/#/check")
        line.get_by_role("button", name="删除").click()
        expect(line).to_have_count(0)
        kept = "() => caches.keys().then((names) => names.filter((name) => name.startsWith('map-')).length)"
        assert phone.page.evaluate(kept) <= 1
    finally:
        phone.switch_off()
        server.stop()


def test_the_map_comes_through_our_server_when_it_is_asked_for(
    mapped: MappedServer, playwright: Playwright, tmp_path: Path
) -> None:
    """The key never leaves the server, no foreign host is asked, and nobody who only walks loads a map."""
    plot = make_landscape().plots[3]
    phone = Phone(playwright, tmp_path / "phone", mapped.url)
    phone.switch_on()
    asked: list[str] = []
    phone.context.on("request", lambda request: asked.append(request.url))
    try:
        phone.stand(walk_around(plot.ring, seed=3)[0])
        phone.sign_in("yanshou01", DEMO_PASSWORD)
        phone.page.locator(f'[data-testid="task-row"][data-plot-id="{plot.id}"]').click()
        phone.see("start-inspection").click()
        expect(phone.see("map-toggle")).to_have_text("底图")
        assert not [url for url in asked if "/assets/map-" in url]

        phone.see("map-toggle").click()
        expect(phone.page.locator("img.leaflet-tile-loaded").first).to_be_visible()
        expect(phone.see("base-map")).to_contain_text("天地图 GS(2025)0001号")
        found = Axe().run(phone.page).response["violations"]
        phone.see("map-toggle").click()
        expect(phone.see("base-map")).to_have_count(0)
    finally:
        phone.switch_off()

    assert [violation["id"] for violation in found] == []
    assert Source.asked and all("tk=county-key" in path for path in Source.asked)
    assert all(url.startswith((mapped.url, "blob:", "data:")) for url in asked)
    assert "county-key" not in " ".join(asked)
