"""A limit on bytes per second, so that reading everything leaves the disk to those who work."""

import asyncio
import time

MEGABYTE = 1_000_000


class Pace:
    """Wait as long as it takes that the bytes so far stay below the rate; None is no limit."""

    def __init__(self, megabytes_per_s: float | None) -> None:
        self.bytes_per_s = megabytes_per_s * MEGABYTE if megabytes_per_s else None
        self.free_at = time.monotonic()

    async def spent(self, size_bytes: int) -> None:
        """Account for bytes that were read."""
        if self.bytes_per_s is None:
            return
        # Time that was not used is not saved up: a pause is never followed by a burst.
        self.free_at = max(self.free_at, time.monotonic()) + size_bytes / self.bytes_per_s
        await asyncio.sleep(max(0.0, self.free_at - time.monotonic()))
