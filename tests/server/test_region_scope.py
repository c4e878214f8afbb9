"""Roles and regions on every road: whoever belongs to another township reaches nothing of this one, by any id."""

import re
from collections.abc import Iterator
from uuid import uuid4

import httpx
from litestar import Litestar

from server.guards import Policy
from server.jobs import MAX_ATTEMPTS
from server.roles import Role
from server.tables import EventTable, QuarantineTable, RoleGrantTable
from tests.server.test_archive import archived, jpeg
from tests.server.test_queue import PAGE, enter
from tests.server.test_receive_photo import digest
from tests.server.world import (
    AT,
    EAST_VILLAGE,
    HOUSEHOLD,
    PLOT,
    WEST_VILLAGE,
    World,
    bearer,
    encoded,
    manifest,
    named,
)

SEEN_IN_THE_EAST = ("李四", "王五", "东村", "H-1", EAST_VILLAGE, str(HOUSEHOLD), str(PLOT))


async def fill(world: World) -> dict[str, str]:
    """A submission with photos, something in quarantine and a job given up, all of the East; their ids by parameter."""
    photo = (await archived(world))["tree"]
    event = await EventTable.select().where(EventTable.job == "evaluate").first()
    await EventTable.update({EventTable.job_due_at: None}).where(EventTable.job.is_not_null())
    await EventTable.update({EventTable.job_error: "x", EventTable.job_attempts: MAX_ATTEMPTS}).where(
        EventTable.seq == event["seq"]
    )
    quarantine = uuid4()
    await QuarantineTable.insert(
        QuarantineTable(
            id=quarantine,
            submission_id=uuid4(),
            user=named("inspector"),
            content_sha256="0" * 64,
            body=encoded(manifest(uuid4())),
            code="plot_unknown",
            detail_zh="李四家没有这块地。",
            detail_en="No such plot.",
            received_at=AT,
        )
    ).run()
    return {
        "attempt_id": str(uuid4()),
        "photo_id": str(photo),
        "plot_id": str(PLOT),
        "submission_id": event["subject_id"],
        "quarantine_id": str(quarantine),
        "seq": str(event["seq"]),
        "sha256": digest(jpeg("panorama")),
        "device_id": str(named("phone")),
        "size": "original",
        "path": "x",
        "code": "not_found",
    }


def roads(app: Litestar, ids: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Every (method, address) that leads to one thing of the East."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", None) or [route.route_handler]:
            policy = handler.opt.get("policy")
            if not isinstance(policy, Policy) or not policy.signed_in or "{" not in route.path:
                continue
            address = re.sub(r"\{(\w+):\w+\}", lambda found: ids[found[1]], route.path)
            for method in getattr(handler, "http_methods", ()):
                if method != "OPTIONS":
                    yield method, address


async def become(role: Role) -> None:
    """Let the reviewer of the West be something else there; a session asks for its roles at every request."""
    await RoleGrantTable.update({RoleGrantTable.role: role.value}).where(RoleGrantTable.user == named("west_reviewer"))


async def test_no_id_of_another_township_opens_anything(world: World, app: Litestar, client: httpx.AsyncClient):
    """Ids are not secrets: whoever has one sees of it what their role and region allow, and here that is nothing."""
    ids = await fill(world)
    await enter(client, "west_reviewer")
    who = await bearer(client, "west_reviewer")
    walked = list(roads(app, ids))
    form = {"decision": "approved", "do": "accept"}

    for role in Role:
        await become(role)
        for method, address in walked:
            headers = who if address.startswith("/api/") else PAGE
            answer = await client.request(method, address, headers=headers, data=form)
            # A phone tells of itself, and what an inspector sends is never lost: neither looks at what is there.
            kept = {200} if "/api/devices/" in address else {202} if method == "PUT" else set()
            assert answer.status_code in {400, 403, 404} | kept, (role, method, address, answer.status_code)
            assert not any(word in answer.text for word in SEEN_IN_THE_EAST), (role, method, address)

    assert len(walked) > 10
    done = await EventTable.select(EventTable.action).where(EventTable.actor == named("west_reviewer"))
    assert {event["action"] for event in done} <= {"session.began", "submission.quarantined", "device.listed"}


async def test_no_list_shows_another_townships_rows_whatever_is_asked_of_it(world: World, client: httpx.AsyncClient):
    """Filters narrow a scope and never widen it, also when they name what lies outside."""
    await fill(world)
    await enter(client, "west_reviewer")
    filters = (
        *("", f"village={EAST_VILLAGE}", f"household_id={HOUSEHOLD}", f"plot_id={PLOT}", "household=H-1"),
        *("household=H-1&plot=1", f"inspector={named('inspector')}", "kind=tree", f"village={WEST_VILLAGE}"),
    )
    tabs = ("awaiting_review", "approved", "returned", "refused", "receiving", "quarantine")
    pages = [f"/archive/{end}?{said}" for end in ("", "photos.csv") for said in filters]
    pages += [f"/desk/?tab={tab}&{said}" for tab in tabs for said in (filters if tab == tabs[0] else filters[:2])]

    # What a list shows hangs on the regions alone; these roles open every one between them.
    for role in (Role.REVIEWER, Role.COUNTY_OFFICE, Role.VILLAGE_CLERK):
        await become(role)
        for address in [*pages, "/desk/jobs", "/desk/visits", "/desk/visits?tab=found"]:
            answer = await client.get(address, headers=PAGE)
            assert answer.status_code in {200, 403}, address
            # Links and fields repeat what was asked.
            shown = re.sub(r'href="[^"]*"|value="[^"]*"', "", answer.text)
            assert not any(word in shown for word in SEEN_IN_THE_EAST), (role, address)


async def test_the_ledger_of_a_phone_ends_at_its_township(world: World, client: httpx.AsyncClient):
    """What is on the phone is what a thief of the phone has."""
    answer = await client.get("/api/ledger", headers=await bearer(client, "west_inspector"))

    assert "赵六" in answer.text
    assert not any(word in answer.text for word in SEEN_IN_THE_EAST)


async def test_a_role_counts_only_where_it_was_given(world: World, client: httpx.AsyncClient):
    """Reviewer in the West and clerk in the East: the East is not reviewed by it."""
    ids = await fill(world)
    grant = RoleGrantTable(id=uuid4(), user=named("west_reviewer"), role="village_clerk", region=EAST_VILLAGE)
    await RoleGrantTable.insert(grant)
    await enter(client, "west_reviewer")

    photo = await client.get(f"/archive/photos/{ids['photo_id']}", headers=PAGE)
    submission = await client.get(f"/desk/submissions/{ids['submission_id']}", headers=PAGE)
    queue = await client.get("/desk/?tab=receiving", headers=PAGE)

    assert (photo.status_code, submission.status_code) == (200, 404)
    assert "李四" not in queue.text
