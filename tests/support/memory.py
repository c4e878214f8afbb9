"""How much memory a page's process holds, as the system counts it: what a phone's system looks at before it kills."""

from dataclasses import dataclass
from pathlib import Path

from tests.support.browser import browser_pid
from tests.support.processes import descendants


@dataclass(frozen=True, slots=True)
class Memory:
    """
    Of one process, in MB.

    `own_mb` is what it holds itself, now; `peak_mb` the most it ever held, between two looks too; `program_mb` are the
    pages of the browser's program file, which all its processes share, and which neither of the others counts.
    """

    own_mb: float
    peak_mb: float
    program_mb: float


def page_process(profile: Path) -> int:
    """Process id of the page of the browser on a profile: of its renderers the one that holds most."""
    renderers = [
        pid
        for pid in descendants(browser_pid(profile))
        if b"--type=renderer" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    return max(renderers, key=lambda pid: memory_of(pid).own_mb)


def memory_of(pid: int) -> Memory:
    """Look at a process now."""
    lines = [line.partition(":") for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    mb = {name: int(value.split()[0]) / 1024 for name, _, value in lines if value.endswith("kB")}
    return Memory(mb["RssAnon"] + mb["RssShmem"], mb["VmHWM"] - mb["RssFile"], mb["RssFile"])
