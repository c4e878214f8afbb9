"""The front page, and signing in and out of the desk and the archive."""

from datetime import UTC, datetime
from typing import Any

from litestar import Controller, Response, get, post
from litestar.response import Redirect

from server.actions.sign_in import sign_in
from server.actions.sign_out import sign_out
from server.errors import BadCredentials, TooManyAttempts
from server.guards import PUBLIC
from server.i18n import language_of, mark
from server.pages import READERS, AnyRequest, local_address, render, translate
from server.roles import Identity
from server.sessions import clear_session_cookie, set_session_cookie
from server.text import plain


def home_of(identity: Identity) -> str:
    """Return where a person's work begins."""
    return "/desk/" if identity.holds(*READERS) else "/archive/"


class FrontController(Controller):
    """Doors."""

    include_in_schema = False

    @get("/", opt={"policy": PUBLIC})
    async def front(self, request: AnyRequest) -> Response[str]:
        """Show the three doors: phone, desk, archive."""
        return render(request, "front.html", {})

    @get("/desk/login", opt={"policy": PUBLIC})
    async def login_form(self, request: AnyRequest) -> Response[Any]:
        """Ask for name and password; who is signed in already goes on."""
        wanted = request.query_params.get("next", "")
        if request.user is not None:
            return Redirect(local_address(wanted, home_of(request.user)), status_code=303)
        return render(request, "login.html", {"name": "", "next": wanted, "errors": {}})

    @post("/desk/login", opt={"policy": PUBLIC})
    async def login(self, request: AnyRequest) -> Response[Any]:
        """Begin a session, or say what was wrong and keep the name typed."""
        form = await request.form()
        name, password = plain(str(form.get("name", ""))), str(form.get("password", ""))
        wanted = str(form.get("next", ""))
        language = language_of(request)
        errors = {}
        if not name:
            errors["name"] = translate(language, mark("请填写工号"))
        if not password:
            errors["password"] = translate(language, mark("请填写密码"))
        headers, status = {}, 422
        if not errors:
            address = request.client.host if request.client else ""
            try:
                token, expires_at = await sign_in(
                    name, password, kind="cookie", device_id=None, address=address, at=datetime.now(UTC)
                )
            except (BadCredentials, TooManyAttempts) as refusal:
                errors["password"] = refusal.message_en if language == "en" else refusal.message_zh
                if isinstance(refusal, TooManyAttempts):
                    status = 429
                    headers = {"Retry-After": str(refusal.retry_after_s)}
            else:
                # Where an inspector may not go, the desk's first page would only refuse them: "/" sorts it out.
                done: Response[Any] = Redirect(local_address(wanted, "/desk/home"), status_code=303)
                if request.user is not None:
                    # The browser forgets the session it had; nobody else shall go on with it.
                    await sign_out(request.user, at=datetime.now(UTC))
                set_session_cookie(done, token, expires_at, request.app.state.settings)
                return done
        page = render(request, "login.html", {"name": name, "next": wanted, "errors": errors}, status=status)
        page.headers.update(headers)
        return page

    @get("/desk/home", opt={"policy": PUBLIC})
    async def home(self, request: AnyRequest) -> Redirect:
        """Lead a person to where their work begins."""
        return Redirect(home_of(request.user) if request.user else "/desk/login", status_code=303)

    @post("/desk/logout", opt={"policy": PUBLIC})
    async def logout(self, request: AnyRequest) -> Redirect:
        """End the session; harmless when there is none."""
        if request.user is not None:
            await sign_out(request.user, at=datetime.now(UTC))
        done = Redirect("/?signed_out=1", status_code=303)
        clear_session_cookie(done, request.app.state.settings)
        return done
