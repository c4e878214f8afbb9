"""
Other builds of the phone app, to be served before or after the one at hand.

`releases/` holds what was released before, each file named by its commit: the built phone app, for some the server as
well. They are run and never changed; when a release is made, its own build joins them and the oldest may go.
"""

import re
import shutil
import tarfile
from pathlib import Path

from tests.support.source import ROOT

BUILT = ROOT / "server" / "static" / "m"
RELEASES = Path(__file__).parent / "releases"
_HASHED = re.compile(r"^(?P<stem>.+-)(?P<hash>[\w-]{8})(?P<end>\.(?:js|css))$")


def other_build(folder: Path) -> Path:
    """
    Copy the built app under other names into a folder, and return the folder.

    The code does the same; what a new release changes for the browser is there: each chunk has a new name, the old
    names are gone, the page refers to the new ones, and the service worker keeps another list under another revision.
    """
    shutil.copytree(BUILT, folder)
    names: dict[str, str] = {}
    for file in folder.rglob("*"):
        found = _HASHED.match(file.name)
        if found and file.parent.name == "assets":
            names[file.name] = found["stem"] + found["hash"][::-1] + found["end"]
            file.rename(file.with_name(names[file.name]))
    assert names, "the build has no hashed files"
    every = re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))))
    for file in folder.rglob("*"):
        if file.suffix in (".js", ".html", ".css"):
            text = every.sub(lambda found: names[found[0]], file.read_text(encoding="utf-8"))
            if file.name == "sw.js":
                text = re.sub(r"(?<=[`'\"])[0-9a-f]{16}(?=[`'\"])", lambda found: found[0][::-1], text)
            file.write_text(text, encoding="utf-8")
    return folder


def earlier_release(commit: str, folder: Path) -> Path:
    """Unpack what was released at a commit into a folder, and return the folder; its code lies as in the project."""
    with tarfile.open(RELEASES / f"{commit}.tar.xz") as packed:
        packed.extractall(folder, filter="data")
    return folder
