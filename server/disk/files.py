"""
How a file becomes durable: temporary file, fsync, name, fsync of the folders.

It is done in a thread of the server, or in a process beside it that does nothing else (`server.disk.process`); so this
imports little, and every function waits for the disk.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from server.failpoints import fail_at
from server.memory import forget_pages


class WrongDigest(Exception):
    """The bytes are not those of the hash; nothing has the name."""


class Writing:
    """A temporary file with the digest of what was written to it. Its methods wait for the disk."""

    def __init__(self, path: Path, kind: str, require_present: Callable[[], None]) -> None:
        self.path = path
        self.kind = kind
        self.require_present = require_present
        self.digest = hashlib.sha256()
        self.size_bytes = 0
        self._file: int | None = None
        self._named = False

    def file(self) -> int:
        """Make the file if it is not there; return its descriptor."""
        if self._file is None:
            try:
                self._file = self._open()
            except FileNotFoundError:  # The first of all: asking for the folder each time costs more than this once.
                self.require_present()
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._open()
            fail_at(f"{self.kind}.created")
        return self._file

    def _open(self) -> int:
        return os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o640)

    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Write these pieces."""
        file = self.file()
        for piece in pieces:
            self.digest.update(piece)
            self.size_bytes += len(piece)
            view = memoryview(piece)
            while view:
                view = view[os.write(file, view) :]

    def rename(self, target: Path) -> None:
        """Give the file its name for good."""
        self.path.rename(target)
        self._named = True

    @property
    def is_open(self) -> bool:
        """Whether there is a file to be ended."""
        return self._file is not None

    def end(self) -> None:
        """Close the file and remove its temporary name, if it has no other yet."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
            if not self._named:
                self.path.unlink(missing_ok=True)


def keep_photo(
    writing: Writing, rest: Sequence[bytes | memoryview], sha256: str, target: Path, settled: set[str]
) -> None:
    """
    Write the last bytes of a photo, and give it its name once all of them are on disk.

    Args:
        writing: Its temporary file.
        rest: The bytes that are not in it yet.
        sha256: What all of them must hash to.
        target: Its name.
        settled: Names of folders whose own entry is known to be durable; that of `target` is added.

    Raises:
        WrongDigest: They do not.
        OSError: The disk's.
    """
    writing.write(rest)
    if writing.digest.hexdigest() != sha256:
        raise WrongDigest
    fail_at("photo.written")
    os.fsync(writing.file())
    fail_at("photo.synced")
    forget_pages(writing.file())
    folder = target.parent
    if folder.name not in settled:
        folder.mkdir(parents=True, exist_ok=True)
    # Replacing is harmless: only the same bytes have this name, and sound ones take the place of rotten ones.
    writing.rename(target)
    fail_at("photo.linked")
    fsync_folder(folder)
    # A folder that somebody made just now is itself an entry that its parent must not forget. Photo folders are
    # never removed, so once is enough: each fsync costs a flush of the disk.
    if folder.name not in settled:
        fsync_folder(folder.parent)
        settled.add(folder.name)


def fsync_folder(folder: Path) -> None:
    """Make the entries of a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
