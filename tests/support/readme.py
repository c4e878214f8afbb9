"""The README's example, taken out and run word for word."""

import os
import re
import subprocess
from pathlib import Path

from tests.support.source import ROOT

EXAMPLE = re.compile(r"<!-- example: begin -->\n```sh\n(.*?)```\n<!-- example: end -->", re.DOTALL)


def readme_example() -> str:
    """The shell commands of the interface example."""
    found = EXAMPLE.search((ROOT / "README.md").read_text(encoding="utf-8"))
    assert found is not None
    return found.group(1)


def run_readme_example(address: str, folder: Path = ROOT / "docs" / "examples") -> dict[str, str]:
    """
    Run the example against a server.

    Args:
        address: Where the server listens.
        folder: Holds manifest.json and the photos it names, as *.jpg.

    Returns:
        What it prints, by the words before the colon.
    """
    done = subprocess.run(
        ["sh", "-eu", "-c", readme_example()],
        cwd=ROOT,
        env={**os.environ, "BASE": address, "EXAMPLE": str(folder), "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(line.split(": ", 1) for line in done.stdout.splitlines() if ": " in line)
