"""A group of processes that may use so much memory and no more, as on a small phone (cgroup, version 1 or 2)."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

V2, V1 = Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/memory")


class NoGroup(LookupError):
    """No such group can be made here; the text says why."""


class MemoryGroup:
    """Processes put in here share `limit_bytes`; beyond it the kernel kills one of them."""

    def __init__(self, folder: Path, version: int) -> None:
        self.folder, self.version = folder, version

    def take(self, pids: list[int]) -> None:
        """Put processes in; their children from now on are in as well."""
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                (self.folder / "cgroup.procs").write_text(str(pid))

    @property
    def kills(self) -> int:
        """How many processes the kernel has killed for memory."""
        name = "memory.events" if self.version == 2 else "memory.oom_control"
        lines = dict(line.split() for line in (self.folder / name).read_text().splitlines() if len(line.split()) == 2)
        return int(lines.get("oom_kill", 0))

    @property
    def peak_bytes(self) -> int:
        """The most memory the group has used at once."""
        name = "memory.peak" if self.version == 2 else "memory.max_usage_in_bytes"
        file = self.folder / name
        return int(file.read_text()) if file.exists() else 0


@contextlib.contextmanager
def memory_group(limit_bytes: int) -> Iterator[MemoryGroup]:
    """A group for the length of a block; NoGroup where none can be made. Its processes must have ended by the end."""
    if os.geteuid() != 0:
        raise NoGroup("not root: no control group can be made")
    v2 = "memory" in (V2 / "cgroup.controllers").read_text() if (V2 / "cgroup.controllers").exists() else False
    folder = (V2 if v2 else V1) / f"yanshou-{os.getpid()}"
    try:
        if v2:
            (V2 / "cgroup.subtree_control").write_text("+memory")
        folder.mkdir()
        (folder / ("memory.max" if v2 else "memory.limit_in_bytes")).write_text(str(limit_bytes))
    except OSError as error:
        raise NoGroup(f"the memory controller cannot be used: {error}") from error
    try:
        yield MemoryGroup(folder, 2 if v2 else 1)
    finally:
        with contextlib.suppress(OSError):
            folder.rmdir()
