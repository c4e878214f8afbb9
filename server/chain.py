"""
The chain over the event table (封存链): whoever alters, deletes, swaps or inserts an old event is found.

    h = SHA-256(h before || canonical(event)), event by event; a seal is the h at the end of a run of events.

Events are sealed afterwards, not in their own transactions: a chain inside them would make every writer of PostgreSQL
wait for the one before. What is not sealed yet (some seconds) is protected by the table's triggers only. Whoever owns
the database can rewrite everything from some event on, seals included, or cut off the tail; a head that was published
outside (printed by `yanshou verify`, kept in every backup) shows that too.

What may be sealed. PostgreSQL hands out `seq` before the commit, so 7 may become visible after 8, and a number whose
transaction was rolled back never comes. A writer of `event` holds a lock on the table from before it takes its number
until its end. So: read the highest visible number; list who holds that lock; wait until every one of these has ended.
Whoever had a number up to that one is then either visible or gone for ever, and nobody was made to wait. On SQLite
there is one writer, and what is visible is complete.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from server.database import is_postgres
from server.tables import EventTable, SealTable

GENESIS = bytes(32)
EVENTS_PER_SEAL = 2000
PATIENCE_S = 5.0
_HISTORY = ("seq", "at", "actor", "action", "subject_kind", "subject_id", "before", "after")
# What a writer takes on a table before it takes the next number of its sequence.
_WRITERS = """SELECT virtualtransaction AS writer FROM pg_locks
    WHERE locktype = 'relation' AND relation = 'event'::regclass AND mode = 'RowExclusiveLock' AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest seal, to be published: it fixes every event up to it."""

    no: int
    digest: str

    def __str__(self) -> str:
        """Write it as people copy it: number, colon, digest."""
        return f"{self.no}:{self.digest}"

    @classmethod
    def parse(cls, text: str) -> "Head":
        """
        Read what `str` wrote.

        Raises:
            ValueError: Not a number, a colon and 64 hexadecimal digits.

        >>> Head.parse("3:" + "ab" * 32).no
        3
        """
        no, _, digest = text.strip().partition(":")
        if not no.isdigit() or len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
            raise ValueError(f"a head is written as number:digest, not {text!r}")
        return cls(int(no), digest)


@dataclass(slots=True)
class ChainReport:
    """What the chain says. `broken` holds (seal number, sentence), empty when all is well."""

    seals: int = 0
    events: int = 0
    unsealed: int = 0
    head: Head | None = None
    broken: list[tuple[int, str]] = field(default_factory=list)


def canonical(event: dict[str, Any]) -> bytes:
    """Write the history of an event as bytes that are the same on every engine: a JSON list, times in UTC."""
    facts = [event[name] for name in _HISTORY]
    facts[1] = event["at"].astimezone(UTC)
    return msgspec.json.encode(facts)


def link(before: bytes, no: int, events: Iterable[dict[str, Any]], sealed_at: datetime) -> tuple[str, int, int, int]:
    """
    Compute one seal.

    Returns:
        Digest, first and last `seq`, number of events (which are at least one).
    """
    digest, count, first, last = before, 0, 0, 0
    for event in events:
        digest = hashlib.sha256(digest + canonical(event)).digest()
        first = first or event["seq"]
        last = event["seq"]
        count += 1
    about = msgspec.json.encode([no, first, last, count, sealed_at.astimezone(UTC)])
    return hashlib.sha256(digest + about).hexdigest(), first, last, count


async def seal_events(*, at: datetime) -> int:
    """
    Seal every event that is certainly complete.

    Several processes may do so at once: a seal's number is its primary key, and the second one to come gives way.

    Returns:
        How many events were sealed; 0 also when a writer stayed longer than we care to wait.
    """
    settled = await _settled_seq()
    sealed = 0
    while settled is not None:
        last = await _newest()
        no, digest, to_seq = (last["no"], last["digest"], last["to_seq"]) if last else (0, GENESIS.hex(), -1)
        events = await (
            _history()
            .where((EventTable.seq > to_seq) & (EventTable.seq <= settled))
            .order_by(EventTable.seq)
            .limit(EVENTS_PER_SEAL)
        )
        if not events:
            break
        digest, first, to_seq, count = link(bytes.fromhex(digest), no + 1, events, at)
        seal = SealTable(no=no + 1, from_seq=first, to_seq=to_seq, event_count=count, digest=digest, sealed_at=at)
        inserted = await SealTable.insert(seal).on_conflict(target=SealTable.no, action="DO NOTHING")
        sealed += count if inserted else 0
    return sealed


async def newest_head() -> Head | None:
    """Return the head to publish; None before the first seal."""
    last = await _newest()
    return Head(last["no"], last["digest"]) if last else None


async def check_chain(published: Iterable[Head] = ()) -> ChainReport:
    """
    Compute every seal again from the events as they are now.

    Args:
        published: Heads kept elsewhere; a chain that does not contain one of them was cut off or rewritten.
    """
    report = ChainReport()
    wanted = {head.no: head.digest for head in published}
    before, to_seq, no = GENESIS, -1, 0
    async for seal in _seals():
        report.seals += 1
        if seal["no"] != no + 1:
            report.broken.append((seal["no"], f"of the seals before it, {seal['no'] - no - 1} are missing"))
        try:
            # From the end of the seal before, so that an event slipped in between is seen too.
            events = await _events(to_seq, seal["to_seq"])
            digest, first, last, count = link(before, seal["no"], events, seal["sealed_at"])
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            report.broken.append((seal["no"], f"its events cannot be read: {error}"))
        else:
            report.events += count
            if digest != seal["digest"] or (first, last, count) != (
                seal["from_seq"],
                seal["to_seq"],
                seal["event_count"],
            ):
                told = f"events {seal['from_seq']} to {seal['to_seq']} are not what was sealed"
                report.broken.append((seal["no"], f"{told} ({count} found, {seal['event_count']} sealed)"))
        if wanted.pop(seal["no"], seal["digest"]) != seal["digest"]:
            report.broken.append((seal["no"], "it is not the head that was published: the chain was rewritten"))
        # Go on from what is written here, so that one break is told once.
        before, to_seq, no = bytes.fromhex(seal["digest"]), seal["to_seq"], seal["no"]
        report.head = Head(seal["no"], seal["digest"])
    report.broken += [(no, "the published head is not there: the chain was cut off") for no in sorted(wanted)]
    report.unsealed = await EventTable.count().where(EventTable.seq > to_seq)
    return report


def _history() -> Any:
    return EventTable.select(*[getattr(EventTable, name) for name in _HISTORY])


async def _events(after_seq: int, to_seq: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await (
        _history().where((EventTable.seq > after_seq) & (EventTable.seq <= to_seq)).order_by(EventTable.seq)
    )
    return rows


async def _newest() -> dict[str, Any] | None:
    row: dict[str, Any] | None = await SealTable.select().order_by(SealTable.no, ascending=False).first()
    return row


async def _seals() -> AsyncIterator[dict[str, Any]]:
    last = -1
    while page := await SealTable.select().where(SealTable.no > last).order_by(SealTable.no).limit(500):
        for row in page:
            yield row
        last = page[-1]["no"]


async def _settled_seq() -> int | None:
    """Highest number below which nothing can still appear; None when a writer does not end in time."""
    rows = await EventTable.raw('SELECT max("seq") AS newest FROM event')
    newest: int = rows[0]["newest"] or 0
    if not is_postgres():
        return newest
    writers = await _writers()
    give_up_at = asyncio.get_running_loop().time() + PATIENCE_S
    while writers:
        if asyncio.get_running_loop().time() > give_up_at:
            return None
        await asyncio.sleep(0.02)
        writers &= await _writers()
    return newest


async def _writers() -> set[str]:
    return {row["writer"] for row in await EventTable.raw(_WRITERS)}
