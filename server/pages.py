"""
Pages for browsers: Jinja templates, in the reader's language, with what every page needs.

A page is text and works without a script; nothing in it is inline that a content policy would have to allow.
"""

import contextlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Litestar, MediaType, Request, Response
from litestar.datastructures import Cookie
from litestar.response import Redirect
from litestar.types import ASGIApp, Receive, Scope, Send

from server.assets import desk_address
from server.i18n import COOKIE, FILTERS, Language, chosen_language, language_of, translations
from server.labels import LABELS
from server.roles import Identity, Role
from server.sessions import cookie_name, identity_of_cookie

TEMPLATES = Path(__file__).parent / "templates"
SIGN_IN = "/desk/login"
READERS = (
    Role.REVIEWER,
    Role.APPROVER,
    Role.TOWNSHIP_FINANCE,
    Role.COUNTY_OFFICE,
    Role.COUNTY_LEADER,
    Role.COUNTY_FINANCE,
    Role.AUDIT,
    Role.ADMIN,
)
DECIDERS = (Role.REVIEWER, Role.APPROVER)

AnyRequest = Request[Any, Any, Any]


@cache
def environment(language: Language) -> Environment:
    """Return the templates of one language; compiled once each."""
    # No page is ever rendered without escaping: autoescape holds for every name, not for .html alone.
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    env.policies["ext.i18n.trimmed"] = True
    catalogue = translations(language)
    env.install_gettext_callables(  # type: ignore[attr-defined]
        catalogue.gettext,
        catalogue.ngettext,
        newstyle=True,
        pgettext=catalogue.pgettext,
        npgettext=catalogue.npgettext,
    )
    env.filters.update(FILTERS)
    env.filters["label"] = lambda code, kind: translate(language, LABELS[kind].get(code) or code)
    env.globals["asset"] = desk_address
    env.globals["query"] = query
    return env


def translate(language: Language, text: str) -> str:
    """Return a marked text in a language."""
    return translations(language).gettext(text)


def query(values: dict[str, Any], **changes: Any) -> str:
    """Write the query of an address from the filters in force; None and empty values are left out."""
    merged = {**values, **changes}
    return urlencode({name: value for name, value in merged.items() if value not in (None, "")})


def render(request: AnyRequest, template: str, context: dict[str, Any], *, status: int = 200) -> Response[str]:
    """
    Render a page for whoever asks.

    Args:
        request: Gives the language and the person.
        template: Path below `server/templates`.
        context: What the template shows.
        status: 200, or 422 when a form comes back with its errors.
    """
    language = language_of(request)
    identity: Identity | None = request.scope.get("user")
    page = environment(language).get_template(template)
    html = page.render(
        **context,
        language=language,
        html_language="zh-CN" if language == "zh" else "en",
        identity=identity,
        may_read_desk=identity is not None and identity.holds(*READERS),
        here=request.url.path,
        other_language_address=_in_other_language(request, language),
        zh=language == "zh",
    )
    response = Response(
        html,
        status_code=status,
        media_type=MediaType.HTML,
        headers={
            "Content-Language": "zh-CN" if language == "zh" else "en",
            # Names and places: nothing of it stays in a shared computer's cache after signing out.
            "Cache-Control": "no-store",
            "Vary": "Accept-Language, Cookie",
        },
    )
    chosen = chosen_language(request)
    if chosen:
        response.set_cookie(
            Cookie(key=COOKIE, value=chosen, path="/", max_age=365 * 24 * 3600, samesite="lax", httponly=True)
        )
    return response


def _in_other_language(request: AnyRequest, language: Language) -> str:
    values = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    other = "en" if language == "zh" else "zh"
    # A page answering a POST has no address of its own to come back to.
    path = request.url.path if request.method == "GET" else SIGN_IN if "login" in request.url.path else "/desk/"
    return f"{path}?{urlencode([*values, ('lang', other)])}"


def wants_page(request: AnyRequest) -> bool:
    """Whether a browser asks for something to look at, not a program for data."""
    path = request.url.path
    if path.startswith(("/api/", "/schema", "/healthz", "/desk/assets/")):
        return False
    return "text/html" in request.headers.get("accept", "")


def error_page(
    request: AnyRequest, status: int, code: str, title: str, detail: str, *, headers: dict[str, str]
) -> Response[str]:
    """Tell a person what went wrong and where to go from here; `title` and `detail` are in their language."""
    if "user" not in request.scope:
        return _UnroutedPage(status, code, title, detail, headers=headers)
    answer = render(
        request, "error.html", {"status": status, "code": code, "title": title, "detail": detail}, status=status
    )
    answer.headers.update(headers)
    return answer


class _UnroutedPage(Response[str]):
    """
    An error page at an address that no route has.

    No middleware runs there, so nobody has asked yet who is asking, and a handler of exceptions cannot wait for the
    database. The page asks when it is sent: whoever is signed in is not told to sign in because of a wrong address.
    """

    def __init__(self, status: int, *words: str, headers: dict[str, str]) -> None:
        super().__init__("", status_code=status)
        self.words, self.more = words, headers

    def to_asgi_response(  # type: ignore[override]
        self, app: Litestar | None, request: AnyRequest, **wanted: Any
    ) -> ASGIApp:
        """Find out who is asking, then answer."""

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            # A page that says what went wrong is not lost because something else goes wrong too.
            scope["user"] = None
            with contextlib.suppress(Exception):
                scope["user"] = await identity_of_cookie(request, cookie_name(request.app.state.settings))
            page = error_page(request, self.status_code or 404, *self.words, headers=self.more)
            await page.to_asgi_response(app, request, **wanted)(scope, receive, send)

        return answer


def login_redirect(request: AnyRequest) -> Redirect:
    """Send a person to sign in, and back to this page afterwards."""
    address = request.url.path
    if request.url.query:
        address += f"?{request.url.query}"
    # What a form sent is gone by then: come back to its page, not to the form's target.
    wanted = address if request.method == "GET" else "/desk/"
    return Redirect(f"{SIGN_IN}?next={quote(wanted, safe='')}", status_code=303)


def local_address(wanted: str | None, otherwise: str) -> str:
    """
    Return an address on this site, never another's.

    >>> local_address("/archive/?kind=tree", "/desk/"), local_address("//evil.example", "/desk/")
    ('/archive/?kind=tree', '/desk/')
    """
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return otherwise
    if any(ord(sign) < 32 for sign in wanted) or urlsplit(wanted).netloc:
        return otherwise
    return wanted
