"""The ledger for offline work."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State

from server.backup.watermark import recent_watermark
from server.guards import allow
from server.roles import Identity, Role
from server.store.ledger import read_ledger


@get("/api/ledger", operation_id="readLedger", opt={"policy": allow(Role.INSPECTOR)}, tags=["ledger"])
async def ledger(request: Request[Identity, Any, State]) -> Response[Any]:
    """Give programme, plots and tasks of the caller's regions; 304 when nothing changed since `If-None-Match`."""
    content = msgspec.json.encode(await read_ledger(request.user))
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == etag:
        return Response(content=None, status_code=304, headers=headers)
    mark = await recent_watermark()
    # Neither of these is part of the ETag: a ledger that did not change is not sent again for them.
    fresh = {"server_time_at": datetime.now(UTC), "backup_watermark": mark.floor if mark else None}
    body = msgspec.json.encode(fresh)[:-1] + b"," + content[1:]
    return Response(content=body, media_type="application/json", headers=headers)
