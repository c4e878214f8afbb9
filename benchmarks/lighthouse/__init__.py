"""Lighthouse on the phone app's and the desk's first pages: performance, accessibility, best practices."""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.figures import emit
from hatch_build import npm_command
from tests.support.browser import FLAGS, find_chromium
from tests.support.live_server import live_server

HERE = Path(__file__).resolve().parent
PAGES = ("/m/", "/desk/login", "/archive/")
CATEGORIES = ("performance", "accessibility", "best-practices")


def measure_lighthouse(quick: bool) -> None:
    """Scores of 100, as a mid-range phone on slow 4G (Lighthouse's own defaults)."""
    npm, environment = npm_command()
    environment = {**environment, "CHROME_PATH": find_chromium()}
    subprocess.run([*npm, "ci", "--silent", "--no-audit", "--no-fund"], cwd=HERE, env=environment, check=True)
    with tempfile.TemporaryDirectory(prefix="yanshou-bench-") as folder:
        data = Path(folder) / "data"
        with live_server(data, f"sqlite:///{data / 'yanshou.sqlite'}") as server:
            for page in PAGES[:1] if quick else PAGES:
                scores = _scores(npm, environment, server.url + page, Path(folder) / "report.json")
                emit("lighthouse", page=page, **scores)


def _scores(npm: list[str], environment: dict[str, str], address: str, report: Path) -> dict[str, Any]:
    chrome = " ".join(["--headless=new", *FLAGS[:6]])
    subprocess.run(
        [
            *(*npm, "exec", "--", "lighthouse", address, "--quiet", "--output=json", f"--output-path={report}"),
            *(f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags={chrome}"),
        ],
        cwd=HERE,
        env=environment,
        check=True,
    )
    categories = json.loads(report.read_text())["categories"]
    return {name.replace("-", "_"): round(100 * categories[name]["score"]) for name in CATEGORIES}
