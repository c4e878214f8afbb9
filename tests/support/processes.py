"""Processes, as the system tells of them."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path


def is_alive(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def descendants(pid: int) -> list[int]:
    """Process ids of all that a process started, and what those started."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            parents.setdefault(parent, []).append(int(entry.name))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def freeze(pid: int) -> list[int]:
    """
    Stop a process and those it started where they stand, as everything does when the power fails: from here on nothing
    is answered. A thread in a call to the disk finishes that call first, and no more than that.

    Returns:
        Their process ids.
    """
    os.kill(pid, signal.SIGSTOP)
    _wait_until_still([pid])
    # What stands still starts nothing more.
    below = descendants(pid)
    for each in below:
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGSTOP)
    _wait_until_still(below)
    return [pid, *below]


def kill_frozen(pids: list[int]) -> None:
    """End what stands still, and wait until it is gone."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    while any(map(is_alive, pids)):
        time.sleep(0.001)


def _wait_until_still(pids: list[int]) -> None:
    while any(_state(task) == "R" for pid in pids for task in _tasks(pid)):
        time.sleep(0)


def _tasks(pid: int) -> list[Path]:
    with suppress(FileNotFoundError):
        return list(Path(f"/proc/{pid}/task").iterdir())
    return []


def _state(task: Path) -> str:
    """R is running, T stopped, D in a call to the disk; empty when the thread has ended."""
    try:
        return (task / "stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""
