"""Whether the server is ready, and whether it stores what it is sent."""

from typing import Any

from litestar import Request, Response, get

from server.guards import PUBLIC
from server.tables import RegionTable


@get("/healthz", operation_id="health", opt={"policy": PUBLIC}, tags=["server"])
async def health(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
    """Answer 200 once the database answers; 503 with `reason` when the disk failed and nothing more is stored."""
    await RegionTable.select(RegionTable.code).limit(1)
    if request.app.state.photos.health.reason is not None:
        return Response({"status": "degraded", "reason": "storage_failed"}, status_code=503)
    return Response({"status": "ok"})
