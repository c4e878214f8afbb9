"""
A process that keeps photos: it is told where and what over a socket, and answers when the photo is durable.

It is started by `server.disk.processes` and ends when the server does. The bytes lie in memory that both share; a
request is a line of JSON, `[slot, size, temporary file, name, SHA-256]`, and so is the answer, `[slot, number, text]`:
the number is an errno, 0 for a durable photo, -1 for bytes that are not those of the hash.
"""

import errno
import json
import mmap
import socket
from pathlib import Path

from server.disk.files import Writing, WrongDigest, keep_photo
from server.failpoints import arm

DURABLE, WRONG_DIGEST = 0, -1
REQUEST_BYTES = 16 * 1024


def serve(door: int, memory: int, slot_bytes: int, failpoints: str) -> None:
    """
    Keep what is asked for until the server hangs up.

    Args:
        door: Descriptor of the socket.
        memory: Descriptor of the shared memory.
        slot_bytes: How much of it one photo has.
        failpoints: As `server.failpoints.arm` reads it.
    """
    arm(failpoints)
    settled: set[str] = set()
    shared = memoryview(mmap.mmap(memory, 0, access=mmap.ACCESS_READ))
    with socket.socket(fileno=door) as line:
        while request := line.recv(REQUEST_BYTES):
            slot, size, partial, name, sha256 = json.loads(request)
            body = shared[slot * slot_bytes :][:size]
            number, text = _keep(Path(partial), body, sha256, Path(name), settled)
            line.send(json.dumps([slot, number, text]).encode())


def _keep(partial: Path, body: memoryview, sha256: str, name: Path, settled: set[str]) -> tuple[int, str]:
    writing = Writing(partial, "photo", _no_folder)
    try:
        keep_photo(writing, [body], sha256, name, settled)
    except WrongDigest:
        return WRONG_DIGEST, ""
    except OSError as error:
        return error.errno or errno.EIO, str(error)
    finally:
        writing.end()
    return DURABLE, ""


def _no_folder() -> None:
    """Where there is no folder the server itself looks whether there should be one."""
    raise FileNotFoundError(errno.ENOENT, "no folder for files being written")
