"""
Give back what photos took.

glibc keeps an arena of freed memory for each thread and, once large buffers were freed, keeps their like too: sixteen
phones sending 3 MB at once left 260 MB behind where 150 do. Other C libraries are left as they are.
"""

import ctypes
import logging

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
