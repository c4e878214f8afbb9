"""The program's own text, as the structure tests read it."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATED = {"piccolo_migrations", "static", "locale", "node_modules", "__pycache__"}


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file."""

    path: Path
    name: str
    tree: ast.Module

    @property
    def where(self) -> str:
        """Dotted name, as shown in a failure."""
        return self.name


def modules(root: Path, package: str) -> Iterator[Module]:
    """Parse every module of a package below `root`; what a tool has written is left out."""
    for path in sorted((root / package).rglob("*.py")):
        if not GENERATED.intersection(path.relative_to(root).parts):
            name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
            yield Module(path, name, ast.parse(path.read_text(encoding="utf-8")))


def imported(module: Module) -> set[str]:
    """Dotted names a module imports, wherever in it; for `from a import b` both `a` and `a.b`."""
    found: set[str] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return found


def tracked_files() -> list[Path]:
    """Every file of the project that Git keeps, or would keep once added."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]
