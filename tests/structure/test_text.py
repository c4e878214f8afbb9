"""The text of the project is about the project: no path of somebody's machine, no address of somebody's mirror."""

import re
from collections.abc import Iterator

import pytest

from tests.support.source import tracked_files

BINARY = {".png", ".jpg", ".jpeg", ".ico", ".woff2", ".webp", ".mo", ".pyc", ".xz"}
# Written apart, or this file would find itself.
MACHINE_PATH = re.compile(
    "|".join(["/" + "work/", "/" + "root/", "/" + "home/[a-z]", "/" + "Users/", "C:" + r"\\Users"])
)
MIRROR = re.compile(
    "|".join([r"pypi\." + r"\w+\.\w+/", r"registry\." + r"npm", r"mirrors\." + r"\w+", "npm" + "mirror"])
)


def faults(name: str, text: str) -> Iterator[str]:
    """Lines that tell of one machine."""
    for number, line in enumerate(text.splitlines(), start=1):
        if MACHINE_PATH.search(line) or MIRROR.search(line):
            yield f"{name}:{number}: {line.strip()[:100]}"


def test_no_file_tells_of_somebodys_machine():
    """Such a line works on one computer and misleads on every other."""
    found = []
    for path in tracked_files():
        if path.suffix not in BINARY:
            found += faults(path.name, path.read_text(encoding="utf-8"))

    assert found == []


@pytest.mark.parametrize(
    "line", ["cd /" + "work/main", "see /" + "home/li/notes", "https://registry." + "npmjs.org/a", "mirrors." + "x.cn"]
)
def test_the_check_sees_such_a_line(line):
    """Else the test above would pass on anything."""
    assert list(faults("a.md", line))
