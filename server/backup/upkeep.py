"""What a server does beside serving: seal the events, and read the photos again."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from server.backup.pace import Pace
from server.backup.scrub import RATE_MB_PER_S, scrub_some
from server.chain import seal_events
from server.storage import PhotoStore

logger = logging.getLogger("yanshou.upkeep")

SEAL_EVERY_S = 30.0
SCRUB_IDLE_S = 60.0


@asynccontextmanager
async def kept_up(photos: PhotoStore) -> AsyncIterator[None]:
    """Seal and scrub for the length of a block; both may be cut off anywhere and go on at the next start."""
    pace = Pace(RATE_MB_PER_S)

    async def seal() -> float:
        await seal_events(at=datetime.now(UTC))
        return SEAL_EVERY_S

    async def scrub() -> float:
        return 0.0 if await scrub_some(photos, pace, at=datetime.now(UTC)) else SCRUB_IDLE_S

    tasks = [asyncio.create_task(_again_and_again(work, photos)) for work in (seal, scrub)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _again_and_again(work: Callable[[], Awaitable[float]], photos: PhotoStore) -> None:
    # Not in the first second: whoever starts the server waits for the first page.
    pause_s = 2.0
    while True:
        await asyncio.sleep(pause_s)
        try:
            pause_s = await work()
        except Exception as error:
            logger.exception("upkeep failed; trying again")
            photos.health.notice(error)
            pause_s = SCRUB_IDLE_S
