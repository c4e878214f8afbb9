"""
Set what was acknowledged beside what is there: rows by SQL from outside the server, bytes read from the photo store.

The layout of a store that is a folder is a promise too (docs/operations.md): a folder for two digits, then the hash.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from server.sqlite_library import sqlite3
from server.storage import PhotoStore
from tests.torture.phones import Memory
from tests.torture.servers import Site


async def rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    """Ask the database as a stranger to the server."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)
        try:
            found = connection.execute(sql).fetchall()
            connection.commit()
            return found
        finally:
            connection.close()
    pg = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await pg.fetch(sql)]
    finally:
        await pg.close()


@dataclass(slots=True)
class Findings:
    """Counts of a comparison; everything after `photos` must be 0."""

    acknowledged: int = 0
    submissions: int = 0
    photos: int = 0
    lost: int = 0
    doubled: int = 0
    rows_without_bytes: int = 0
    gaps: int = 0
    contradictions: int = 0

    @property
    def faults(self) -> int:
        """All that must be 0."""
        return self.lost + self.doubled + self.rows_without_bytes + self.gaps + self.contradictions

    def counts(self) -> dict[str, int]:
        """For the JSON line."""
        return {name: getattr(self, name) for name in self.__slots__}


def photo_file(photos: Path, sha256: str) -> Path:
    """Where the store keeps a photo."""
    return photos / sha256[:2] / sha256


async def has_bytes(store: PhotoStore, sha256: str) -> bool:
    """Whether a photo is there, whole and unaltered."""
    try:
        return hashlib.sha256(await store.read(sha256)).hexdigest() == sha256
    except OSError:
        return False


async def still_there(site: Site, manifests: Iterable[tuple[UUID, str]], photos: Iterable[tuple[UUID, str]]) -> int:
    """How many of these acknowledgements the server no longer stands by: the quick look after each crash."""
    manifests, photos = list(manifests), list(photos)
    named = ",".join(f"'{one}'" for one in {*(one for one, _ in manifests), *(one for one, _ in photos)})
    if not named:
        return 0
    kept = await rows(site.database_url, f"SELECT id, content_sha256, manifest FROM submission WHERE id IN ({named})")
    held = {_uuid(one): digest for one, digest, body in kept if hashlib.sha256(bytes(body)).hexdigest() == digest}
    lines = await rows(site.database_url, f"SELECT submission, sha256 FROM photo WHERE submission IN ({named})")
    pairs = {(_uuid(one), sha256) for one, sha256 in lines}
    lost = sum(held.get(one) != digest for one, digest in manifests)
    store = site.store()
    return lost + sum([pair not in pairs or not await has_bytes(store, pair[1]) for pair in photos])


async def audit(site: Site, memory: Memory) -> Findings:
    """Compare everything; the server may be running but must be at rest."""
    url = site.database_url
    found = Findings(acknowledged=memory.acknowledged, contradictions=len(memory.contradictions))
    submissions = await rows(
        url,
        "SELECT id, content_sha256, manifest, receipt_no, expected_photos, received_photos, state FROM submission",
    )
    photos = await rows(url, "SELECT submission, sha256, size_bytes FROM photo")
    found.submissions, found.photos = len(submissions), len(photos)

    held = {_uuid(row[0]): row for row in submissions}
    pairs = Counter((_uuid(one), sha256) for one, sha256, _ in photos)
    store = site.store()
    sound = {sha256: await has_bytes(store, sha256) for sha256 in {row[1] for row in photos}}
    for one, digest in memory.manifests.items():
        row = held.get(one)
        if row is None or row[1] != digest or hashlib.sha256(bytes(row[2])).hexdigest() != digest:
            found.lost += 1
        elif row[3] != memory.receipt_numbers[one]:
            found.contradictions += 1
    found.lost += sum(pair not in pairs or not sound[pair[1]] for pair in memory.photos)
    found.rows_without_bytes = sum(not sound[sha256] for _, sha256, _ in photos)

    received = Counter(one for one, _ in pairs)
    found.doubled += sum(count - 1 for count in pairs.values()) + len(submissions) - len(held)
    events = await rows(
        url,
        "SELECT subject_id, action, count(*) FROM event WHERE action IN "
        "('submission.received', 'submission.completed', 'photo.received') GROUP BY subject_id, action",
    )
    found.doubled += sum(count - 1 for *_, count in events)
    found.lost += abs(sum(action == "submission.received" for _, action, _ in events) - len(submissions))
    for one, row in held.items():
        found.contradictions += row[5] != received[one]
        found.contradictions += (row[6] == "receiving") == (row[4] == row[5])
    found.contradictions += sum(held[one][6] == "receiving" for one in memory.complete if one in held)

    numbers = sorted(row[3] for row in submissions)
    found.gaps = sum(number != expected for expected, number in enumerate(numbers, numbers[0] if numbers else 1))
    found.gaps += bool(numbers) and numbers[0] != 1
    return found


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))
