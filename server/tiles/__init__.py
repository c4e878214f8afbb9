"""
The base map (底图): where its tiles come from, and how one is had.

Tiles are of 256 × 256 pixels in Web Mercator, WGS 84 or CGCS2000, as the fixes are; nothing here converts to or from
GCJ-02. A source is another server, asked through this one, or a pack on this machine's disk.
"""

from pathlib import Path
from typing import Protocol

from server.settings import PACK_SCHEME, Settings
from server.tiles.pack import PackUnusable, open_pack
from server.tiles.picture import Tile
from server.tiles.remote import TileSource

__all__ = ["PackUnusable", "Tile", "Tiles", "open_tiles"]


class Tiles(Protocol):
    """A source of tiles."""

    @property
    def note(self) -> str:
        """What must stand on the map: its source and 审图号."""

    @property
    def max_zoom(self) -> int:
        """The deepest level there is."""

    async def tile(self, z: int, x: int, y: int) -> Tile:
        """Give a tile; raise NoSuchTile or TileUnavailable."""


def open_tiles(settings: Settings) -> Tiles | None:
    """
    Open what the setting names; None without one.

    Raises:
        PackUnusable: A pack was named that cannot be used.
    """
    if not settings.tiles_url:
        return None
    if settings.tiles_url.startswith(PACK_SCHEME):
        return open_pack(Path(settings.tiles_url.removeprefix(PACK_SCHEME)), note=settings.tiles_note)
    return TileSource(settings.tiles_url, settings.data / "tiles", note=settings.tiles_note)
