"""
A base map packed into one file (PMTiles version 3), read where it lies.

The pack is opened once and read at given places, never mapped into memory: a file cut short by another program is then
an error of one tile, not the end of the server.
"""

import gzip
import json
import os
import re
import weakref
import zlib
from asyncio import to_thread
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import Any

from pmtiles.tile import (
    Compression,
    Entry,
    HeaderDict,
    MagicNumberNotFound,
    SpecVersionUnsupported,
    TileType,
    deserialize_directory,
    deserialize_header,
    find_tile,
    zxy_to_tileid,
)

from server.errors import NoSuchTile, TileUnavailable
from server.tiles.picture import MAX_TILE_BYTES, Tile, picture

HEADER_BYTES = 127
# A directory of some thousand entries takes about a megabyte once read.
KEPT_DIRECTORIES = 16
# The format allows no deeper nesting.
MAX_DEPTH = 4
PICTURES = (TileType.PNG, TileType.JPEG, TileType.WEBP)
_DAMAGED = (EOFError, OSError, zlib.error, IndexError)


class PackUnusable(Exception):
    """A pack cannot be the base map; the finding says why in Chinese and in English."""

    def __init__(self, path: Path, why_zh: str, why_en: str) -> None:
        self.finding = (
            f"底图瓦片包 {path} 不能用：{why_zh}请改正 YANSHOU_TILES_URL，或留空不用底图。",
            f"The base map's pack {path} cannot be used: {why_en} Mend YANSHOU_TILES_URL, or leave it empty.",
        )
        super().__init__("\n".join(self.finding))


class TilePack:
    """
    An open pack.

    Attributes:
        note: What must stand on the map.
        min_zoom: The first level there is.
        max_zoom: The deepest level there is.
    """

    def __init__(self, file: int, header: HeaderDict, note: str) -> None:
        self.note = note
        self.min_zoom, self.max_zoom = header["min_zoom"], header["max_zoom"]
        self._file = file
        self._header = header
        self._directory = lru_cache(maxsize=KEPT_DIRECTORIES)(self._read_directory)

    async def tile(self, z: int, x: int, y: int) -> Tile:
        """
        Give a tile.

        Raises:
            NoSuchTile: The pack has none there.
            TileUnavailable: The pack is damaged there.
        """
        if not (self.min_zoom <= z <= self.max_zoom and 0 <= x < 2**z and 0 <= y < 2**z):
            raise _no_such_tile()
        try:
            body = await to_thread(self._body, zxy_to_tileid(z, x, y))
        except _DAMAGED as error:
            raise TileUnavailable("底图瓦片包已损坏。", "The pack of the base map is damaged.") from error
        return picture(body)

    def _body(self, tile_id: int) -> bytes:
        place, length = self._header["root_offset"], self._header["root_length"]
        for _ in range(MAX_DEPTH):
            entry = find_tile(self._directory(place, length), tile_id)
            if entry is None:
                break
            if entry.run_length:
                return self._unpacked(self._header["tile_data_offset"] + entry.offset, entry.length)
            place, length = self._header["leaf_directory_offset"] + entry.offset, entry.length
        raise _no_such_tile()

    def _unpacked(self, place: int, length: int) -> bytes:
        body = _read(self._file, place, min(length, MAX_TILE_BYTES + 1))
        return gzip.decompress(body) if self._header["tile_compression"] is Compression.GZIP else body

    def _read_directory(self, place: int, length: int) -> list[Entry]:
        return deserialize_directory(_read(self._file, place, length))


def open_pack(path: Path, *, note: str = "") -> TilePack:
    """
    Open a pack of pictures and look whether it can be read.

    Args:
        path: The `.pmtiles` file.
        note: What must stand on the map; empty: what the pack itself says (its attribution).

    Raises:
        PackUnusable: Missing, no PMTiles 3, cut short, packed in a way that is not read, or no pictures in it.
    """
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise PackUnusable(path, "打不开这个文件。", f"it cannot be opened ({error.strerror}).") from error
    try:
        header = _checked_header(path, file)
        found = TilePack(file, header, note or _attribution(file, header))
        found._directory(header["root_offset"], header["root_length"])
    except (*_DAMAGED, ValueError) as error:
        os.close(file)
        raise PackUnusable(path, "文件已损坏。", "it is damaged.") from error
    except PackUnusable:
        os.close(file)
        raise
    weakref.finalize(found, os.close, file)
    return found


def _checked_header(path: Path, file: int) -> HeaderDict:
    try:
        header = deserialize_header(_read(file, 0, HEADER_BYTES))
    except SpecVersionUnsupported as error:
        raise PackUnusable(path, "不是第 3 版 PMTiles。", "it is not PMTiles version 3.") from error
    except (MagicNumberNotFound, UnicodeDecodeError, *_DAMAGED) as error:
        raise PackUnusable(path, "不是 PMTiles 文件。", "it is no PMTiles file.") from error
    except ValueError as error:
        raise PackUnusable(
            path, "压缩方式或瓦片类型不认识。", "its compression or kind of tiles is unknown."
        ) from error
    if header["tile_type"] in (TileType.MVT, TileType.MLT):
        raise PackUnusable(path, "里面是矢量瓦片，这里要图片瓦片。", "it holds vector tiles, and pictures are needed.")
    if header["tile_type"] not in PICTURES:
        raise PackUnusable(path, "里面不是 PNG、JPEG 或 WebP 图片。", "its tiles are not PNG, JPEG or WebP.")
    readable = (Compression.NONE, Compression.GZIP)
    if header["internal_compression"] is not Compression.GZIP or header["tile_compression"] not in readable:
        raise PackUnusable(path, "压缩方式不支持，应为 gzip。", "its compression is not supported; gzip is.")
    if os.fstat(file).st_size < header["tile_data_offset"] + header["tile_data_length"]:
        raise PackUnusable(path, "文件不完整。", "it is cut short.")
    return header


def _attribution(file: int, header: HeaderDict) -> str:
    """Return the attribution as text: packs often write it as HTML."""
    metadata: Any = json.loads(gzip.decompress(_read(file, header["metadata_offset"], header["metadata_length"])))
    said = metadata.get("attribution", "") if isinstance(metadata, dict) else ""
    return unescape(re.sub(r"<[^>]*>", "", said)).strip() if isinstance(said, str) else ""


def _read(file: int, place: int, length: int) -> bytes:
    body = os.pread(file, length, place)
    if len(body) < length:
        raise EOFError
    return body


def _no_such_tile() -> NoSuchTile:
    return NoSuchTile("底图没有覆盖这里，或没有这一级。", "The base map does not reach this place or level.")
