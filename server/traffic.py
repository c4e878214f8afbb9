"""Whether somebody is sending just now: background work waits for a lull, so that a phone does not."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

QUIET_S = 0.25
LOOK_EVERY_S = 0.05


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
        """Wait until it is quiet, or until so much time has passed: background work slows down but never stops."""
        until_s = time.monotonic() + at_most_s
        while not self.is_quiet() and time.monotonic() < until_s:  # noqa: ASYNC110 - quiet is a matter of time.
            await asyncio.sleep(LOOK_EVERY_S)


TRAFFIC = Traffic()
