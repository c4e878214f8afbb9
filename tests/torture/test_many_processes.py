"""Several server processes on one PostgreSQL and one photo store: killed at random, or updated one after the other."""

import asyncio
import random
import time

import pytest

from tests.support.postgres import free_port
from tests.support.stores import damage
from tests.torture.audit import audit, rows, still_there
from tests.torture.figures import report
from tests.torture.phones import Crowd, Memory, make_item
from tests.torture.servers import Site, Sites
from tests.torture.sizes import size
from tests.torture.test_f10_backup import fill

PROCESSES = 3
JOBS_WITHIN_S = 60
EVALUATED = "SELECT count(*) FROM event WHERE action = 'submission.evaluated'"


async def jobs_left(site: Site) -> int:
    """Wait until every job is done; how many are not."""
    pending = -1
    for _ in range(JOBS_WITHIN_S * 4):
        pending = (await rows(site.database_url, "SELECT count(*) FROM event WHERE job_due_at IS NOT NULL"))[0][0]
        if not pending:
            break
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


@pytest.mark.postgres
async def test_a_rolling_restart_is_felt_by_nobody(sites: Sites, tmp_path):
    """SIGTERM to one after the other, as operations.md says: each ends well and soon, its jobs go on elsewhere."""
    site = sites.fresh("postgres", tmp_path)
    # The lease is two minutes as always: a job that was not handed back would still be waiting at the end.
    servers = [site.server(port=free_port()) for _ in range(2)]
    for server in servers:
        server.start()
    up = list(servers)
    crowd = Crowd(lambda: random.choice(up).url, site.token, clients=size("CLIENTS"), seed=size("SEED"))
    await crowd.begin()
    crowd.up.set()
    restarts, slowest_s, badly_ended = size("ROLLING_RESTARTS"), 0.0, 0
    for number in range(restarts):
        server = servers[number % 2]
        await asyncio.sleep(0.5)
        up.remove(server)
        began = time.monotonic()
        await asyncio.to_thread(server.stop)
        slowest_s = max(slowest_s, time.monotonic() - began)
        badly_ended += server.code != 0
        await asyncio.to_thread(server.start)
        up.append(server)
    await crowd.end()
    pending = await jobs_left(site)
    for server in servers:
        server.stop()
    found = await audit(site, crowd.memory)
    report(
        "restarts",
        engine="postgres",
        processes=len(servers),
        restarts=restarts,
        badly_ended=badly_ended,
        slowest_s=round(slowest_s, 1),
        jobs_pending=pending,
        **found.counts(),
        server_errors=crowd.memory.server_errors,
    )

    assert badly_ended == pending == found.faults == crowd.memory.server_errors == len(crowd.refusals) == 0
