"""Several server processes on one PostgreSQL and one photo store: killed at random, or updated one after the other."""

import asyncio
import random
import time
from typing import Any

import pytest

from tests.support.postgres import free_port
from tests.support.stores import damage
from tests.torture.audit import audit, rows, still_there
from tests.torture.faults import LONG_JOB_BEGAN
from tests.torture.figures import report
from tests.torture.phones import Crowd, Item, Memory, make_item
from tests.torture.servers import KillableServer, Site, Sites
from tests.torture.sizes import size
from tests.torture.test_f10_backup import fill

Counts = dict[str, Any]

PROCESSES = 3
JOBS_WITHIN_S = 60
IN_HAND = "SELECT count(*) FROM event WHERE job_due_at > now() AND job_error IS NULL"
MUST_BE_0 = (
    "badly_ended",
    "cut_off",
    "jobs_kept",
    "jobs_pending",
    "lost",
    "doubled",
    "rows_without_bytes",
    "gaps",
    "contradictions",
    "refused",
    "server_errors",
)
EVALUATED = "SELECT count(*) FROM event WHERE action = 'submission.evaluated'"


async def jobs_left(site: Site, within_s: int = JOBS_WITHIN_S) -> int:
    """Wait until every job is done, or none was for so long; how many are not."""
    pending, quiet_s = -1, 0.0
    while quiet_s <= within_s and pending != 0:
        left = (await rows(site.database_url, "SELECT count(*) FROM event WHERE job_due_at IS NOT NULL"))[0][0]
        quiet_s = quiet_s + 0.25 if left == pending else 0.0
        pending = left
        await asyncio.sleep(0.25)
    return pending


@pytest.mark.postgres
@pytest.mark.parametrize(("photos", "kills"), [("folder", "PROCESS_KILLS"), ("bucket", "BUCKET_KILLS")])
async def test_killing_one_of_several_servers_loses_and_doubles_nothing(
    photos: str, kills: str, sites: Sites, tmp_path, request: pytest.FixtureRequest
):
    """Phones go on with another server; what the dead one had begun is finished by the others, once."""
    chance = random.Random(size("SEED"))
    site = sites.fresh("postgres", tmp_path)
    if photos == "bucket":
        site.keep_photos_in(request.getfixturevalue("s3"))
    servers = [site.server("short_lease", port=free_port()) for _ in range(PROCESSES)]
    for server in servers:
        server.start()
    crowd = Crowd(lambda: chance.choice(servers).url, site.token, clients=size("CLIENTS"), seed=size("SEED"))
    await crowd.begin()
    crowd.up.set()
    lost, offsets_lost, checked = 0, 0, set()
    for _ in range(size(kills)):
        await asyncio.sleep(chance.uniform(0.1, 0.5))
        victim = chance.choice(servers)
        victim.kill()
        fresh = crowd.memory.photos - checked
        lost += await still_there(site, list(crowd.memory.manifests.items()), fresh)
        checked |= fresh
        offsets_lost += await crowd.lost_offsets(next(server for server in servers if server is not victim).url)
        await asyncio.to_thread(victim.start)
    await crowd.end()
    pending = await jobs_left(site)
    for server in servers:
        server.stop()
    found = await audit(site, crowd.memory)
    evaluations = (await rows(site.database_url, "SELECT count(*) FROM evaluation"))[0][0]
    events = (await rows(site.database_url, EVALUATED))[0][0]
    counts = {**found.counts(), "lost": max(lost, found.lost), "evaluations": evaluations, "evaluated_events": events}
    counts |= {"offsets": len(crowd.memory.offsets), "offsets_lost": offsets_lost}
    report(
        "processes",
        engine="postgres",
        photos_in=photos,
        processes=PROCESSES,
        kills=size(kills),
        jobs_pending=pending,
        **counts,
    )

    assert counts["offsets"] > 0
    assert (
        found.faults
        == counts["lost"]
        == offsets_lost
        == crowd.memory.server_errors
        == len(crowd.refusals)
        == pending
        == 0
    )
    assert evaluations == events == found.submissions
    if photos == "bucket":
        # That is where it was looked for: the control takes one object away.
        one = crowd.memory.photos.pop()
        await damage(site.store(), one[1], None)
        assert await still_there(site, [], [one]) == 1


@pytest.mark.postgres
@pytest.mark.parametrize("faults", [(), ("claim_without_lock",)], ids=["as it is", "claim_without_lock"])
async def test_a_job_is_claimed_by_one_of_several_servers(faults: tuple[str, ...], sites: Sites, tmp_path):
    """Judging twice does no harm, so nothing else would show it; the control is a claim that locks nothing."""
    chance = random.Random(size("SEED"))
    site = sites.fresh("postgres", tmp_path)
    await fill(site, Memory(), [make_item(chance, 1, 2_000) for _ in range(size("CLAIMS"))])
    await rows(site.database_url, "UPDATE event SET job_due_at = NULL RETURNING 1")
    before = (await rows(site.database_url, EVALUATED))[0][0]
    servers = [site.server("count_every_judging", *faults, port=free_port()) for _ in range(PROCESSES)]
    for server in servers:
        await asyncio.to_thread(server.start)
    # All at once, and all servers are there to take them.
    due = "UPDATE event SET job_due_at = now(), job_attempts = 0 WHERE job = 'evaluate' RETURNING 1"
    await rows(site.database_url, due)
    pending = await jobs_left(site)
    for server in servers:
        server.stop()
    judged = (await rows(site.database_url, EVALUATED))[0][0] - before
    named = {"fault": faults[0]} if faults else {}
    report(f"claims{' control' if faults else ''}", engine="postgres", **named, jobs=size("CLAIMS"), judged=judged)

    assert pending == 0
    assert judged > size("CLAIMS") if faults else judged == size("CLAIMS")


async def begin_request(server: KillableServer, item: Item) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Send half of a manifest, and wait until the server reads it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = [
        f"PUT /api/submissions/{item.submission_id} HTTP/1.1",
        "Host: test",
        f"Authorization: Bearer {server.site.token}",
        "Content-Type: application/json",
        f"Content-Length: {len(item.body)}",
        "Expect: 100-continue",
        "",
        "",
    ]
    writer.write("\r\n".join(head).encode() + item.body[: len(item.body) // 2])
    assert b" 100 " in await reader.readuntil(b"\r\n\r\n")
    return reader, writer


async def is_answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, item: Item) -> bool:
    """Send the other half; whether it was taken in."""
    try:
        writer.write(item.body[len(item.body) // 2 :])
        await writer.drain()
        answer = await reader.readuntil(b"\r\n\r\n")
    except (ConnectionError, asyncio.IncompleteReadError):
        return False
    finally:
        writer.transport.abort()
    return answer.startswith(b"HTTP/1.1 201 ")


async def stop_at_work(server: KillableServer, item: Item) -> bool:
    """SIGTERM in the middle of a request; whether the request was answered."""
    reader, writer = await begin_request(server, item)
    stopping = asyncio.create_task(asyncio.to_thread(server.stop))
    # Nobody new is let in: it knows that it is to end, or has.
    while await asyncio.to_thread(server.health) is not None:
        await asyncio.sleep(0.02)
    answered = await is_answered(reader, writer, item)
    await stopping
    return answered


async def restart_in_turn(site: Site, restarts: int, *faults: str) -> Counts:
    """Let a crowd send to two servers and restart one after the other, each in the middle of its work."""
    chance = random.Random(size("SEED"))
    servers = [site.server("one_long_job", *faults, port=free_port()) for _ in range(2)]
    for server in servers:
        server.start()
    up = list(servers)
    crowd = Crowd(lambda: random.choice(up).url, site.token, clients=size("CLIENTS"), seed=size("SEED"))
    await crowd.begin()
    crowd.up.set()
    slowest_s, badly_ended, cut_off = 0.0, 0, 0
    for number in range(restarts):
        server = servers[number % 2]
        # Each server that was started has a job in hand.
        async with asyncio.timeout(JOBS_WITHIN_S):
            while site.log.read_text(errors="replace").count(LONG_JOB_BEGAN) < len(servers) + number:
                await asyncio.sleep(0.1)
        up.remove(server)
        began = time.monotonic()
        cut_off += not await stop_at_work(server, make_item(chance, photos=1))
        slowest_s = max(slowest_s, time.monotonic() - began)
        badly_ended += server.code != 0
        await asyncio.to_thread(server.start)
        up.append(server)
    await crowd.end()
    for server in servers:
        server.stop()
        badly_ended += server.code != 0
    # Nobody is there, so nobody may have a job in hand. The lease is two minutes as always.
    jobs_kept = (await rows(site.database_url, IN_HAND))[0][0]
    heir = site.server()
    heir.start()
    pending = await jobs_left(site, 0 if jobs_kept else JOBS_WITHIN_S)
    heir.stop()
    found = await audit(site, crowd.memory)
    return {
        "processes": len(servers),
        "restarts": restarts,
        "badly_ended": badly_ended,
        "slowest_s": round(slowest_s, 1),
        "cut_off": cut_off,
        "jobs_kept": jobs_kept,
        "jobs_pending": pending,
        **found.counts(),
        "refused": len(crowd.refusals),
        "server_errors": crowd.memory.server_errors,
    }


@pytest.mark.postgres
async def test_a_rolling_restart_is_felt_by_nobody(sites: Sites, tmp_path):
    """SIGTERM to one after the other, as operations.md says: each ends well and soon, its jobs go on elsewhere."""
    counts = await restart_in_turn(sites.fresh("postgres", tmp_path), size("ROLLING_RESTARTS"))
    report("restarts", engine="postgres", **counts)

    for name in MUST_BE_0:
        assert counts[name] == 0, (name, counts)


@pytest.mark.postgres
async def test_a_server_that_drops_its_work_at_sigterm_is_caught(sites: Sites, tmp_path):
    """The control: nothing acknowledged is lost, and it ends with 0; what it had begun tells."""
    counts = await restart_in_turn(sites.fresh("postgres", tmp_path), 1, "end_at_once")
    report("restarts control", engine="postgres", fault="end_at_once", **counts)

    assert counts["cut_off"] > 0 and counts["jobs_kept"] > 0
