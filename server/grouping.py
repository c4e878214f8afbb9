"""
Many small commits as a few larger ones; every caller still waits for its own.

A commit costs an fsync, and on SQLite they follow one another. While one group is being committed the next gathers;
nobody waits for a timer, and nobody is answered before the group that holds their change is durable. When a group fails
each of its members is tried alone, so that one bad change does not take others down; but never after a failing disk,
where a second try may succeed and still have lost what the first one wrote (docs/decisions/0009-storage.md).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from server.storage.health import fault_of

logger = logging.getLogger("yanshou.grouping")

Item = TypeVar("Item")
Result = TypeVar("Result")
Commit = Callable[[list[Item]], Awaitable[list[Result]]]

LARGEST_GROUP = 64


class _Group(Generic[Item, Result]):
    """What waits for the next commit, in one event loop."""

    def __init__(self, commit: Commit[Item, Result]) -> None:
        self.commit = commit
        self.waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self.running: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Result:
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self.waiting.append((item, future))
        if self.running is None:
            self.running = asyncio.create_task(self.run())
        return await future

    async def run(self) -> None:
        while self.waiting:
            members, self.waiting = self.waiting[:LARGEST_GROUP], self.waiting[LARGEST_GROUP:]
            if not await self.settle(members) and len(members) > 1:
                for member in members:
                    await self.settle([member])
        self.running = None

    def fail(self, members: list[tuple[Item, asyncio.Future[Result]]], error: Exception) -> None:
        """Tell these, and all who wait behind them."""
        for _, future in [*members, *self.waiting]:
            if not future.done():
                future.set_exception(error)
        self.waiting = []

    async def settle(self, members: list[tuple[Item, asyncio.Future[Result]]]) -> bool:
        """Commit these together; False when several are to be tried alone: a single member was told of its failure."""
        try:
            results = await self.commit([item for item, _ in members])
        except Exception as error:
            if fault_of(error) == "failing":
                self.fail(members, error)
                return True
            if len(members) > 1:
                logger.warning("a commit of %s changes failed; each is tried alone", len(members), exc_info=error)
            elif not members[0][1].done():
                members[0][1].set_exception(error)
            return False
        except BaseException:
            # The server is going down: nobody may be left waiting for a commit that nobody will make.
            for _, future in [*members, *self.waiting]:
                future.cancel()
            raise
        for (_, future), result in zip(members, results, strict=True):
            # A caller who went away is not told; what they asked for is done all the same.
            if not future.done():
                future.set_result(result)
        return True


def in_groups(commit: Commit[Item, Result]) -> Callable[[Item], Awaitable[Result]]:
    """
    Turn a function that commits many items into one that takes a single item and shares its commit with others.

    Args:
        commit: Makes the changes of all items in one transaction and returns a result for each, in their order.
    """
    groups: WeakKeyDictionary[asyncio.AbstractEventLoop, _Group[Item, Result]] = WeakKeyDictionary()

    async def submit(item: Item) -> Result:
        loop = asyncio.get_running_loop()
        group = groups.get(loop)
        if group is None:
            group = groups[loop] = _Group(commit)
        return await group.submit(item)

    return submit
