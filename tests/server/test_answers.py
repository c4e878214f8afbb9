"""What every answer carries, refusals above all: headers, form, language, and whose session it is."""

import re
from dataclasses import replace
from itertools import product
from uuid import uuid4

import httpx
import pytest

from server.app import create_app
from server.headers import CONTENT_POLICY
from tests.server.test_queue import PAGE, enter, see
from tests.server.world import World, bearer

ADDRESSES = (
    *("/", "/desk/", "/desk/login", "/archive/", "/archive/photos.csv", "/archive/nothing", "/nothing"),
    *("/problems/not_found", "/problems/nothing", "/schema/", "/schema/openapi.json", "/schema/nothing", "/healthz"),
    *("/m/", "/m/nothing", "/desk/assets/nothing.css", "/api/session", "/api/nothing", "/api/ledger"),
)


async def test_every_answer_is_guarded(client: httpx.AsyncClient):
    """A page, an error or nothing at all: no script of others, no frame, no sniffing."""
    for address, accept, method in product(ADDRESSES, ("text/html", "application/json"), ("GET", "POST", "TRACE")):
        answer = await client.request(method, address, headers={"accept": accept, "sec-fetch-site": "same-origin"})

        assert answer.headers["content-security-policy"] == CONTENT_POLICY, address
        assert answer.headers["x-content-type-options"] == "nosniff", address
        assert answer.headers["referrer-policy"] == "same-origin", address
        assert answer.headers["cache-control"], address
        assert "server" not in answer.headers and "set-cookie" not in answer.headers, address
        if answer.status_code >= 400 and accept == "application/json" and address != "/desk/login":
            assert answer.headers["content-type"] == "application/problem+json", address
            assert answer.json()["type"] == f"/problems/{answer.json()['code']}"
            assert answer.json()["status"] == answer.status_code


async def test_a_wrong_method_is_told_the_right_ones_and_a_stranger_the_scheme(client: httpx.AsyncClient):
    """RFC 9110, 15.5.6 and 15.5.2: both are required."""
    wrong = await client.delete("/archive/", headers={"sec-fetch-site": "same-origin"})
    stranger = await client.get("/api/session")

    assert (wrong.status_code, "GET" in wrong.headers["allow"]) == (405, True)
    assert (stranger.status_code, stranger.headers["www-authenticate"][:6]) == (401, "Bearer")


@pytest.mark.parametrize(("language", "title"), [("zh", "没有找到"), ("en", "Not found")])
async def test_a_wrong_address_is_told_in_ones_language_and_signs_nobody_out(
    world: World, client: httpx.AsyncClient, language: str, title: str
):
    """Where no route is no session is looked up by itself; the page must not offer to sign in to who is signed in."""
    await enter(client, "reviewer")

    page = await client.get(f"/archive/nothing?lang={language}", headers=PAGE)

    assert page.status_code == 404
    assert title in page.text and "reviewer" in page.text and 'href="/desk/login"' not in page.text
    client.cookies.clear()
    assert 'href="/desk/login"' in (await see(client, "/archive/nothing")).text


@pytest.mark.parametrize(("language", "title"), [("zh", "没有权限"), ("en", "Not allowed")])
async def test_a_forbidden_page_says_so_in_ones_language(
    world: World, client: httpx.AsyncClient, language: str, title: str
):
    """A clerk who follows a colleague's link reads why it does not open, and where to go."""
    await enter(client, "clerk")

    page = await client.get(f"/desk/?lang={language}", headers=PAGE)

    assert page.status_code == 403
    assert title in page.text and 'href="/archive/"' in page.text


@pytest.mark.parametrize(("language", "title"), [("zh", "服务器出错"), ("en", "The server failed")])
async def test_a_fault_of_ours_is_told_without_its_trace(
    world: World, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, language: str, title: str
):
    """The person learns that nothing was lost; what failed where is for the log."""
    await enter(client, "reviewer")

    async def fails(*_: object, **__: object) -> None:
        raise LookupError("the secret of the house")

    monkeypatch.setattr("server.archive.find_photos", fails)
    page = await client.get(f"/archive/?lang={language}", headers=PAGE)
    data = await client.get(f"/archive/?lang={language}", headers={"accept": "application/json"})

    assert (page.status_code, data.status_code) == (500, 500)
    assert title in page.text and "secret of the house" not in page.text + data.text
    assert data.json()["code"] == "internal_error"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
    ids=["another site", "a neighbour", "another origin", "an origin that hides"],
)
async def test_a_form_of_another_site_changes_nothing(world: World, client: httpx.AsyncClient, headers: dict[str, str]):
    """The browser sends our cookie with it all the same; every form of desk and archive refuses it."""
    await enter(client, "reviewer")
    forms = ("/desk/login", "/desk/logout", "/desk/courier", f"/desk/submissions/{uuid4()}")

    for address in forms:
        answer = await client.post(address, data={"decision": "approved"}, headers={"accept": "text/html", **headers})
        assert answer.status_code == 403, address
        assert "cross_site_request" in answer.text

    assert (await see(client, "/desk/")).status_code == 200


async def test_over_https_the_cookie_is_bound_to_this_host(world: World):
    """`__Host-`, Secure, HttpOnly, SameSite: neither a neighbour domain nor plain http can set or read it."""
    settings = replace(world.settings, origin="https://yanshou.example")
    app = create_app(settings, work=False)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://yanshou.example") as client:
        done = await enter(client, "reviewer")

    cookie = done.headers["set-cookie"]
    assert cookie.startswith("__Host-") and re.search(r"Secure", cookie) and "HttpOnly" in cookie
    assert "SameSite=lax" in cookie and "Path=/" in cookie and "Domain" not in cookie
    assert done.headers["strict-transport-security"]


async def test_a_photo_of_a_session_is_in_no_shared_cache(world: World, client: httpx.AsyncClient):
    """Whatever shows names and places says no-store or private."""
    await enter(client, "reviewer")
    for address in ("/desk/", "/archive/", "/archive/photos.csv"):
        assert (await see(client, address)).headers["cache-control"] == "no-store"
    ledger = await client.get("/api/ledger", headers=await bearer(client, "inspector"))

    assert ledger.headers["cache-control"].startswith("private")
