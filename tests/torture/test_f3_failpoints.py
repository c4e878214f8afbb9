"""F3: at every named place the server dies, its disk fails or is full. No answer promises what is not there."""

import asyncio
import random

import pytest

from server.failpoints import EXIT_STATUS, NAMES
from tests.torture.audit import audit, still_there
from tests.torture.figures import report
from tests.torture.phones import Crowd
from tests.torture.servers import Site
from tests.torture.sizes import size

FAULTS = ("exit", "EIO", "ENOSPC")
# Where originals are read is no place on the way in: nobody looks at them here.
PLACES = sorted(NAMES - {"photo.read"})
WITHIN_S = 5.0


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
    not_reached = set()
    server = sqlite_site.server()
    server.start()
    crowd = Crowd(server.url, sqlite_site.token, clients=3, seed=size("SEED"))
    # Half of the photos go whole, half in parts: each way has places of its own.
    crowd.part_bytes = 5_000
    await crowd.begin()
    server.stop()
    for name, fault in plan():
        sqlite_site.log.unlink(missing_ok=True)
        server = sqlite_site.server(failpoints=f"{name}={fault}@{chance.randint(1, 3)}")
        server.start()
        crowd.up.set()
        reached = False
        for _ in range(int(WITHIN_S / 0.05)):
            await asyncio.sleep(0.05)
            reached = server.has_ended() if fault == "exit" else f"(failpoint {name})" in server.output()
            if reached:
                break
        if fault == "exit" and reached:
            assert server.code == EXIT_STATUS, server.output()
        else:
            await asyncio.sleep(0.1)  # Whatever is promised after a fault must hold as well.
            server.kill()
        crowd.up.clear()
        await asyncio.sleep(0.02)
        counts["runs"] += 1
        counts["reached"] += reached
        not_reached |= set() if reached else {name}
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
        acknowledged=found.acknowledged,
        doubled=found.doubled,
        rows_without_bytes=found.rows_without_bytes,
        gaps=found.gaps,
        contradictions=found.contradictions,
        server_errors=crowd.memory.server_errors,
        refused=crowd.refusals[:3],
    )

    assert counts["lost"] == found.faults == crowd.memory.server_errors == len(crowd.refusals) == 0
    assert not not_reached
