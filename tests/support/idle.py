"""Waiting until the server has no job left: the pictures it makes meanwhile slow down whatever is measured or tried."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from server.database import make_engine, opened
from server.tables import EventTable


def wait_until_idle(url: str, within_s: float = 60) -> bool:
    """Wait for the last job; return whether that was in time."""
    # While a test drives a browser, its own thread has a loop already.
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(asyncio.run, _wait(url, within_s)).result()


async def _wait(url: str, within_s: float) -> bool:
    give_up_at = time.monotonic() + within_s
    async with opened(make_engine(url)):
        while await EventTable.exists().where(EventTable.job_due_at.is_not_null()):
            if time.monotonic() > give_up_at:
                return False
            await asyncio.sleep(0.2)
    return True
