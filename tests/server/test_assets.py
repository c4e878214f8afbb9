import gzip
from pathlib import Path

import pytest

from server.assets import Assets, answer


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>" + "<p>验收" * 200, encoding="utf-8")
    (folder / "sw.js").write_text("self.x=1;" * 200)
    (folder / "manifest.webmanifest").write_text("{}")
    (folder / "icon-192x192.png").write_bytes(b"\x89PNG")
    (folder / "assets" / "app-3fZk19Qa.js").write_text("let a=1;" * 200)
    (folder / "desk.5a84d60585.css").write_text("a{b:c}" * 200)
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.mark.parametrize(
    ("name", "immutable"),
    [
        ("assets/app-3fZk19Qa.js", True),
        ("desk.5a84d60585.css", True),
        ("index.html", False),
        ("sw.js", False),
        ("manifest.webmanifest", False),
        ("icon-192x192.png", False),
    ],
)
def test_only_what_is_named_by_its_hash_is_kept_for_ever(built, name, immutable):
    """A service worker kept for ever is an app that never updates again."""
    asset = Assets(built).find(name)

    assert asset is not None
    assert ("immutable" in answer(asset).headers["Cache-Control"]) is immutable


@pytest.mark.parametrize(
    "name",
    [
        "../secret.txt",
        "assets/../../secret.txt",
        "/etc/passwd",
        "//etc/passwd",
        "link.txt",
        "\0",
        "assets",
        "",
        "no.js",
    ],
)
def test_nothing_outside_the_folder_is_found(built, name):
    """Whatever a path tries, it names a file of the build or nothing."""
    assert Assets(built).find(name) is None


def test_bytes_the_reader_has_are_not_sent_again(built):
    """On a weak network the check costs one small answer."""
    asset = Assets(built).find("index.html")
    first = answer(asset, accept_encoding="gzip, br")

    again = answer(asset, accept_encoding="gzip, br", if_none_match=f'"other", {first.headers["ETag"]}')

    assert (again.status_code, again.content) == (304, b"")


def test_compressed_and_plain_are_two_representations(built):
    """One tag for both would let a cache hand packed bytes to a reader who cannot unpack them."""
    asset = Assets(built).find("index.html")
    plain, packed = answer(asset), answer(asset, accept_encoding="gzip")

    assert gzip.decompress(packed.content) == plain.content
    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"


def test_a_new_build_is_seen_without_a_restart(built):
    """The file on disk is the truth; memory only saves reading it."""
    assets = Assets(built)
    assets.find("index.html")
    (built / "index.html").write_text("new")

    assert assets.find("index.html").body == b"new"


async def test_every_screen_of_the_phone_app_is_the_app(client, monkeypatch, built):
    """A link to a screen must open after a cold start; a missing script must not turn into a page."""
    monkeypatch.setattr("server.assets._PHONE", Assets(built))

    screen = await client.get("/m/plots/1/boundary")
    missing = await client.get("/m/assets/gone-12345678.js")
    root = await client.get("/m")
    worker = await client.head("/m/sw.js")

    assert (screen.status_code, screen.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert missing.status_code == 404
    assert (root.status_code, root.headers["location"]) == (308, "/m/")
    assert worker.headers["cache-control"] == "no-cache"
    assert "set-cookie" not in {*screen.headers, *worker.headers}
