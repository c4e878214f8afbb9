"""
Map tiles of another server (底图), fetched by this one with its key and kept beside the data.

The browser never learns the source's address or key, and asks nobody but this server. One host is asked, the one that
the setting names; a redirect elsewhere is an error.
"""

import asyncio
import time
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any
from urllib.error import URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from server.errors import TileUnavailable
from server.tiles.picture import MAX_TILE_BYTES, Tile, picture

MAX_ZOOM = 18
WAIT_S = 10
# Imagery changes by the year; the licence of most sources wants it fetched anew sooner.
FRESH_S = 30 * 24 * 3600


class _Stay(HTTPRedirectHandler):
    """Redirects are answers like any other failure."""

    def redirect_request(self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str) -> None:
        """Follow nowhere."""


@dataclass(frozen=True, slots=True)
class TileSource:
    """
    Where tiles come from and where they are kept.

    Attributes:
        template: Address with `{z}`, `{x}` and `{y}`, Web Mercator in WGS 84 or CGCS2000, the key in it.
        folder: Tiles already fetched; may be deleted at any time.
        note: What must stand on the map.
        max_zoom: The deepest level that is asked for.
    """

    template: str
    folder: Path
    note: str = ""
    max_zoom: int = MAX_ZOOM

    async def tile(self, z: int, x: int, y: int) -> Tile:
        """
        Give a tile, from the folder if it is fresh there; a stale one is better than none.

        Raises:
            TileUnavailable: No such tile, the source does not answer, or what it answers is no picture.
        """
        if not (0 <= z <= self.max_zoom and 0 <= x < 2**z and 0 <= y < 2**z):
            raise TileUnavailable("没有这一块底图。", "There is no such tile.")
        return await asyncio.to_thread(self._tile, z, x, y)

    def _tile(self, z: int, x: int, y: int) -> Tile:
        path = self.folder / str(z) / str(x) / str(y)
        try:
            kept, kept_at = path.read_bytes(), path.stat().st_mtime
        except OSError:  # Not kept yet; or it cannot be read any more, and is fetched anew.
            kept, kept_at = None, 0.0
        if kept is not None and time.time() - kept_at < FRESH_S:
            return picture(kept)
        try:
            tile = picture(self._fetch(z, x, y))
        except TileUnavailable:
            if kept is None:
                raise
            return picture(kept)
        _keep(path, tile.body)
        return tile

    def _fetch(self, z: int, x: int, y: int) -> bytes:
        address = self.template.replace("{z}", str(z)).replace("{x}", str(x)).replace("{y}", str(y))
        # The setting is the operator's, and read_settings lets only http and https through.
        request = Request(address, headers={"User-Agent": "yanshou", "Accept": "image/*"})  # noqa: S310
        try:
            with build_opener(_Stay).open(request, timeout=WAIT_S) as answer:
                body: bytes = answer.read(MAX_TILE_BYTES + 1)
        except (URLError, HTTPException, OSError) as error:
            # Never the address: the key is in it.
            raise TileUnavailable("底图服务没有应答。", "The source of the map does not answer.") from error
        return body


def _keep(path: Path, body: bytes) -> None:
    """Another process may write the same tile at the same time: each writes a file of its own and renames it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(body)
    Path(file.name).replace(path)
