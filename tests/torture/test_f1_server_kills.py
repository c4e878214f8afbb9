"""
F1: the server is killed at random moments while eight phones send; what it put its name to is there afterwards.

Now and then one of the processes that write its photos is killed before, and the server goes on without it.
"""

import asyncio
import random

import pytest

from tests.torture.audit import audit, still_there
from tests.torture.figures import report
from tests.torture.phones import Crowd
from tests.torture.servers import KillableServer, Site
from tests.torture.sizes import size

CONTROL_KILLS = 12
HELPER_SHARE = 0.3
MUST_BE_0 = (
    "lost",
    "offsets_lost",
    "doubled",
    "rows_without_bytes",
    "gaps",
    "contradictions",
    "refused",
    "server_errors",
)


async def kill_again_and_again(
    site: Site, server: KillableServer, kills: int, seed: int, until: str = ""
) -> dict[str, int]:
    """Let a crowd send and kill the server under it, a control until it has found something; return the counts."""
    chance = random.Random(seed)
    server.start()
    crowd = Crowd(server.url, site.token, clients=size("CLIENTS"), seed=seed)
    await crowd.begin()
    checked_manifests, checked_photos = set(), set()
    finding, helper_kills, done = {"lost": 0, "offsets_lost": 0}, 0, 0
    while done < kills and not finding.get(until):
        crowd.up.set()
        if until:
            await crowd.memory.photos_beyond(len(checked_photos))
        await asyncio.sleep(chance.uniform(0.02, 0.5))
        if chance.random() < HELPER_SHARE:
            helper_kills += server.kill_helper(chance)
            await asyncio.sleep(chance.uniform(0.02, 0.2))
        server.kill()
        crowd.up.clear()
        await asyncio.sleep(0.02)  # Phones notice; whatever was answered before the kill is noted now.
        server.start()
        # Before the phones carry on: sending again would mend what was lost and hide it.
        new_manifests = set(crowd.memory.manifests.items()) - checked_manifests
        new_photos = crowd.memory.photos - checked_photos
        finding["lost"] += await still_there(site, new_manifests, new_photos)
        finding["offsets_lost"] += await crowd.lost_offsets(server.url)
        checked_manifests |= new_manifests
        checked_photos |= new_photos
        done += 1
    await crowd.end()
    server.stop()
    found = await audit(site, crowd.memory)
    return {
        "kills": done,
        "helper_kills": helper_kills,
        "finished": crowd.finished,
        **found.counts(),
        **finding,
        "lost": max(finding["lost"], found.lost),
        "offsets": len(crowd.memory.offsets),
        "refused": len(crowd.refusals),
        "server_errors": crowd.memory.server_errors,
    }


async def test_nothing_acknowledged_is_lost_when_the_server_is_killed(site: Site):
    """Every restart finds each acknowledged manifest and photo, once, with its bytes."""
    counts = await kill_again_and_again(site, site.server(), size("KILLS"), size("SEED"))
    report("F1", engine=site.engine, **counts)

    assert counts["acknowledged"] > counts["kills"] and counts["offsets"] > 0 and counts["helper_kills"] > 0
    for name in MUST_BE_0:
        assert counts[name] == 0, (name, counts)


@pytest.mark.parametrize(
    ("fault", "findings"),
    [
        ("acknowledge_before_writing", ["lost", "rows_without_bytes"]),
        ("acknowledge_parts_before_writing", ["offsets_lost"]),
    ],
)
async def test_a_server_that_answers_before_it_writes_is_caught(fault: str, findings: list[str], sqlite_site: Site):
    """Else the test above would pass on anything."""
    server = sqlite_site.server(fault)
    try:
        until = findings[0]
        counts = await asyncio.wait_for(kill_again_and_again(sqlite_site, server, CONTROL_KILLS, 1, until), 60)
    except TimeoutError:
        pytest.fail("the control never came to an end")
    report("F1 control", engine="sqlite", fault=fault, **counts)

    for name in findings:
        assert counts[name] > 0, (name, counts)
