"""The base map, for whoever is signed in, when a source is configured."""

from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from msgspec import Struct

from server.guards import SIGNED_IN
from server.roles import Identity
from server.tiles import MAX_ZOOM, TileSource


class BaseMap(Struct, frozen=True, kw_only=True):
    """A base map that can be shown; the note (source, 审图号) must stand on it."""

    note: str
    max_zoom: int


class BaseMapAnswer(Struct, frozen=True, kw_only=True):
    """The base map, or none."""

    base_map: BaseMap | None


def _source(state: State) -> TileSource | None:
    settings = state.settings
    return TileSource(settings.tiles_url, settings.data / "tiles") if settings.tiles_url else None


@get("/api/tiles", operation_id="readBaseMap", opt={"policy": SIGNED_IN}, tags=["tiles"])
async def base_map(state: State) -> BaseMapAnswer:
    """Tell whether there is a base map; the phone shows its button only then."""
    there = _source(state) is not None
    return BaseMapAnswer(base_map=BaseMap(note=state.settings.tiles_note, max_zoom=MAX_ZOOM) if there else None)


@get("/api/tiles/{z:int}/{x:int}/{y:int}", operation_id="readTile", opt={"policy": SIGNED_IN}, tags=["tiles"])
async def tile(
    request: Request[Identity, Any, State], z: FromPath[int], x: FromPath[int], y: FromPath[int]
) -> Response[bytes]:
    """Give one tile of 256 × 256 pixels, Web Mercator; 404 without a source."""
    source = _source(request.app.state)
    if source is None:
        raise NotFoundException
    found = await source.tile(z, x, y)
    return Response(found.body, media_type=found.media_type, headers={"Cache-Control": "private, max-age=604800"})
