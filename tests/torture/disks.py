"""
A disk of our own in a file, to be filled, or cut off as by a power failure.

EXT4_IOC_SHUTDOWN without flushing the log (xfstests' "godown") drops all that was not synced; what is found after
mounting again is what the journal had. Needs root and loop devices.
"""

import contextlib
import fcntl
import os
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

EXT4_IOC_SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2


class DiskMissing(LookupError):
    """No such disk can be made here; the text says why."""


class LoopDisk:
    """An ext4 file system in a file, mounted in `mount`."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.image, self.mount, self.megabytes = folder / "disk.img", folder / "disk", megabytes

    def make(self) -> None:
        """Make and mount it; DiskMissing where that is not possible."""
        if os.geteuid() != 0:
            raise DiskMissing("not root: no disk can be mounted")
        try:
            with self.image.open("wb") as image:
                image.truncate(self.megabytes * 1024 * 1024)
            self.mount.mkdir()
            _run("mkfs.ext4", "-qF", str(self.image))
            self.on()
        except (OSError, subprocess.CalledProcessError) as error:
            raise DiskMissing(f"no loop mount of ext4: {error} {getattr(error, 'stderr', '')}") from error

    def on(self) -> None:
        """Mount; the journal is replayed."""
        _run("mount", "-o", "loop", str(self.image), str(self.mount))

    def off(self) -> None:
        """Unmount; a process that was killed may hold it for a moment."""
        for attempt in range(50):
            try:
                _run("umount", str(self.mount))
            except subprocess.CalledProcessError:
                if attempt == 49:
                    raise
                time.sleep(0.1)
            else:
                return

    def cut(self) -> None:
        """The power fails."""
        handle = os.open(self.mount, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(handle)

    @property
    def _filler(self) -> Path:
        return self.mount / "filler"

    def fill(self) -> None:
        """Leave no block free."""
        with self._filler.open("wb", buffering=0) as filler:
            written = 0
            for piece in (1024 * 1024, 4096, 512):
                # fallocate is quick; what is left over below a piece is taken by the next smaller one.
                with contextlib.suppress(OSError):
                    while True:
                        os.posix_fallocate(filler.fileno(), written, piece)
                        written += piece

    def empty(self) -> None:
        """Give the room back."""
        self._filler.unlink(missing_ok=True)


@contextlib.contextmanager
def loop_disk(folder: Path, megabytes: int) -> Iterator[LoopDisk]:
    """A mounted disk for the length of a block."""
    disk = LoopDisk(folder, megabytes)
    disk.make()
    try:
        yield disk
    finally:
        try:
            disk.off()
        except subprocess.CalledProcessError:
            # A run that failed may have left something at work on it: it goes when that has gone.
            with contextlib.suppress(subprocess.CalledProcessError):
                _run("umount", "--lazy", str(disk.mount))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
