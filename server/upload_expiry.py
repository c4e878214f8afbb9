"""Forgetting what nobody needs any more, unfinished uploads and old sign-ins: at the start and once a day."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from server.actions.sign_in import forget_old_sign_ins
from server.storage import PhotoStore

logger = logging.getLogger("yanshou.uploads")

KEPT_FOR = timedelta(days=30)
EVERY = timedelta(days=1)


async def sweep(photos: PhotoStore, *, at: datetime) -> int:
    """Forget the uploads that got no part for 30 days; return how many. Several servers may do so at once."""
    forgotten = await photos.expire(at - KEPT_FOR)
    if forgotten:
        logger.info("%s unfinished uploads were forgotten", forgotten)
    return forgotten


@asynccontextmanager
async def sweeping(photos: PhotoStore) -> AsyncIterator[None]:
    """Sweep now and every day for the length of a block."""

    async def run() -> None:
        while True:
            try:
                await forget_old_sign_ins(at=datetime.now(UTC))
                await sweep(photos, at=datetime.now(UTC))
            except Exception as error:
                logger.exception("what is old could not be swept away; trying again tomorrow")
                photos.health.notice(error)
            await asyncio.sleep(EVERY.total_seconds())

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
