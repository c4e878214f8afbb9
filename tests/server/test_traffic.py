import asyncio
import time

from server.traffic import QUIET_S, Traffic


async def test_background_work_waits_for_the_end_of_an_upload():
    """A phone with one bar of signal comes before a thumbnail."""
    traffic = Traffic()
    with traffic.upload():
        assert not traffic.is_quiet()
        waiting = asyncio.create_task(traffic.lull(at_most_s=30))
        await asyncio.sleep(0.1)
        assert not waiting.done()

    await asyncio.wait_for(waiting, timeout=QUIET_S + 5)
    assert traffic.is_quiet()


async def test_background_work_never_waits_for_ever():
    """On a busy day somebody is always sending; areas must still be judged."""
    traffic = Traffic()
    began_s = time.monotonic()

    with traffic.upload():
        await asyncio.wait_for(traffic.lull(at_most_s=0.2), timeout=10)

    assert time.monotonic() - began_s >= 0.2
