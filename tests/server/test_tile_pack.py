"""The base map from a pack on the disk: read where it lies, and refused at the start where it cannot be shown."""

import gzip
import random
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from server.app import create_app
from server.settings import Settings, SettingUnusable, read_settings
from server.startup import check_tiles
from server.tiles import PackUnusable
from server.tiles.pack import open_pack
from tests.server.world import World, bearer

HERE = (14, 13170, 7007)
NOTE = '<a href="https://maps.example">影像 &copy; 县测绘</a> 桂S(2026)001号'


def picture_of(colour: tuple[int, int, int], form: str = "WEBP") -> bytes:
    """A tile that can be told from others."""
    body = BytesIO()
    Image.new("RGB", (256, 256), colour).save(body, form)
    return body.getvalue()


def write_pack(path: Path, tiles: dict[tuple[int, int, int], bytes], *, note: str | None = NOTE, **header: Any) -> Path:
    """A real pack, written by the library's own writer."""
    with path.open("wb") as file:
        writer = Writer(file)
        for at in sorted(tiles, key=lambda at: zxy_to_tileid(*at)):
            writer.write_tile(zxy_to_tileid(*at), tiles[at])
        said = {"tile_type": TileType.WEBP, "tile_compression": Compression.NONE} | header
        writer.finalize(said, {} if note is None else {"attribution": note})
    return path


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack of two levels around a village."""
    z, x, y = HERE
    deeper = {(z + 1, 2 * x + dx, 2 * y + dy): picture_of((dx * 90, dy * 90, 200)) for dx in (0, 1) for dy in (0, 1)}
    return write_pack(tmp_path / "village.pmtiles", {HERE: picture_of((9, 99, 9)), **deeper})


@pytest.fixture
def packed(world: World, pack: Path) -> Settings:
    """An installation with that pack."""
    return replace(world.settings, tiles_url=read_settings({"YANSHOU_TILES_URL": f"pmtiles://{pack}"}).tiles_url)


def client_of(settings: Settings) -> httpx.AsyncClient:
    """A client of an application of its own."""
    transport = httpx.ASGITransport(create_app(settings, work=False))
    return httpx.AsyncClient(transport=transport, base_url="http://testserver")


async def test_the_phone_sees_no_difference_between_a_pack_and_a_server(packed: Settings):
    """A county without a line to a map server shows its own imagery; what the pack says of its source stands on it."""
    z, x, y = HERE
    async with client_of(packed) as client:
        headers = await bearer(client, "inspector")
        there = await client.get("/api/tiles", headers=headers)
        tile = await client.get(f"/api/tiles/{z}/{x}/{y}", headers=headers)
        deeper = await client.get(f"/api/tiles/{z + 1}/{2 * x + 1}/{2 * y}", headers=headers)
        stranger = await client.get(f"/api/tiles/{z}/{x}/{y}")

    assert there.json() == {"base_map": {"note": "影像 © 县测绘 桂S(2026)001号", "max_zoom": 15}}
    assert (tile.status_code, tile.headers["content-type"]) == (200, "image/webp")
    assert tile.headers["cache-control"] == "private, max-age=604800"
    assert tile.content == picture_of((9, 99, 9))
    assert deeper.content == picture_of((90, 0, 200))
    assert stranger.status_code == 401


async def test_what_the_operator_says_goes_before_what_the_pack_says(packed: Settings):
    """The approval number of a map is the county's to state."""
    async with client_of(replace(packed, tiles_note="桂S(2026)002号")) as client:
        there = await client.get("/api/tiles", headers=await bearer(client, "inspector"))

    assert there.json()["base_map"]["note"] == "桂S(2026)002号"


@pytest.mark.parametrize("address", ["13/6585/3503", "14/13171/7007", "16/52680/28028", "14/16384/0", "99/1/1"])
async def test_beyond_the_pack_there_is_no_tile_and_no_fault(packed: Settings, address: str):
    """A map is panned out of the county all day: that is no failure of the source."""
    async with client_of(packed) as client:
        answer = await client.get(f"/api/tiles/{address}", headers=await bearer(client, "inspector"))

    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_tile")


async def test_a_large_pack_is_found_through_its_leaf_directories(tmp_path: Path):
    """A township at level 17 has tens of thousands of tiles: the root then only points to further directories."""
    chance = random.Random(1)
    bodies = [b"RIFF" + chance.randbytes(chance.randrange(20, 400)) for _ in range(20_000)]
    tiles = {(17, 105_000 + number % 200, 56_000 + number // 200): body for number, body in enumerate(bodies)}
    pack = open_pack(write_pack(tmp_path / "large.pmtiles", tiles))

    assert pack._header["leaf_directory_length"] > 0
    for number in (0, 7_777, 19_999):
        assert (await pack.tile(17, 105_000 + number % 200, 56_000 + number // 200)).body == bodies[number]


async def test_tiles_packed_once_more_are_unpacked(tmp_path: Path):
    """Some writers gzip pictures as well; a browser would not know."""
    pack = write_pack(
        tmp_path / "gzip.pmtiles",
        {HERE: gzip.compress(picture_of((1, 2, 3), "PNG"))},
        tile_type=TileType.PNG,
        tile_compression=Compression.GZIP,
        note=None,
    )

    opened = open_pack(pack)

    assert (await opened.tile(*HERE)).media_type == "image/png"
    assert opened.note == ""


def with_bytes(at: int, value: bytes) -> Callable[[Path], None]:
    """Write over a place of a file."""

    def write(path: Path) -> None:
        body = bytearray(path.read_bytes())
        body[at : at + len(value)] = value
        path.write_bytes(body)

    return write


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (Path.unlink, "cannot be opened"),
        (lambda path: path.write_bytes(b"SQLite format 3\0" + bytes(500)), "no PMTiles file"),
        (lambda path: path.write_bytes(b"PMTi"), "no PMTiles file"),
        (with_bytes(7, b"\x02"), "not PMTiles version 3"),
        (with_bytes(97, b"\x03"), "compression is not supported"),
        (with_bytes(98, b"\x00"), "compression is not supported"),
        (with_bytes(98, b"\x63"), "unknown"),
        (with_bytes(99, b"\x01"), "vector tiles"),
        (with_bytes(99, b"\x05"), "not PNG, JPEG or WebP"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "cut short"),
        (with_bytes(127, b"\x00\x00\x00"), "damaged"),
    ],
    ids=["missing", "something else", "four bytes", "version 2", "brotli", "unknown", "odd", "vector", "avif", "cut",
         "directory"],
)  # fmt: skip
async def test_a_pack_that_cannot_be_shown_is_named_before_the_server_starts(
    packed: Settings, pack: Path, break_it: Callable[[Path], None], said: str
):
    """An inspector would find out in the orchard; the operator reads which file, why, and what to do."""
    break_it(pack)

    [(zh, en)] = [finding async for finding in check_tiles(packed)]

    assert str(pack) in zh and "YANSHOU_TILES_URL" in zh
    assert str(pack) in en and said in en
    with pytest.raises(PackUnusable):
        create_app(packed, work=False)


async def test_damage_that_comes_later_is_an_error_of_one_tile(packed: Settings, pack: Path):
    """A disk fails, or somebody copies over the file: the phone draws its sketch, and the server goes on."""
    z, x, y = HERE
    async with client_of(packed) as client:
        headers = await bearer(client, "inspector")
        with pack.open("r+b") as file:
            file.truncate(pack.stat().st_size - 20)
        deeper = [f"{z + 1}/{2 * x + dx}/{2 * y + dy}" for dx in (0, 1) for dy in (0, 1)]
        answers = [await client.get(f"/api/tiles/{at}", headers=headers) for at in (f"{z}/{x}/{y}", *deeper)]

    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 502]


@pytest.mark.parametrize("url", ["pmtiles://relative.pmtiles", "pmtiles:///", "pmtiles:///folder/"])
def test_a_pack_is_named_by_its_whole_path(url: str):
    """Where the server is started from must not matter."""
    with pytest.raises(SettingUnusable):
        read_settings({"YANSHOU_TILES_URL": url})
