"""The base map, for whoever is signed in, when a source is configured."""

from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from msgspec import Struct

from server.guards import SIGNED_IN
from server.roles import Identity
from server.tiles import Tiles


class BaseMap(Struct, frozen=True, kw_only=True):
    """A base map that can be shown; the note (source, 审图号) must stand on it."""

    note: str
    max_zoom: int


class BaseMapAnswer(Struct, frozen=True, kw_only=True):
    """The base map, or none."""

    base_map: BaseMap | None


@get("/api/tiles", operation_id="readBaseMap", opt={"policy": SIGNED_IN}, tags=["tiles"])
async def base_map(state: State) -> BaseMapAnswer:
    """Tell whether there is a base map; the phone shows its button only then."""
    source: Tiles | None = state.tiles
    return BaseMapAnswer(base_map=BaseMap(note=source.note, max_zoom=source.max_zoom) if source else None)


@get("/api/tiles/{z:int}/{x:int}/{y:int}", operation_id="readTile", opt={"policy": SIGNED_IN}, tags=["tiles"])
async def tile(
    request: Request[Identity, Any, State], z: FromPath[int], x: FromPath[int], y: FromPath[int]
) -> Response[bytes]:
    """Give one tile of 256 × 256 pixels, Web Mercator; 404 without a source, and where a pack has none."""
    source: Tiles | None = request.app.state.tiles
    if source is None:
        raise NotFoundException
    found = await source.tile(z, x, y)
    return Response(found.body, media_type=found.media_type, headers={"Cache-Control": "private, max-age=604800"})
