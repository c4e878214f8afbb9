"""Another build of the phone app, to be served before or after the one at hand: every file of code has another name."""

import re
import shutil
from pathlib import Path

from tests.support.source import ROOT

BUILT = ROOT / "server" / "static" / "m"
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
