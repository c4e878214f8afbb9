"""One tile: a picture a browser can show, of a bearable size."""

from dataclasses import dataclass

from server.errors import TileUnavailable

MAX_TILE_BYTES = 512 * 1024
SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile as it came."""

    body: bytes
    media_type: str


def picture(body: bytes) -> Tile:
    """Name the kind of a picture by its first bytes; raise TileUnavailable for what is none, or too large."""
    media_type = next((kind for signature, kind in SIGNATURES.items() if body.startswith(signature)), None)
    if media_type is None or len(body) > MAX_TILE_BYTES:
        raise TileUnavailable("底图服务给出的不是图片。", "What the source of the map answered is no picture.")
    return Tile(body, media_type)
