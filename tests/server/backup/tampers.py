"""Ways to falsify the event table with plain SQL as the owner of the database, one at a time, each undone again."""

import random
from dataclasses import dataclass
from typing import Any

from server.chain import Head, check_chain, newest_head
from server.database import is_postgres
from server.tables import EventTable

KINDS = ("alter", "retime", "delete", "swap", "slip in", "reseal count", "cut the tail")
_OTHERS = '"at", "actor", "action", "subject_kind", "subject_id", "before", "after", "job_attempts"'


@dataclass(slots=True)
class Tally:
    """How many tampers were made and how many of them the chain told of."""

    made: int = 0
    found: int = 0
    false_alarms: int = 0


async def drop_triggers() -> None:
    """Take away what refuses an alteration, as only the owner can."""
    on = {"event_keeps_history": "event", "event_keeps_rows": "event", "seal_keeps_rows": "seal"}
    if not is_postgres():
        on["seal_keeps_content"] = "seal"
    for trigger, table in on.items():
        await _sql(f"DROP TRIGGER {trigger}{f' ON {table}' if is_postgres() else ''}")


async def tamper(rounds: int, *, seed: int = 1) -> Tally:
    """
    Falsify sealed events `rounds` times, each kind in turn, and ask the chain each time.

    Returns:
        The tally; between two tampers the chain must be whole again, or that is a false alarm.
    """
    chance = random.Random(seed)
    published = await newest_head()
    assert published is not None
    tally = Tally()
    for number in range(rounds):
        await _sql("CREATE TABLE kept_event AS SELECT * FROM event")
        await _sql("CREATE TABLE kept_seal AS SELECT * FROM seal")
        await _falsify(KINDS[number % len(KINDS)], chance)
        tally.made += 1
        tally.found += bool((await check_chain([published])).broken)
        await _put_back()
        tally.false_alarms += bool((await check_chain([published])).broken)
    return tally


async def cut_without_published_head() -> bool:
    """Whether a clean cut of the tail is found by the chain alone; it cannot be, that is what publishing is for."""
    await _sql("CREATE TABLE kept_event AS SELECT * FROM event")
    await _sql("CREATE TABLE kept_seal AS SELECT * FROM seal")
    await _falsify("cut the tail", random.Random(0))
    found = bool((await check_chain()).broken)
    await _put_back()
    return found


async def published_head() -> Head:
    """The head as it would stand on a notice."""
    head = await newest_head()
    assert head is not None
    return head


async def _falsify(kind: str, chance: random.Random) -> None:
    to_seq = (await _sql("SELECT max(to_seq) AS n FROM seal"))[0]["n"]
    seqs = [row["seq"] for row in await EventTable.select(EventTable.seq).where(EventTable.seq <= to_seq)]
    one, other = chance.sample(seqs, 2)
    if kind == "alter":
        column = chance.choice(['"after"', '"before"', '"action"', '"subject_id"'])
        await _sql(f"UPDATE event SET {column} = coalesce({column}, '') || ' ' WHERE seq = {one}")
    elif kind == "retime":
        await _sql(f"UPDATE event SET at = '2001-02-03 04:05:06.000007+00:00' WHERE seq = {one}")
    elif kind == "delete":
        await _sql(f"DELETE FROM event WHERE seq = {one}")
    elif kind == "swap":
        await _sql(f"UPDATE event SET seq = -1 WHERE seq = {one}")
        await _sql(f"UPDATE event SET seq = {one} WHERE seq = {other}")
        await _sql(f"UPDATE event SET seq = {other} WHERE seq = -1")
    elif kind == "slip in":
        await _sql(f"DELETE FROM event WHERE seq = {one}")
        await _sql(f"INSERT INTO event (seq, {_OTHERS}) SELECT {one}, {_OTHERS} FROM event WHERE seq = {other}")
    elif kind == "reseal count":
        await _sql("UPDATE seal SET sealed_at = '2001-02-03 04:05:06+00:00' WHERE no = (SELECT max(no) FROM seal)")
    elif kind == "cut the tail":
        # A clean cut: the last seal and its events, so that what is left is a whole chain.
        await _sql("DELETE FROM event WHERE seq >= (SELECT max(from_seq) FROM seal)")
        await _sql("DELETE FROM seal WHERE no = (SELECT max(no) FROM seal)")


async def _put_back() -> None:
    for table in ("event", "seal"):
        await _sql(f"DELETE FROM {table}")
        await _sql(f"INSERT INTO {table} SELECT * FROM kept_{table}")
        await _sql(f"DROP TABLE kept_{table}")


async def _sql(statement: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await EventTable.raw(statement)
    return rows
