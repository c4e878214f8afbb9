"""
The API's own description, OpenAPI 3.1 at `/schema/`: data only, for viewers fetch scripts from other hosts.

The framework describes what it reads and writes by itself. What it cannot know is added here: the bodies that are read
as bytes, and the problems (RFC 9457) each operation answers with.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from litestar import MediaType, Request, Response, Router
from litestar.exceptions import NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from inspections.submissions import Manifest
from server.guards import PUBLIC

PROBLEM_TYPE = "application/problem+json"
REFERENCE = "#/components/schemas/{name}"
# Whatever is asked of it, a server may fail, and its disk be full or failing.
ALWAYS = (500, 503)
STORING = (507,)

# Operation: the statuses beside its success that an answer may have. The tests knock with whatever fits the
# description and with what does not; an answer that is not named here fails them.
PROBLEMS_OF: dict[str, tuple[int, ...]] = {
    "health": (),
    "signIn": (400, 401, 413, 429),
    "readSession": (401,),
    "signOut": (401,),
    "readLedger": (401, 403),
    "readBaseMap": (401,),
    "readTile": (401, 404, 502),
    "putDeviceLedger": (400, 401, 403, 404, 413, *STORING),
    "putAttempt": (400, 401, 403, 404, 409, 413, 422, *STORING),
    "putPlot": (400, 401, 403, 404, 409, 413, 422, *STORING),
    "readSubmission": (401, 403, 404),
    "readPhotoPreview": (400, 401, 403, 404),
    "putSubmission": (401, 403, 404, 409, 413, *STORING),
    "putPhoto": (400, 401, 403, 404, 413, 422, *STORING),
    "readUpload": (400, 401, 403, 404),
    "appendUpload": (400, 401, 403, 404, 409, 413, 415, 422, *STORING),
    "dropUpload": (400, 401, 403, 404),
}
OPEN = {"health", "signIn"}
SUCCESSES: dict[str, dict[str, tuple[str, str]]] = {
    "putAttempt": {
        "200": ("NoteHeld", "These very bytes are held already."),
        "201": ("NoteHeld", "Stored."),
    },
    "putPlot": {
        "200": ("NoteHeld", "These very bytes are held already."),
        "201": ("NoteHeld", "Stored."),
    },
    "putSubmission": {
        "200": ("SubmissionStatus", "These very bytes are held already."),
        "201": ("SubmissionStatus", "Stored."),
        "202": ("QuarantinedOut", "Kept in quarantine, with the reason."),
    },
    "putPhoto": {
        "200": ("SubmissionStatus", "These bytes are held already."),
        "201": ("SubmissionStatus", "Durable."),
    },
    "appendUpload": {
        "200": ("SubmissionStatus", "The photo is held already."),
        "201": ("SubmissionStatus", "That was the last part; the photo is durable."),
        "204": ("", "The part is durable; `Upload-Offset` says where to go on."),
    },
}
BODIES = {
    "putSubmission": ("application/json", {"$ref": REFERENCE.format(name="Manifest")}),
    "putPhoto": ("image/jpeg", {}),
    "appendUpload": ("application/partial-upload", {}),
}
PROBLEM = {
    "title": "Problem",
    "description": "RFC 9457. `code` keeps its meaning for good; docs/problems.md lists them.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "A page that explains the code."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "pattern": "^[a-z][a-z_]*$"},
        "errors": {"type": "array", "description": "What did not fit, and where."},
    },
}


class CompletedPlugin(JsonRenderPlugin):
    """Answers the completed description as JSON."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Complete what the framework described."""
        return super().render(request, complete(openapi_schema))


def describe_api() -> OpenAPIConfig:
    """Say what the description is called, where it is served, and that a bearer token opens the API."""
    return OpenAPIConfig(
        title="Yanshou 验收",
        version="1",
        description="Field inspection of planting subsidies: the protocol of the phone app. See docs/protocol.md.",
        path="/schema",
        render_plugins=[CompletedPlugin(path=["/", "/openapi.json"], media_type=MediaType.JSON)],
        openapi_router=Router(
            "/schema",
            route_handlers=[],
            opt={"policy": PUBLIC},
            include_in_schema=False,
            after_request=_refuse_as_always,
        ),
        components=Components(security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")}),
        security=[{"bearer": []}],
        use_handler_docstrings=True,
    )


async def _refuse_as_always(answer: Response[Any]) -> Response[Any]:
    """Let an address below `/schema/` that is none be refused like any other, not by the framework's own page."""
    if answer.status_code == 404:
        raise NotFoundException
    return answer


def complete(described: dict[str, Any]) -> dict[str, Any]:
    """
    Add bodies and problems; what is given stays as it is.

    Args:
        described: The framework's description.
    """
    _, manifest = msgspec.json.schema_components([Manifest], ref_template=REFERENCE)
    # Encoded and decoded: a default may be a tuple, which JSON has not.
    manifest = msgspec.json.decode(msgspec.json.encode(manifest))
    components = {**described["components"]}
    components["schemas"] = {**components["schemas"], **manifest, "Problem": PROBLEM}
    paths = {
        path: {
            method: _completed(operation) if isinstance(operation, dict) else operation
            for method, operation in item.items()
        }
        for path, item in described["paths"].items()
    }
    return {**described, "paths": paths, "components": components}


def _completed(operation: dict[str, Any]) -> dict[str, Any]:
    name = operation["operationId"]
    responses = {status: answer for status, answer in operation["responses"].items() if int(status) < 400}
    for status, (schema, description) in SUCCESSES.get(name, {}).items():
        content = {"application/json": {"schema": {"$ref": REFERENCE.format(name=schema)}}} if schema else {}
        responses[status] = {"description": description, **({"content": content} if content else {})}
    responses |= dict(_problems(PROBLEMS_OF[name]))
    if name == "health":
        responses["503"] = {**responses["200"], "description": "Nothing more is stored; `reason` says why."}
    completed = {**operation, "responses": responses}
    if name in OPEN:
        completed["security"] = []
    if name in BODIES:
        media_type, body = BODIES[name]
        completed["requestBody"] = {"required": True, "content": {media_type: {"schema": body}}}
    return completed


def _problems(statuses: Iterable[int]) -> Iterable[tuple[str, dict[str, Any]]]:
    for status in sorted({*statuses, *ALWAYS}):
        yield (
            str(status),
            {
                "description": "See `code`.",
                "content": {PROBLEM_TYPE: {"schema": {"$ref": REFERENCE.format(name="Problem")}}},
            },
        )
