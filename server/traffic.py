"""
Whether somebody is sending just now: background work waits for a lull, so that a phone does not.

A phone on a slow line sends for minutes and leaves the processor alone. So it is a lull, too, when the event loop has
had little to do for a while.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

QUIET_S = 0.25
LOOK_EVERY_S = 0.05
# Of the time, spent in the event loop.
BUSY_SHARE = 0.25


class Traffic:
    """Counts the uploads under way in this process."""

    def __init__(self) -> None:
        self._under_way = 0
        self._last_end_s = float("-inf")

    @contextmanager
    def upload(self) -> Iterator[None]:
        """Count one upload for the length of a block."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self._last_end_s = time.monotonic()

    def is_quiet(self) -> bool:
        """Whether nothing is being sent and nothing was a quarter of a second ago."""
        return self._under_way == 0 and time.monotonic() - self._last_end_s >= QUIET_S

    async def lull(self, *, at_most_s: float) -> None:
        """
        Wait until it is quiet or those who send leave time to spare; background work slows down but never stops.

        Args:
            at_most_s: Go on after so much time, whatever is going on.
        """
        began_s = since_s = time.monotonic()
        used_s = time.thread_time()
        while not self.is_quiet() and time.monotonic() - began_s < at_most_s:
            await asyncio.sleep(LOOK_EVERY_S)
            passed_s = time.monotonic() - since_s
            if passed_s >= QUIET_S:
                if time.thread_time() - used_s < BUSY_SHARE * passed_s:
                    return
                since_s, used_s = time.monotonic(), time.thread_time()


TRAFFIC = Traffic()
