"""F3: at every named place the server dies, its disk fails or is full. No answer promises what is not there."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import httpx
import pytest

from server.failpoints import EXIT_STATUS, NAMES
from tests.torture.audit import audit, rows, still_there
from tests.torture.figures import report
from tests.torture.phones import JSON, Crowd, Item, Memory, Phone, make_item, part_request, upload_path
from tests.torture.servers import KillableServer, Site
from tests.torture.sizes import size

FAULTS = ("exit", "EIO", "ENOSPC")
# Where originals are read is no place on the way in: nobody looks at them here.
PLACES = sorted(NAMES - {"photo.read"})
# A fault in reading is that of one photo: the phone sends it anew, and nothing is closed.
WRITING = sorted(NAMES - {"photo.read", "part.read"})
WITHIN_S = 5.0
# Which request is the first to pass a place, by the first word of the place's name.
PASSES = {
    "manifest": "announce",
    "answer": "announce",
    "photo": "photo",
    "row": "photo",
    "part": "part",
    "parts": "last part",
}
ALARMS = "SELECT count(*) FROM event WHERE action = 'storage.failed'"


def plan() -> list[tuple[str, str]]:
    """Which place fails in which way, in order."""
    rounds = size("FAILPOINT_ROUNDS")
    if rounds:
        return [(name, fault) for _ in range(rounds) for name in PLACES for fault in FAULTS]
    return [(name, FAULTS[number % len(FAULTS)]) for number, name in enumerate(PLACES)]


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_no_place_makes_the_server_promise_what_is_not_there(engine: str, sqlite_site: Site):
    """A place that was never passed shows nothing, so that is counted too."""
    chance = random.Random(size("SEED"))
    counts = {"runs": 0, "reached": 0, "lost": 0}
    not_reached, not_said = set(), []
    server = sqlite_site.server()
    server.start()
    crowd = Crowd(server.url, sqlite_site.token, clients=3, seed=size("SEED"))
    await crowd.begin()
    server.stop()
    for name, fault in plan():
        sqlite_site.log.unlink(missing_ok=True)
        server = sqlite_site.server(failpoints=f"{name}={fault}@{chance.randint(1, 3)}")
        server.start()
        unanswered = crowd.memory.unanswered
        crowd.up.set()
        reached = False
        for _ in range(int(WITHIN_S / 0.05)):
            await asyncio.sleep(0.05)
            reached = server.has_ended() if fault == "exit" else f"(failpoint {name})" in server.output()
            if reached:
                break
        said = True
        if fault == "exit" and reached:
            assert server.code == EXIT_STATUS, server.output()
        else:
            await asyncio.sleep(0.1)  # Whatever is promised after a fault must hold as well.
            # A failing disk closes the server for good, a full one does not; whoever watches it sees which.
            said = await asyncio.to_thread(server.health) == (503 if fault == "EIO" and name in WRITING else 200)
            server.kill()
        crowd.up.clear()
        await asyncio.sleep(0.02)
        if fault == "exit":
            said = crowd.memory.unanswered > unanswered
        counts["runs"] += 1
        counts["reached"] += reached
        not_reached |= set() if reached else {name}
        not_said += [] if said else [f"{name}={fault}"]
        # Looked up before a new server, or sending again, could mend it.
        counts["lost"] += await still_there(sqlite_site, crowd.memory.manifests.items(), crowd.memory.photos)
    server = sqlite_site.server()
    server.start()
    await crowd.end()
    server.stop()
    found = await audit(sqlite_site, crowd.memory)
    report(
        "F3",
        engine=engine,
        **counts,
        not_reached=sorted(not_reached),
        not_said=not_said,
        acknowledged=found.acknowledged,
        doubled=found.doubled,
        rows_without_bytes=found.rows_without_bytes,
        gaps=found.gaps,
        contradictions=found.contradictions,
        server_errors=crowd.memory.server_errors,
        refused=crowd.refusals[:3],
    )

    assert counts["lost"] == found.faults == crowd.memory.server_errors == len(crowd.refusals) == 0
    assert not not_reached and not not_said


def requests_of(phone: Phone, item: Item) -> dict[str, Callable[[], Awaitable[httpx.Response]]]:
    """An inspection with one photo whole and one in three parts, request by request."""
    whole, parted = item.photos
    data, third = item.photos[parted], len(item.photos[parted]) // 3
    address, upload = f"/api/submissions/{item.submission_id}", upload_path(item, parted)
    return {
        "announce": lambda: phone.ask("PUT", address, content=item.body, headers=JSON),
        "photo": lambda: phone.ask("PUT", f"{address}/photos/{whole}", content=item.photos[whole]),
        "part": lambda: phone.ask("PATCH", upload, **part_request(data, 0, third)),
        "next part": lambda: phone.ask("PATCH", upload, **part_request(data, third, 2 * third)),
        "last part": lambda: phone.ask("PATCH", upload, **part_request(data, 2 * third, len(data))),
    }


async def meet_a_failing_disk(server: KillableServer, place: str, seed: int) -> str | None:
    """Let one phone run into EIO at a place; what was wrong with the answers, or None."""
    alarms = (await rows(server.site.database_url, ALARMS))[0][0]
    server.start()
    async with Phone(server.url, server.site.token, Memory()) as phone:
        item = make_item(random.Random(seed), photos=2)
        for name, ask in requests_of(phone, item).items():
            status = (await ask()).status_code
            if name == PASSES[place.partition(".")[0]]:
                break
            if status not in (200, 201, 204):
                return f"{place}: {status} to {name}, which does not pass there"
        if status != 503:
            return f"{place}: {status} to the request that met it"
        for name, ask in requests_of(phone, make_item(random.Random(seed + 1), photos=2)).items():
            if (status := (await ask()).status_code) != 503:
                return f"{place}: {status} to {name} afterwards"
        if (status := (await phone.ask("GET", "/healthz")).status_code) != 503:
            return f"{place}: healthz answers {status}"
    for _ in range(40):
        rung = (await rows(server.site.database_url, ALARMS))[0][0] - alarms
        if rung:
            break
        await asyncio.sleep(0.05)
    return None if rung == 1 else f"{place}: {rung} alarms"


async def test_a_failing_disk_is_said_to_whoever_meets_it_and_closes_the_server(sqlite_site: Site):
    """The page cache gives back what the disk has lost, so the answers are looked at and not the bytes."""
    wrong = []
    places = WRITING[:: 1 if size("FAILPOINT_ROUNDS") else 2]
    for number, place in enumerate(places):
        server = sqlite_site.server(failpoints=f"{place}=EIO")
        wrong.append(await meet_a_failing_disk(server, place, 10 * number))
        server.kill()
    wrong = [found for found in wrong if found]
    report("F3 failing disk", engine="sqlite", places=len(places), wrong=wrong)

    assert not wrong


async def test_a_server_that_goes_on_after_a_failed_fsync_is_caught(sqlite_site: Site):
    """Else the test above would pass on anything: all its bytes can be read."""
    server = sqlite_site.server("swallow_io_errors", failpoints="photo.synced=EIO")
    wrong = await meet_a_failing_disk(server, "photo.synced", 1)
    met = "(failpoint photo.synced)" in server.output()
    server.kill()
    report("F3 control", engine="sqlite", fault="swallow_io_errors", wrong=wrong)

    assert met and wrong == "photo.synced: 201 to the request that met it"


async def test_a_full_disk_is_said_at_every_place_and_got_over(sqlite_site: Site):
    """507 at each of them, once, and in the end all of it is there: nobody started the server anew."""
    server = sqlite_site.server(failpoints=",".join(f"{place}=ENOSPC@1" for place in WRITING))
    server.start()
    memory = Memory()
    answers: dict[str, list[int]] = {}
    async with Phone(server.url, sqlite_site.token, memory) as phone:
        await phone.learn_keys()
        item = make_item(random.Random(size("SEED")), photos=2)
        for name, ask in requests_of(phone, item).items():
            answers[name] = []
            while not answers[name] or answers[name][-1] == 507:
                answers[name].append((await ask()).status_code)
        await phone.announce(item)
    health = await asyncio.to_thread(server.health)
    server.stop()
    found = await audit(sqlite_site, memory)
    refusals = {name: statuses.count(507) for name, statuses in answers.items()}
    report("F3 full disk", engine="sqlite", places=len(WRITING), refusals=refusals, faults=found.faults)

    assert sum(refusals.values()) == len(WRITING)
    # A part that had its name already when the disk was full is there: the phone is told to go on behind it.
    assert [statuses[-1] for statuses in answers.values()] == [200, 200, 409, 409, 200]
    assert health == 200 and found.faults == 0 and item.submission_id in memory.complete
