"""
Give back what photos took.

glibc keeps an arena of freed memory for each thread and, once large buffers were freed, keeps their like too: sixteen
phones sending 3 MB at once left 260 MB behind where 150 do. Other C libraries are left as they are. And the system
keeps what was written to a file until it needs the room.
"""

import contextlib
import ctypes
import logging
import os
import sys

logger = logging.getLogger("yanshou.memory")

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
ARENAS = 2
LARGE_BYTES = 256 * 1024


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
