"""Threads for the disk, apart from those that decode pictures or hash passwords: a disk waits, it does not compute."""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

Args = ParamSpec("Args")
Result = TypeVar("Result")

_POOL = ThreadPoolExecutor(max_workers=16, thread_name_prefix="storage")


async def on_disk(work: Callable[Args, Result], *args: Args.args, **kwargs: Args.kwargs) -> Result:
    """Run in a thread. A caller who is cancelled waits for the thread to let go of its files."""
    done = asyncio.get_running_loop().run_in_executor(_POOL, lambda: work(*args, **kwargs))
    try:
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        with contextlib.suppress(BaseException):
            await asyncio.wait([done])
        raise
