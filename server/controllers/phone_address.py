"""The address of the phone app as a QR code, for whoever opened it in a browser that cannot work offline."""

import io
from typing import Any

import segno
from litestar import Request, Response, get
from litestar.datastructures import State

from server.guards import PUBLIC


@get("/m/address.svg", opt={"policy": PUBLIC}, include_in_schema=False)
async def phone_address(request: Request[Any, Any, State]) -> Response[bytes]:
    """Draw it; only this one address is ever encoded."""
    origin = request.app.state.settings.origin or str(request.base_url)
    drawing = io.BytesIO()
    segno.make(f"{origin.rstrip('/')}/m/", error="m", micro=False).save(drawing, kind="svg", scale=8, border=4)
    return Response(drawing.getvalue(), media_type="image/svg+xml")
