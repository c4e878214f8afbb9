"""The chain over the events: what was sealed cannot be altered unseen."""

import asyncio
from contextlib import suppress
from uuid import uuid4

import pytest

from server.chain import Head, check_chain, newest_head, seal_events
from server.database import engine, transaction
from server.events import record
from server.tables import EventTable, SealTable
from tests.server.backup.tampers import KINDS, cut_without_published_head, drop_triggers, tamper
from tests.server.world import AT, World


async def write(count: int) -> None:
    for _ in range(count):
        async with transaction():
            await record("test.happened", "test", uuid4(), actor=None, before=None, after={"字": 1}, at=AT)


async def test_what_was_sealed_verifies_and_goes_on_growing(world: World):
    """The usual day."""
    await write(5)
    assert await seal_events(at=AT) == await EventTable.count()
    await write(3)

    between = await check_chain()
    assert (between.broken, between.unsealed) == ([], 3)

    assert await seal_events(at=AT) == 3
    assert await seal_events(at=AT) == 0
    after = await check_chain([between.head])
    assert (after.seals, after.broken, after.unsealed) == (2, [], 0)
    assert after.head == await newest_head()


async def test_every_kind_of_falsification_is_found(world: World):
    """F12 in its short form: alterations, deletions, swaps, insertions and, with a published head, cuts."""
    for _ in range(4):
        await write(6)
        await seal_events(at=AT)
    await drop_triggers()

    tally = await tamper(2 * len(KINDS))

    assert (tally.made, tally.found, tally.false_alarms) == (2 * len(KINDS), 2 * len(KINDS), 0)
    # The control: without a head published outside, nothing can tell a clean cut.
    assert not await cut_without_published_head()


async def test_a_seal_refuses_to_be_altered(world: World):
    """Also by accident."""
    await write(1)
    await seal_events(at=AT)

    with pytest.raises(Exception, match="never altered"):
        await SealTable.update({SealTable.event_count: 7}).where(SealTable.no == 1).run()


async def test_two_processes_seal_every_event_once(world: World):
    """Whoever comes second gives way."""
    await write(10)

    await asyncio.gather(*[seal_events(at=AT) for _ in range(4)])

    report = await check_chain()
    assert (report.broken, report.unsealed, report.events) == ([], 0, await EventTable.count())


@pytest.mark.parametrize("migrated_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_a_number_still_on_its_way_is_waited_for(world: World):
    """On PostgreSQL a lower number may be committed after a higher one; a seal must not close over it."""
    late = await engine().get_new_connection()  # type: ignore[union-attr]
    begun = late.transaction()
    await begun.start()
    await late.execute(
        "INSERT INTO event (at, action, subject_kind, subject_id, job_attempts) VALUES (now(), 'late', 'test', '1', 0)"
    )
    await write(2)

    sealing = asyncio.create_task(seal_events(at=AT))
    await asyncio.sleep(0.3)
    assert not sealing.done()
    await write(1)  # Nobody else is made to wait.
    await begun.commit()
    sealed = await sealing
    await late.close()

    # Two and the late one; the last was begun after the list of writers was taken.
    assert sealed >= 3
    await seal_events(at=AT)
    report = await check_chain()
    assert (report.broken, report.unsealed) == ([], 0)


async def test_a_number_that_never_comes_breaks_nothing(world: World):
    """A transaction that was rolled back leaves a hole in the numbers of PostgreSQL."""
    with suppress(ZeroDivisionError):
        async with transaction():
            await record("test.undone", "test", "1", actor=None, before=None, after=None, at=AT)
            raise ZeroDivisionError
    await write(2)

    await seal_events(at=AT)

    report = await check_chain()
    assert (report.broken, report.unsealed, report.events) == ([], 0, await EventTable.count())


def test_a_head_is_written_and_read_as_people_copy_it():
    head = Head(12, "ab" * 32)

    assert Head.parse(f" {head}\n") == head
    with pytest.raises(ValueError, match="number:digest"):
        Head.parse("12:xyz")
