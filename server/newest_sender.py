"""
One sender for each upload: a newer request ends an older one whose bytes have stopped coming.

A phone that lost its line comes back by another while the server still waits for the rest of the old request. Nothing
is locked by that one, but it holds a connection and up to a part in memory. One that is still moving is left alone:
two live senders would otherwise end each other for ever, while like this the first to be durable wins.

What came of a part before its request ended is not thrown away: a line that breaks every few seconds would else carry
the same bytes over and over.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from litestar.exceptions import InternalServerException

STALLED_AFTER_S = 2.0
SETTLED_WITHIN_S = 5.0


class BrokenOff(Exception):
    """The request ended before its part did: the line broke, or a newer request came while this one stood still."""


@dataclass(slots=True)
class _Sender:
    pieces: list[bytes] = field(default_factory=list)
    heard_s: float = field(default_factory=time.monotonic)
    reading: "asyncio.Task[None] | None" = None
    keeps: bool = True
    ended: bool = False
    keeping: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self, chunks: AsyncIterator[bytes]) -> None:
        async for chunk in chunks:
            self.pieces.append(chunk)
            self.heard_s = time.monotonic()

    def end_if_stalled(self, *, keeps: bool) -> bool:
        """End the request if it stands still, and say whether it did; `keeps`: what came of it is wanted."""
        if self.reading is None or time.monotonic() - self.heard_s < STALLED_AFTER_S:
            return False
        self.keeps = keeps
        self.ended = True
        self.reading.cancel()
        return True


class Senders:
    """Who is sending a part to this process just now."""

    def __init__(self) -> None:
        self._newest: dict[object, _Sender] = {}

    async def receive(
        self, upload: object, chunks: AsyncIterator[bytes], keep: Callable[[bytes], Awaitable[None]]
    ) -> bytes:
        """
        Read a part to its end.

        Args:
            upload: What is being sent, and by whom.
            chunks: The part's bytes.
            keep: Stores the beginning of a part that broke off.

        Raises:
            BrokenOff: See there.
        """
        if older := self._newest.get(upload):
            # The same bytes come again: kept from here they would be in the way of the newer part.
            older.end_if_stalled(keeps=False)
        sender = self._newest[upload] = _Sender()
        sender.reading = asyncio.create_task(sender.read(chunks))
        try:
            await self._read(sender, keep)
        finally:
            sender.over.set()
            if self._newest.get(upload) is sender:
                del self._newest[upload]
        return b"".join(sender.pieces)

    async def _read(self, sender: _Sender, keep: Callable[[bytes], Awaitable[None]]) -> None:
        assert sender.reading
        try:
            await sender.reading
        except InternalServerException:
            pass  # Litestar's word for a client that has gone.
        except asyncio.CancelledError:
            sender.reading.cancel()
            if not sender.ended:
                raise
        else:
            return
        if sender.keeps and sender.pieces:
            sender.keeping = True
            await keep(b"".join(sender.pieces))
        raise BrokenOff

    async def settle(self, upload: object) -> None:
        """Let what came of a request that broke off or stands still be stored, before its phone is told the offset."""
        sender = self._newest.get(upload)
        if sender and (sender.keeping or sender.end_if_stalled(keeps=True)):
            # Longer than that the disk is busy: the phone is then told of less than there will be.
            with suppress(TimeoutError):
                async with asyncio.timeout(SETTLED_WITHIN_S):
                    await sender.over.wait()


SENDERS = Senders()
