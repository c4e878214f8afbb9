"""
A history of many clients, and what it may not contain.

One line for each thing that happened to an operation: `invoke`, then `ok` with what the server put its name to, `fail`
(it certainly did nothing) or `info` (nobody knows). The checker reads the lines alone, after everything is over.
"""

import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Line:
    """
    One line.

    Attributes:
        op: Number of the operation; its lines share it.
        kind: `invoke`, `ok`, `fail` or `info`.
        name: `announce`, `photo` or `read`.
        submission: Which submission.
        photo: SHA-256 of the photo, for `photo`.
        held: For `ok`: what the receipt says: digest, number, photos; None when a read found nothing.
        at_s: When, by one monotonic clock.
    """

    op: int
    kind: str
    name: str
    submission: str
    photo: str | None = None
    held: dict[str, Any] | None = None
    at_s: float = 0.0


@dataclass(slots=True)
class Verdict:
    """What the checker counted; all but the first three must be 0."""

    operations: int = 0
    unknown: int = 0
    reads: int = 0
    lost: int = 0
    phantoms: int = 0
    contradictions: int = 0
    gaps: int = 0
    doubled: int = 0

    @property
    def faults(self) -> int:
        """All that must be 0."""
        return self.lost + self.phantoms + self.contradictions + self.gaps + self.doubled


class History:
    """Writes the lines of every client, in the order in which they happen."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._out = path.open("a", encoding="utf-8")
        self._ops = 0

    def invoke(self, name: str, submission: str, photo: str | None = None) -> Line:
        """Write that an operation begins."""
        self._ops += 1
        return self._write(Line(self._ops, "invoke", name, submission, photo, None, time.monotonic()))

    def end(self, begun: Line, kind: str, held: dict[str, Any] | None = None) -> None:
        """Write how it ended."""
        self._write(Line(begun.op, kind, begun.name, begun.submission, begun.photo, held, time.monotonic()))

    def close(self) -> None:
        """Nothing more happens."""
        self._out.close()

    def _write(self, line: Line) -> Line:
        self._out.write(json.dumps(asdict(line)) + "\n")
        return line


def read_lines(path: Path) -> list[Line]:
    """Read a history back."""
    return [Line(**json.loads(text)) for text in path.read_text(encoding="utf-8").splitlines()]


@dataclass(slots=True)
class _Known:
    """What was promised of one submission so far, and when it was first promised."""

    digest: str
    number: int
    since_s: float
    photos: dict[str, float] = field(default_factory=dict)


def check(lines: Iterable[Line]) -> Verdict:
    """
    Compare every answer with what had been promised before its question was asked.

    What was promised after a read began may be in its answer or not; what nobody ever sent may not.
    """
    verdict = Verdict()
    begun: dict[int, Line] = {}
    sent_photos: dict[str, set[str]] = {}
    promised: dict[str, _Known] = {}
    for line in lines:
        if line.kind == "invoke":
            begun[line.op] = line
            verdict.operations += 1
            sent_photos.setdefault(line.submission, set()) if line.name != "read" else None
            if line.photo:
                sent_photos[line.submission].add(line.photo)
            continue
        verdict.unknown += line.kind == "info"
        if line.kind != "ok":
            continue
        verdict.reads += line.name == "read"
        _compare(line, begun[line.op].at_s, promised, sent_photos, verdict)
    numbers = sorted(known.number for known in promised.values())
    verdict.doubled = len(numbers) - len(set(numbers))
    verdict.gaps = sum(number not in set(numbers) for number in range(1, max(numbers, default=0) + 1))
    return verdict


def _compare(
    line: Line, asked_s: float, promised: dict[str, _Known], sent_photos: dict[str, set[str]], verdict: Verdict
) -> None:
    known = promised.get(line.submission)
    if line.held is None:
        verdict.lost += known is not None and known.since_s < asked_s
        return
    photos = set(line.held["photos"])
    verdict.phantoms += line.submission not in sent_photos or bool(photos - sent_photos[line.submission])
    if known is None:
        known = promised[line.submission] = _Known(line.held["digest"], line.held["number"], line.at_s)
    verdict.contradictions += (known.digest, known.number) != (line.held["digest"], line.held["number"])
    verdict.lost += any(since_s < asked_s and photo not in photos for photo, since_s in known.photos.items())
    for photo in photos:
        known.photos.setdefault(photo, line.at_s)
