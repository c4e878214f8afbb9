"""The API's own description, OpenAPI 3.1 at `/schema/`: data only, for viewers fetch scripts from other hosts."""

from litestar import MediaType, Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from server.guards import PUBLIC


def describe_api() -> OpenAPIConfig:
    """Say what the description is called, where it is served, and that a bearer token opens the API."""
    return OpenAPIConfig(
        title="Yanshou 验收",
        version="1",
        description="Field inspection of planting subsidies: the protocol of the phone app. See docs/protocol.md.",
        path="/schema",
        render_plugins=[JsonRenderPlugin(path=["/", "/openapi.json"], media_type=MediaType.JSON)],
        openapi_router=Router("/schema", route_handlers=[], opt={"policy": PUBLIC}),
        components=Components(security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")}),
        security=[{"bearer": []}],
        use_handler_docstrings=True,
    )
