"""
A phone that sends as the app's outbox does (pwa/src/outbox): two items under way, two of their photos at once, in parts
that follow the line. What it knows of the line and of its items outlives a broken connection.
"""

import asyncio
import time
from collections.abc import Coroutine, Iterable, Iterator
from typing import Any

import httpx

from tests.torture.part_size import PartSize
from tests.torture.phones import Item, Memory, NoAnswer, Phone

AT_ONCE = 2
MOST_FRUITLESS = 5


async def together(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Let each come to its own end, and only then raise what the first to fail met."""
    for found in await asyncio.gather(*works, return_exceptions=True):
        if found is not None:
            raise found


class OutboxPhone(Phone):
    """
    Use as an async context manager, like `Phone`.

    Attributes:
        faster: How many times as fast as life its clock runs and its pauses pass.
        broken: Requests that nobody answered.
    """

    def __init__(self, address: str, token: str, memory: Memory, keys: dict[str, Any], *, faster: float = 1) -> None:
        super().__init__(address, token, memory, keys)
        self.faster = faster
        self.broken = 0
        self._silent = 0
        self.part_size = PartSize()
        self.lanes = asyncio.Semaphore(AT_ONCE)

    async def send_all(self, items: Iterable[Item]) -> None:
        """
        Try each item once, two at a time: the data of all first, then their photos.

        Raises:
            NoAnswer: The line is dead: two items in a row had no answer.
            Refused: The server will not take one.
        """
        waiting = [item for item in items if item.submission_id not in self.memory.complete]
        for item in waiting:
            if item.submission_id not in self.memory.manifests:
                await self.announce(item)
        queue = iter(waiting)
        self._silent = 0
        await together(self._send_each(queue) for _ in range(AT_ONCE))
        if self._silent:
            raise NoAnswer("nobody there")

    async def _send_each(self, queue: Iterator[Item]) -> None:
        while self._silent < AT_ONCE and (item := next(queue, None)):
            try:
                await self.send_item(item)
            except NoAnswer:
                self._silent += 1
            else:
                self._silent = 0

    async def send_item(self, item: Item) -> None:
        """Send what the server lacks of an item; NoAnswer as soon as one photo had none, once the others are done."""
        lacking = item.submission_id not in self.memory.manifests
        missing = (await self.announce(item))["missing"] if lacking else self._not_acknowledged(item)
        ends: list[NoAnswer] = []

        async def in_lane(sha256: str) -> None:
            async with self.lanes:
                if ends:
                    return
                try:
                    await self.send_photo_through(item, sha256, lacking=lacking)
                except NoAnswer as end:
                    ends.append(end)

        await together(in_lane(sha256) for sha256 in missing)
        if ends:
            raise ends[0]
        if item.submission_id not in self.memory.complete:
            await self.ask_status(item)

    def _not_acknowledged(self, item: Item) -> list[str]:
        return [sha256 for sha256 in item.photos if (item.submission_id, sha256) not in self.memory.photos]

    async def ask_status(self, item: Item) -> dict[str, Any]:
        """Ask what the server holds of an item."""
        return self.status_in(item, await self.ask("GET", f"/api/submissions/{item.submission_id}"))

    async def send_photo_through(self, item: Item, sha256: str, *, lacking: bool) -> None:
        """One photo to its end: whole where it is small and known to be lacking, else in parts from the offset on."""
        size = len(item.photos[sha256])
        if lacking and size <= self.part_size.bytes:
            began_ms = self.now_ms()
            try:
                await self.send_photo(item, sha256)
            except NoAnswer:
                await self._broke(1)
            else:
                self.part_size.succeeded(size, self.now_ms() - began_ms)
                return
        offset: int | None = None
        fruitless = 0
        while True:
            opening = offset is None
            if offset is None:
                offset, complete = await self.offset_of(item, sha256)
                self.part_size.limit(None, None)
                if complete:
                    await self.ask_status(item)
                    return
            part_bytes = min(self.part_size.opening() if opening else self.part_size.bytes, size - offset)
            began_ms = self.now_ms()
            try:
                answer = await self.send_part(item, sha256, offset, part_bytes)
            except NoAnswer:
                fruitless += 1
                if fruitless > MOST_FRUITLESS:
                    raise
                offset = None
                await self._broke(fruitless)
                continue
            fruitless = 0
            if answer.status_code in (200, 201, 204):
                self.part_size.succeeded(part_bytes, self.now_ms() - began_ms)
            if answer.status_code in (200, 201):
                self.status_in(item, answer)
                return
            offset = self._offset_in(item, answer)

    def _offset_in(self, item: Item, answer: httpx.Response) -> int:
        if answer.status_code not in (204, 409) or "upload-offset" not in answer.headers:
            self.status_in(item, answer)  # Says what kind of refusal this is.
            raise NoAnswer(f"{answer.status_code} to a part")
        return int(answer.headers["upload-offset"])

    async def _broke(self, fruitless: int) -> None:
        self.broken += 1
        self.part_size.failed()
        await asyncio.sleep(0.25 * 2**fruitless * 0.75 / self.faster)

    def now_ms(self) -> float:
        """The phone's clock."""
        return time.monotonic() * 1000 * self.faster


class BeginsAnew(OutboxPhone):
    """A negative control: it sends each photo whole, and after a break all of it again, whatever the server has."""

    async def send_photo_through(self, item: Item, sha256: str, *, lacking: bool) -> None:
        """Try once; NoAnswer when that broke off."""
        try:
            await self.send_photo(item, sha256)
        except NoAnswer:
            await self._broke(1)
            raise
