"""
One sender for each upload: a newer request ends an older one whose bytes have stopped coming.

A phone that lost its line comes back by another while the server still waits for the rest of the old request. Nothing
is locked by that one, but it holds a connection and up to a part in memory. One that is still moving is left alone:
two live senders would otherwise end each other for ever, while like this the first to be durable wins.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

STALLED_AFTER_S = 2.0


class Superseded(Exception):
    """A newer request for the same upload came while this one stood still."""


@dataclass(slots=True)
class _Sender:
    pieces: list[bytes] = field(default_factory=list)
    heard_s: float = field(default_factory=time.monotonic)
    reading: "asyncio.Task[None] | None" = None
    superseded: bool = False

    async def read(self, chunks: AsyncIterator[bytes]) -> None:
        async for chunk in chunks:
            self.pieces.append(chunk)
            self.heard_s = time.monotonic()


class Senders:
    """Who is sending a part to this process just now."""

    def __init__(self) -> None:
        self._newest: dict[object, _Sender] = {}

    async def receive(self, upload: object, chunks: AsyncIterator[bytes]) -> bytes:
        """
        Read a part to its end.

        Args:
            upload: What is being sent, and by whom.
            chunks: The part's bytes.

        Raises:
            Superseded: See there.
        """
        older = self._newest.get(upload)
        if older is not None and older.reading and time.monotonic() - older.heard_s >= STALLED_AFTER_S:
            older.superseded = True
            older.reading.cancel()
        sender = self._newest[upload] = _Sender()
        sender.reading = asyncio.create_task(sender.read(chunks))
        try:
            await sender.reading
        except asyncio.CancelledError:
            sender.reading.cancel()
            if sender.superseded:
                raise Superseded from None
            raise
        finally:
            if self._newest.get(upload) is sender:
                del self._newest[upload]
        return b"".join(sender.pieces)


SENDERS = Senders()
