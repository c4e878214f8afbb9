"""
Named places where a test may make the server die or its disk fail.

Off unless `YANSHOU_FAILPOINTS` names some (server.settings reads it), for example
`photo.synced=exit,row.written=EIO@3`. A place is `name=what` or `name=what@N`, and then only its N-th hit:

    exit        the process ends at once, without cleaning up, as if killed
    EIO         the disk fails
    ENOSPC      the disk is full
    sleep:250   250 milliseconds pass

The places, in the order in which a request passes them:

    photo.begin        a whole photo arrives; nothing is written yet
    photo.created      its temporary file is there, empty
    photo.written      all bytes are written, not synced
    photo.synced       the temporary file is on disk, its name is not there yet
    photo.linked       the photo has its name, the folder is not synced
    photo.durable      bytes and name are on disk, no row knows of them
    photo.read         somebody is about to read an original
    part.begin         a part arrived in memory and has the right digest; nothing is written yet
    part.created       its temporary file is there, empty
    part.written       all bytes are written, not synced
    part.synced        the temporary file is on disk, its name is not there yet
    part.linked        the part has its name, the folder is not synced
    part.durable       bytes and name are on disk, the phone does not know
    part.read          a part is about to be read, to make the photo whole
    parts.joined       the last part made the photo whole and durable, no row knows of it
    parts.dropped      the row is written and the parts are gone
    row.begin          the transaction of the photo's row is open, nothing is written in it
    row.written        row, event and count are written, not committed
    row.committed      the row is durable, the phone does not know
    answer             the answer is ready to be sent
    manifest.begin     the transaction of a submission is open, nothing is written in it
    manifest.written   its rows are written, not committed
    manifest.committed its row is durable, the phone does not know
"""

import errno
import os
import time
from dataclasses import dataclass

EXIT_STATUS = 137
NAMES = frozenset(
    {
        *(f"photo.{step}" for step in ("begin", "created", "written", "synced", "linked", "durable", "read")),
        *(f"part.{step}" for step in ("begin", "created", "written", "synced", "linked", "durable", "read")),
        *(f"parts.{step}" for step in ("joined", "dropped")),
        *(f"row.{step}" for step in ("begin", "written", "committed")),
        *(f"manifest.{step}" for step in ("begin", "written", "committed")),
        "answer",
    }
)
_FAULTS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC}


class FailpointUnknown(Exception):
    """YANSHOU_FAILPOINTS cannot be read; the text says why."""


@dataclass(slots=True)
class Armed:
    """What happens at one place; `hit` is None for every hit, else the number of the one hit that counts."""

    what: str
    hit: int | None
    hits: int = 0

    def due(self) -> bool:
        """Count one hit; whether it is the one."""
        self.hits += 1
        return self.hit is None or self.hits == self.hit


_armed: dict[str, Armed] = {}


def arm(text: str) -> None:
    """
    Switch on what a text names and everything else off; the empty text switches all off.

    Raises:
        FailpointUnknown: A place without `=`, or something that cannot be done.
    """
    found: dict[str, Armed] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, _, rest = entry.partition("=")
        what, _, hit = rest.partition("@")
        known = what in {"exit", *_FAULTS} or (what.startswith("sleep:") and what[6:].isdigit())
        if name not in NAMES or not known or (hit and not hit.isdigit()):
            raise FailpointUnknown(f"YANSHOU_FAILPOINTS: {entry!r} is not name=exit|EIO|ENOSPC|sleep:ms[@N]")
        found[name] = Armed(what, int(hit) if hit else None)
    _armed.clear()
    _armed.update(found)


def fail_at(name: str) -> None:
    """
    Do here what was asked for, usually nothing. For code in a worker thread: `sleep` blocks.

    Raises:
        OSError: EIO or ENOSPC were asked for.
    """
    if _armed and name in _armed and _armed[name].due():
        time.sleep(_act(name))


async def fail_here(name: str) -> None:
    """As `fail_at`, for code in the event loop: `sleep` lets others work."""
    if _armed and name in _armed and _armed[name].due():
        import asyncio  # Here, so that the processes of server.disk stay small.

        await asyncio.sleep(_act(name))


def _act(name: str) -> float:
    """Die or fail; return the seconds to wait otherwise."""
    what = _armed[name].what
    if what == "exit":
        os._exit(EXIT_STATUS)
    if what in _FAULTS:
        raise OSError(_FAULTS[what], f"{os.strerror(_FAULTS[what])} (failpoint {name})")
    return int(what.removeprefix("sleep:")) / 1000
