"""Deny by default: every route names who may call it, and the open ones stand in a list that somebody has to change."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from litestar import Litestar, get
from litestar.testing import AsyncTestClient

from server.app import create_app
from server.database import make_engine, migrate, opened
from server.guards import PUBLIC, Policy, assert_every_route_has_a_policy
from server.roles import Grant, Identity, Role
from server.settings import Settings, read_settings

# What anybody on the network may call. A new line here is a decision; say why in the commit.
OPEN_ROUTES = {
    "GET /",
    "GET /desk/assets/{path:path}",
    "GET /desk/home",
    "GET /desk/login",
    "GET /healthz",
    "GET /m",
    "GET /m/address.svg",
    "GET /m/{path:path}",
    "GET /problems/{code:str}",
    "GET /schema",
    "GET /schema/openapi.json",
    "GET /schema/{path:str}",
    "HEAD /desk/assets/{path:path}",
    "HEAD /m",
    "HEAD /m/{path:path}",
    "POST /api/session",
    "POST /desk/login",
    "POST /desk/logout",
}
ANY_ID = "00000000-0000-4000-8000-000000000000"
ANY_SHA256 = "0" * 64


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation of its own, empty."""
    return read_settings({"YANSHOU_DATA": str(tmp_path_factory.mktemp("data"))})


@pytest.fixture(scope="module")
def app(settings: Settings) -> Litestar:
    """The application as it is served."""
    return create_app(settings, work=False)


@pytest.fixture
async def client(app: Litestar, settings: Settings) -> AsyncIterator[AsyncTestClient[Litestar]]:
    """Somebody nobody knows."""
    Path(settings.data).mkdir(parents=True, exist_ok=True)
    async with opened(make_engine(settings.database_url)):
        await migrate()
    async with AsyncTestClient(app) as client:
        yield client


def routes(app: Litestar) -> Iterator[tuple[str, str, Policy | None]]:
    """Every (method, path, policy) the application answers, OPTIONS apart: it tells only which methods there are."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", None) or [route.route_handler]:
            for method in sorted(getattr(handler, "http_methods", {"ASGI"})):
                if method != "OPTIONS":
                    yield method, route.path, handler.opt.get("policy")


def test_every_route_names_a_policy(app):
    """One forgotten line would be an open door."""
    assert [f"{method} {path}" for method, path, policy in routes(app) if policy is None] == []
    assert len(list(routes(app))) > 20


def test_the_open_routes_are_exactly_these(app):
    """What is open to the network is decided here, not by accident."""
    found = {f"{method} {path}" for method, path, policy in routes(app) if policy is not None and not policy.signed_in}

    assert found == OPEN_ROUTES


async def test_a_stranger_is_let_in_nowhere_else(app, client):
    """The policy is not only named, it holds: asked for data a stranger gets 401, asked for a page the sign-in."""
    for method, path, policy in routes(app):
        if policy is None or not policy.signed_in:
            continue
        address = path.replace("{sha256:str}", ANY_SHA256).replace("{size:str}", "thumb")
        address = re.sub(r"\{\w+:int\}", "1", re.sub(r"\{\w+:uuid\}", ANY_ID, address))
        assert "{" not in address, f"say what stands for the placeholder of {path}"
        answer = await client.request(method, address, headers={"Accept": "application/json"})
        assert answer.status_code == 401, f"{method} {path}"
        page = await client.request(method, address, headers={"Accept": "text/html"}, follow_redirects=False)
        assert page.status_code == 401 or page.headers["location"].startswith("/desk/login"), f"{method} {path}"


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_only_the_routes_that_name_it(app, role):
    """No policy opens a route to a role it does not name."""
    person = Identity(UUID(int=1), "n", "N", (Grant(role, "450224"),), "", "bearer")

    for _method, path, policy in routes(app):
        assert policy is not None
        assert policy.allows(person) == (not policy.signed_in or not policy.roles or role in policy.roles), path


def test_an_application_with_an_open_door_does_not_start():
    """The check itself is tried on a route that names nothing."""

    @get("/forgotten")
    async def forgotten() -> None: ...

    @get("/open", opt={"policy": PUBLIC})
    async def on_purpose() -> None: ...

    with pytest.raises(RuntimeError, match="/forgotten"):
        assert_every_route_has_a_policy(Litestar([forgotten, on_purpose], openapi_config=None))
