"""Headers every answer carries, errors too: what the page may load, and that nobody may frame or sniff it."""

from litestar.types import BeforeMessageSendHookHandler, Message, Scope

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # The phone app needs the camera and the position; nothing else is ever asked for.
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
}
HTTPS_HEADERS = {"Strict-Transport-Security": "max-age=31536000"}


def add_headers(*, https: bool) -> BeforeMessageSendHookHandler:
    """
    Build the hook that adds what an answer does not set itself; an answer is not stored anywhere unless it says so.

    A hook of the application and not a middleware: a middleware does not see the 404 of an address that no route has.
    """
    wanted = [
        (name.lower().encode(), value.encode())
        for name, value in {**HEADERS, **(HTTPS_HEADERS if https else {}), "Cache-Control": "no-store"}.items()
    ]

    async def add(message: Message, scope: Scope) -> None:
        if message["type"] == "http.response.start":
            said = {name.lower() for name, _ in message["headers"]}
            message["headers"] = [*message["headers"], *(one for one in wanted if one[0] not in said)]

    return add
