"""The base map on the phone: from the configured source, through our server, beside the sketch."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Playwright, expect

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
