"""The base map through the server: the key stays here, and only pictures go out."""

import errno
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from server.app import create_app
from server.settings import Settings, SettingUnusable, read_settings
from tests.server.world import World, bearer

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


class Source(BaseHTTPRequestHandler):
    """A map server: one tile, one redirect, one page of text, else 404."""

    asked: list[str]

    def do_GET(self) -> None:
        """Answer by the column asked for."""
        self.asked.append(self.path)
        column = self.path.split("/")[2]
        answers = {"1": (200, PNG), "2": (302, b""), "3": (200, b"<html>quota used up</html>")}
        status, body = answers.get(column, (404, b""))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def client_of(app: Litestar) -> httpx.AsyncClient:
    """A client of an application made by a test."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver")


@pytest.fixture
def source() -> Iterator[HTTPServer]:
    """A map server on a free port."""
    Source.asked = []
    server = HTTPServer(("127.0.0.1", 0), Source)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def mapped(world: World, source: HTTPServer) -> Settings:
    """An installation with a source of tiles."""
    url = f"http://127.0.0.1:{source.server_port}/{{z}}/{{x}}/{{y}}?tk=secret"
    return replace(world.settings, tiles_url=url, tiles_note="天地图 GS(2025)0001号")


async def test_a_tile_comes_once_from_the_source_and_then_from_the_folder(mapped: Settings) -> None:
    """A county's quota is counted; the key is in the address and stays on the server."""
    async with client_of(create_app(mapped, work=False)) as client:
        headers = await bearer(client, "inspector")
        there = await client.get("/api/tiles", headers=headers)
        first, second = [await client.get("/api/tiles/12/1/3", headers=headers) for _ in range(2)]

    assert there.json()["base_map"] == {"note": "天地图 GS(2025)0001号", "max_zoom": 18}
    assert (first.status_code, first.headers["content-type"], first.content) == (200, "image/png", PNG)
    assert second.content == PNG
    assert Source.asked == ["/12/1/3?tk=secret"]


async def test_a_kept_tile_that_cannot_be_read_is_fetched_anew(
    mapped: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bad sector under a map must not close the store for photos."""
    read, faults = Path.read_bytes, [OSError(errno.EIO, "sector 7")]

    def failing(self: Path) -> bytes:
        if self == mapped.data / "tiles" / "12" / "1" / "3" and faults:
            raise faults.pop()
        return read(self)

    app = create_app(mapped, work=False)
    async with client_of(app) as client:
        headers = await bearer(client, "inspector")
        await client.get("/api/tiles/12/1/3", headers=headers)
        monkeypatch.setattr(Path, "read_bytes", failing)
        again = await client.get("/api/tiles/12/1/3", headers=headers)

    assert (again.status_code, again.content, faults) == (200, PNG, [])
    assert app.state.photos.health.reason is None


@pytest.mark.parametrize("address", ["12/2/3", "12/3/3", "12/4/3", "3/8/0", "19/1/1"])
async def test_what_is_no_tile_is_an_error_and_is_not_kept(mapped: Settings, address: str) -> None:
    """Neither a redirect to elsewhere nor a page about a used-up quota may stand as a picture for a month."""
    async with client_of(create_app(mapped, work=False)) as client:
        answer = await client.get(f"/api/tiles/{address}", headers=await bearer(client, "inspector"))

    assert (answer.status_code, answer.json()["code"]) == (502, "tile_unavailable")
    assert "secret" not in answer.text
    assert not [path for path in (mapped.data / "tiles").rglob("*") if path.is_file()]


async def test_strangers_get_no_map_and_without_a_source_there_is_none(world: World, mapped: Settings) -> None:
    """The key is paid for by the county."""
    async with client_of(create_app(mapped, work=False)) as client:
        stranger = await client.get("/api/tiles/12/1/3")
    async with client_of(create_app(world.settings, work=False)) as client:
        headers = await bearer(client, "inspector")
        none = await client.get("/api/tiles", headers=headers)
        nothing = await client.get("/api/tiles/12/1/3", headers=headers)

    assert stranger.status_code == 401
    assert (none.json(), nothing.status_code) == ({"base_map": None}, 404)


@pytest.mark.parametrize("url", ["file:///etc/{z}/{x}/{y}", "https://maps.example/{z}/{x}", "maps"])
def test_an_address_without_room_for_a_tile_is_refused_at_the_start(url: str) -> None:
    """And so is one that would read files."""
    with pytest.raises(SettingUnusable):
        read_settings({"YANSHOU_TILES_URL": url})
