import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server.traffic import QUIET_S, Traffic


@asynccontextmanager
async def busy_loop() -> AsyncIterator[None]:
    """As when a village sends at once: whoever wants the event loop has to wait for it."""

    async def keep_it() -> None:
        while True:
            until_s = time.monotonic() + 0.05
            while time.monotonic() < until_s:
                pass
            await asyncio.sleep(0)

    work = asyncio.create_task(keep_it())
    try:
        yield
    finally:
        work.cancel()


async def test_background_work_waits_while_phones_keep_the_server_busy():
    """A phone with one bar of signal comes before a thumbnail."""
    traffic = Traffic()
    with traffic.upload():
        assert not traffic.is_quiet()
        async with busy_loop():
            waiting = asyncio.create_task(traffic.lull(at_most_s=30))
            await asyncio.sleep(3 * QUIET_S)
            assert not waiting.done()

    await asyncio.wait_for(waiting, timeout=QUIET_S + 5)
    assert traffic.is_quiet()


async def test_a_phone_on_a_slow_line_holds_up_no_background_work():
    """It sends for minutes and needs nothing meanwhile; somebody waits for an area."""
    traffic = Traffic()
    with traffic.upload():
        await asyncio.wait_for(traffic.lull(at_most_s=3_600), timeout=10)


async def test_background_work_never_waits_for_ever():
    """On a busy day somebody is always sending; areas must still be judged."""
    traffic = Traffic()
    began_s = time.monotonic()

    with traffic.upload():
        async with busy_loop():
            await asyncio.wait_for(traffic.lull(at_most_s=0.2), timeout=10)

    assert time.monotonic() - began_s >= 0.2
