"""Files that are whole and durable, or not there."""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from server.memory import forget_pages

CHUNK_BYTES = 1024 * 1024


def settle(temporary: Path, target: Path) -> None:
    """Make a finished temporary file durable, then give it its name, then make the name durable."""
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(target)
    for folder in (target.parent, target.parent.parent):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def beside(target: Path) -> Path:
    """Return the temporary name to write under, in a folder that exists."""
    target.parent.mkdir(parents=True, exist_ok=True)
    return target.with_name(f".{target.name}.partial")


def write_whole(target: Path, content: bytes) -> None:
    """Write a small file, durable when this returns."""
    temporary = beside(target)
    temporary.write_bytes(content)
    settle(temporary, target)


def copy_whole(source: Path, target: Path) -> None:
    """Copy a file of any size, durable when this returns; it is never in memory as a whole."""
    temporary = beside(target)
    shutil.copyfile(source, temporary)
    settle(temporary, target)


def leave_memory(path: Path) -> None:
    """Let go of what memory holds of a durable file, so that reading it asks the disk; nothing, where it is gone."""
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        forget_pages(file.fileno())


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    for chunk in chunks_of(path):
        digest.update(chunk)
    return digest.hexdigest()


def chunks_of(path: Path) -> Iterator[bytes]:
    """Read a file in pieces of 1 MiB."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
