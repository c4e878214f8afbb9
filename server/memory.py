"""
Memory: what photos took is given back, and what stays lies in large pages.

glibc keeps an arena of freed memory for each thread and, once large buffers were freed, keeps their like too: sixteen
phones sending 3 MB at once left 260 MB behind where 150 do. Other C libraries are left as they are. And the system
keeps what was written to a file until it needs the room.
"""

import contextlib
import ctypes
import logging
import mmap
import os
import sys
from collections.abc import Iterator
from pathlib import Path

logger = logging.getLogger("yanshou.memory")

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
ARENAS = 2
LARGE_BYTES = 256 * 1024
# Linux 6.1 and later; older ones leave it to their own thread, which takes its time.
MADV_COLLAPSE = 25
LARGE_PAGE_BYTES = 2 * 1024 * 1024


def keep_memory_small() -> bool:
    """Tell glibc to share two arenas and to return large buffers at once; whether it understood."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        logger.info("this C library has no mallopt; it keeps memory as it likes")
        return False
    return bool(mallopt(M_ARENA_MAX, ARENAS)) and bool(mallopt(M_MMAP_THRESHOLD, LARGE_BYTES))


def forget_pages(file: int) -> None:
    """
    Give back the memory in which the system holds a durable file, a descriptor; nothing, where it cannot be asked.

    Photos are many and read rarely. Kept, they would push the database out of memory, and each new photo would be
    copied into memory that has to be made ready first: more than half of the time of writing 3 MB on a virtual machine
    (docs/decisions/0004-photos.md).
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # A hint: a file system that does not take it keeps photos as well.
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)


def use_large_pages() -> None:
    """
    Ask for pages of 2 MB under what the process holds by now: code, routes, tables, which every request goes through.

    With pages of 4 KB the processor looks a page up at each step of such a walk, and on a virtual machine each look-up
    is several: a seventh more inspections a second there (docs/decisions/0016-large-pages.md). A hint: where it is not
    taken, everything works as before.
    """
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        madvise = ctypes.CDLL(None).madvise
        for start, end in _large_regions():
            for advice in (mmap.MADV_HUGEPAGE, MADV_COLLAPSE):
                madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), advice)


def _large_regions() -> Iterator[tuple[int, int]]:
    """Addresses of the process's own writable memory, as far as large pages fit in: no file's."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        span, access, _, _, inode, *name = line.split(maxsplit=5)
        if access != "rw-p" or inode != "0" or name not in ([], ["[heap]"]):
            continue
        start, end = (int(address, 16) for address in span.split("-"))
        start, end = -(-start // LARGE_PAGE_BYTES) * LARGE_PAGE_BYTES, end // LARGE_PAGE_BYTES * LARGE_PAGE_BYTES
        if start < end:
            yield start, end
