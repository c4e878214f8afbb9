"""
Who is asking: the cookie of the desk or the bearer token of the phone, looked up for each request.

A cookie is sent by the browser on its own, so a request that changes something must come from our own pages: the
browser says so in Sec-Fetch-Site, older ones in Origin. A bearer token is never sent on its own and needs no such
check.
"""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.response.base import Response
from litestar.types import ASGIApp, Receive, Scope, Send

from server.errors import CrossSiteRequest
from server.roles import Identity
from server.settings import Settings
from server.store.sessions import find_identity

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
COOKIE = "yanshou_session"


def cookie_name(settings: Settings) -> str:
    """Over https the name binds the cookie to this very host (`__Host-`)."""
    return f"__Host-{COOKIE}" if settings.secure_cookies else COOKIE


def set_session_cookie(response: Response[Any], token: str, expires_at: datetime, settings: Settings) -> None:
    """Give the browser its session; scripts cannot read it and other sites cannot send it."""
    response.set_cookie(
        Cookie(
            key=cookie_name(settings),
            value=token,
            path="/",
            max_age=int((expires_at - datetime.now(UTC)).total_seconds()),
            httponly=True,
            secure=settings.secure_cookies,
            samesite="lax",
        )
    )


def clear_session_cookie(response: Response[Any], settings: Settings) -> None:
    """Take the session from the browser."""
    response.delete_cookie(key=cookie_name(settings), path="/")


class SessionMiddleware(ASGIMiddleware):
    """Put the `Identity` behind the request, or None, into `scope["user"]`."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, settings: Settings) -> None:
        self.cookie = cookie_name(settings)
        self.origin = settings.origin

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Look the token up; no token, no query."""
        connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
        authorization = connection.headers.get("authorization", "")
        scope["user"] = None
        if authorization[:7].lower() == "bearer ":
            scope["user"] = await find_identity(authorization[7:].strip(), "bearer", at=datetime.now(UTC))
        else:
            if scope.get("method") not in SAFE_METHODS:
                refuse_cross_site(connection, self.origin)
            scope["user"] = await identity_of_cookie(connection, self.cookie)
        await next_app(scope, receive, send)


async def identity_of_cookie(connection: ASGIConnection[Any, Any, Any, Any], name: str) -> Identity | None:
    """Return who is signed in with the browser's cookie of this name; no cookie, no query."""
    token = connection.cookies.get(name)
    return await find_identity(token, "cookie", at=datetime.now(UTC)) if token else None


def refuse_cross_site(connection: ASGIConnection[Any, Any, Any, Any], origin: str) -> None:
    """
    Refuse a changing request that a page of another site made the browser send.

    Programs that send neither header, such as curl, carry no cookie of a victim and pass.

    Raises:
        CrossSiteRequest: Sec-Fetch-Site or Origin says another site.
    """
    site = connection.headers.get("sec-fetch-site")
    if site in {"same-origin", "none"}:
        return
    said = connection.headers.get("origin")
    if site is None and (said is None or _same_host(said, origin or f"//{connection.headers.get('host', '')}")):
        return
    raise CrossSiteRequest("请求来自其他网站，已拒绝。", "The request came from another site and was refused.")


def _same_host(one: str, other: str) -> bool:
    return urlsplit(one).netloc == urlsplit(other).netloc != ""
