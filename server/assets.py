"""
Built files of the phone app and the desk, served from memory.

A file whose name carries a hash never changes and may be kept for ever; any other is asked for again each time and
answered 304 while its bytes are the same. Every screen of the phone app is a path under `/m/` without a suffix: it gets
the app itself. Nothing here looks at who is asking, and no answer sets a cookie.
"""

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from litestar import HttpMethod, Request, Response, route
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from server.guards import PUBLIC

STATIC = Path(__file__).parent / "static"

_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_COMPRESSED = frozenset({".css", ".html", ".js", ".json", ".map", ".mjs", ".svg", ".txt", ".webmanifest"})
# The name ends in a hash before its suffix, as bundlers write it (eight signs: app-3fZk19Qa.js) or in hexadecimal
# (desk.9f86d081884c.css). A word has neither a digit nor a capital; in doubt a file is asked for again.
_HASHED = re.compile(r"[-.](?=\w*[A-Z0-9])(\w{8}|[0-9a-f]{8,64})\.[a-z0-9]+(\.map)?$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file in memory, plain and (where that helps) compressed."""

    body: bytes
    zipped: bytes | None
    media_type: str
    etag: str
    immutable: bool
    read_at_ns: int


class Assets:
    """The files below one folder, read when first asked for and again when they change."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[str, Asset] = {}

    def find(self, name: str) -> Asset | None:
        """
        Look up a file by its path below the folder; None when there is none.

        Only a regular file really inside the folder is found: a name that climbs out (`..`, an absolute path, a link
        leading outside, a NUL) is as unknown as one that does not exist.
        """
        try:
            root = self._folder.resolve()
            path = (root / name.lstrip("/")).resolve()
            if not path.is_relative_to(root) or not path.is_file():
                return None
            changed_at_ns = path.stat().st_mtime_ns
        except (OSError, ValueError):
            return None
        key = str(path)
        asset = self._kept.get(key)
        if asset is None or asset.read_at_ns != changed_at_ns:
            asset = self._kept[key] = _read(path, changed_at_ns)
        return asset


def _read(path: Path, changed_at_ns: int) -> Asset:
    body = path.read_bytes()
    suffix = path.suffix.lower()
    zipped = gzip.compress(body, 9, mtime=0) if suffix in _COMPRESSED else None
    return Asset(
        body=body,
        zipped=zipped if zipped is not None and len(zipped) < len(body) else None,
        media_type=_TYPES.get(suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream",
        etag=hashlib.sha256(body).hexdigest()[:32],
        immutable=_HASHED.search(path.name) is not None,
        read_at_ns=changed_at_ns,
    )


def answer(asset: Asset, *, accept_encoding: str = "", if_none_match: str = "") -> Response[bytes]:
    """Build the answer: 304 when the reader has these bytes already, compressed when the reader can unpack."""
    zipped = asset.zipped if "gzip" in accept_encoding.lower() else None
    # A strong tag names one representation (RFC 9110, 8.8.3), so the compressed one has its own.
    etag = f'"{asset.etag}{"-gz" if zipped is not None else ""}"'
    headers = {
        "ETag": etag,
        "Cache-Control": "public, max-age=31536000, immutable" if asset.immutable else "no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    if asset.zipped is not None:
        headers["Vary"] = "Accept-Encoding"
    known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    if etag in known:
        return Response(b"", status_code=304, headers=headers, media_type=asset.media_type)
    if zipped is not None:
        headers["Content-Encoding"] = "gzip"
    return Response(asset.body if zipped is None else zipped, headers=headers, media_type=asset.media_type)


_PHONE = Assets(STATIC / "m")
_DESK = Assets(STATIC / "desk")
_READ = [HttpMethod.GET, HttpMethod.HEAD]
# These answers are compressed already: a compression middleware must let them pass (exclude_opt_key).
_OPT = {"policy": PUBLIC, "own_encoding": True}

_AnyRequest = Request[Any, Any, Any]


def _serve(request: _AnyRequest, asset: Asset | None) -> Response[bytes]:
    if asset is None:
        raise NotFoundException
    return answer(
        asset,
        accept_encoding=request.headers.get("accept-encoding", ""),
        if_none_match=request.headers.get("if-none-match", ""),
    )


@route("/m", http_method=_READ, opt=_OPT, include_in_schema=False, sync_to_thread=False)
def phone_root(request: _AnyRequest) -> Response[bytes]:
    """The phone app; its addresses are relative to `/m/`, so `/m` leads there."""
    if bytes(request.scope.get("raw_path") or b"/m/").split(b"?")[0] == b"/m":
        return Response(b"", status_code=308, headers={"Location": "/m/"})
    return _serve(request, _PHONE.find("index.html"))


@route("/m/{path:path}", http_method=_READ, opt=_OPT, include_in_schema=False, sync_to_thread=False)
def phone_file(request: _AnyRequest, path: FromPath[str]) -> Response[bytes]:
    """Answer with a file of the phone app, or with the app itself for one of its screens."""
    asset = _PHONE.find(path)
    if asset is None and "." not in path.rsplit("/", 1)[-1]:
        asset = _PHONE.find("index.html")
    return _serve(request, asset)


@route("/desk/assets/{path:path}", http_method=_READ, opt=_OPT, include_in_schema=False, sync_to_thread=False)
def desk_file(request: _AnyRequest, path: FromPath[str]) -> Response[bytes]:
    """Answer with a style sheet or script of the desk."""
    return _serve(request, _DESK.find(path))


def desk_address(name: str) -> str:
    """
    Address of a desk file by its plain name ("desk.css"), as the build named it.

    The plain name itself while there is no build: the page then stands without style, and works.
    """
    built = _DESK.find("assets.json")
    names = msgspec.json.decode(built.body, type=dict[str, str]) if built else {}
    return f"/desk/assets/{names.get(name, name)}"


asset_handlers = [phone_root, phone_file, desk_file]
