"""F12: whoever owns the database alters, deletes, swaps, inserts and cuts off events; the chain tells of each."""

import random
from datetime import UTC, datetime

from server.chain import seal_events
from server.database import make_engine, opened
from tests.server.backup.tampers import KINDS, cut_without_published_head, drop_triggers, tamper
from tests.torture.figures import report
from tests.torture.phones import Memory, make_item
from tests.torture.servers import Site
from tests.torture.sizes import size
from tests.torture.test_f10_backup import fill

SEALS = 4


async def test_every_falsification_of_the_trail_is_found(site: Site):
    """Also a clean cut of the tail, by the head that was published; without it the control passes unseen."""
    chance = random.Random(size("SEED"))
    async with opened(make_engine(site.database_url)):
        events = await seal_events(at=datetime.now(UTC))
    for _ in range(SEALS):
        await fill(site, Memory(), [make_item(chance, 2, 2_000) for _ in range(3)])
        async with opened(make_engine(site.database_url)):
            events += await seal_events(at=datetime.now(UTC))
    async with opened(make_engine(site.database_url)):
        await drop_triggers()
        tally = await tamper(size("CHAIN_TAMPERS"), seed=size("SEED"))
        cut_found = await cut_without_published_head()
    report(
        "F12",
        engine=site.engine,
        events=events,
        kinds=len(KINDS),
        tampers=tally.made,
        found=tally.found,
        false_alarms=tally.false_alarms,
    )
    report("F12 control", engine=site.engine, fault="no head was published", clean_cut_found=cut_found)

    assert tally.made == tally.found == size("CHAIN_TAMPERS")
    assert tally.false_alarms == 0
    assert not cut_found
