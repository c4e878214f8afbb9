"""Several server processes on one PostgreSQL and one photo folder: one is killed at random, again and again."""

import asyncio
import random

import pytest

from tests.support.postgres import free_port
from tests.torture.audit import audit, rows, still_there
from tests.torture.figures import report
from tests.torture.phones import Crowd
from tests.torture.servers import Sites
from tests.torture.sizes import size

PROCESSES = 3
JOBS_WITHIN_S = 60


@pytest.mark.postgres
async def test_killing_one_of_several_servers_loses_and_doubles_nothing(sites: Sites, tmp_path):
    """Phones go on with another server; what the dead one had begun is finished by the others, once."""
    chance = random.Random(size("SEED"))
    site = sites.fresh("postgres", tmp_path)
    servers = [site.server("short_lease", port=free_port()) for _ in range(PROCESSES)]
    for server in servers:
        server.start()
    crowd = Crowd(lambda: chance.choice(servers).url, site.token, clients=size("CLIENTS"), seed=size("SEED"))
    await crowd.begin()
    crowd.up.set()
    kills, lost = size("PROCESS_KILLS"), 0
    for _ in range(kills):
        await asyncio.sleep(chance.uniform(0.1, 0.5))
        victim = chance.choice(servers)
        victim.kill()
        lost += await still_there(site, list(crowd.memory.manifests.items()), set(crowd.memory.photos))
        await asyncio.to_thread(victim.start)
    await crowd.end()
    pending = -1
    for _ in range(JOBS_WITHIN_S * 4):
        pending = (await rows(site.database_url, "SELECT count(*) FROM event WHERE job_due_at IS NOT NULL"))[0][0]
        if not pending:
            break
        await asyncio.sleep(0.25)
    for server in servers:
        server.stop()
    found = await audit(site, crowd.memory)
    evaluations = (await rows(site.database_url, "SELECT count(*) FROM evaluation"))[0][0]
    events = (await rows(site.database_url, "SELECT count(*) FROM event WHERE action = 'submission.evaluated'"))[0][0]
    counts = {**found.counts(), "lost": max(lost, found.lost), "evaluations": evaluations, "evaluated_events": events}
    report("processes", engine="postgres", processes=PROCESSES, kills=kills, jobs_pending=pending, **counts)

    assert found.faults == counts["lost"] == crowd.memory.server_errors == len(crowd.refusals) == pending == 0
    assert evaluations == events == found.submissions
