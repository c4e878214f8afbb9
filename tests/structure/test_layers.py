"""Who may import whom: geo ← inspections ← server. The layout is a promise; this reads the imports and keeps it."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.source import ROOT, Module, imported, modules

OURS = {"geo", "inspections", "server"}
STANDARD = set(sys.stdlib_module_names)
# Beside the standard library and itself.
MAY_IMPORT = {
    "geo": {"shapely", "numpy", "pyproj"},
    "inspections": {"msgspec", "geo"},
}
# Within the server: a part, and the parts it must not know.
MUST_NOT_KNOW = {
    "server.actions": {"server.controllers", "server.pages", "server.app", "server.cli"},
    "server.store": {"server.actions", "server.controllers", "server.pages", "server.app", "server.cli"},
    "server.tables": {"server.actions", "server.controllers", "server.store", "server.pages", "server.app"},
}
# A rule is given the time, the id and the dice: it can then be run again over old records, and tested without waiting.
WORLDLY_CALLS = {"now", "utcnow", "today", "uuid1", "uuid4", "time", "monotonic", "perf_counter"}
WORLDLY_MODULES = {"random", "secrets", "os", "socket", "subprocess", "asyncio", "threading", "http", "urllib.request"}


def strange_imports(root: Path) -> Iterator[str]:
    """Imports that the lower layers must not have."""
    for package, allowed in MAY_IMPORT.items():
        for module in modules(root, package):
            for name in imported(module):
                top = name.split(".")[0]
                if name.startswith("."):
                    yield f"{module.where} imports {name}: write the whole name"
                elif top not in STANDARD | allowed | {package}:
                    yield f"{module.where} imports {name}"


def upward_imports(root: Path) -> Iterator[str]:
    """Imports within the server from a part that should not know the other."""
    for part, strangers in MUST_NOT_KNOW.items():
        for module in modules(root, part.replace(".", "/")):
            for name in imported(module):
                if any(name == stranger or name.startswith(f"{stranger}.") for stranger in strangers):
                    yield f"{module.where} imports {name}"


def environment_readers(root: Path) -> Iterator[str]:
    """Modules that read the environment."""
    for package in sorted(OURS):
        for module in modules(root, package):
            if _reads_environment(module):
                yield module.where


def worldly_rules(root: Path) -> Iterator[str]:
    """Rules and shapes that look at the clock, throw dice or reach outside by themselves."""
    for package in ("geo", "inspections"):
        for module in modules(root, package):
            for name in imported(module) & WORLDLY_MODULES:
                yield f"{module.where} imports {name}"
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
                    called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
                    if called in WORLDLY_CALLS:
                        yield f"{module.where}:{node.lineno} calls {called}()"


def test_geo_and_inspections_import_only_what_they_may():
    """A rule that needs the database cannot be read, run and tested without one."""
    assert list(strange_imports(ROOT)) == []


def test_parts_of_the_server_do_not_look_upward():
    """Actions are called by controllers, by jobs and by the command line, and know none of them."""
    assert list(upward_imports(ROOT)) == []


def test_the_environment_is_read_in_one_place():
    """A setting that is read elsewhere is in no table and no test."""
    assert list(environment_readers(ROOT)) == ["server.settings"]


def test_time_identity_and_chance_enter_a_rule_as_arguments():
    """An evaluation run again must say the same as before."""
    assert list(worldly_rules(ROOT)) == []


BAD_TREE = {
    "geo/area.py": "from inspections.policy import Policy\nimport sqlite3, requests\n",
    "geo/near.py": "from . import area\n",
    "inspections/rules.py": "from datetime import datetime\nimport server.tables\ndef late(): return datetime.now()\n",
    "server/actions/send.py": "def send():\n    from server.controllers.desk import DeskController\n",
    "server/mail.py": "import os\nHOST = os.environ['HOST']\n",
    "server/post.py": "from os import getenv\n",
}


@pytest.fixture
def bad_tree(tmp_path: Path) -> Path:
    """A small program with every fault the checks look for."""
    for name, text in BAD_TREE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_the_checks_see_the_faults_they_look_for(bad_tree):
    """A check that finds nothing anywhere would pass too."""
    strange = list(strange_imports(bad_tree))

    assert any("geo.area imports inspections" in fault for fault in strange)
    assert any("geo.area imports requests" in fault for fault in strange)
    assert not any("sqlite3" in fault for fault in strange)
    assert any("geo.near imports ." in fault for fault in strange)
    assert any("inspections.rules imports server.tables" in fault for fault in strange)
    assert any("server.actions.send imports server.controllers" in fault for fault in upward_imports(bad_tree))
    assert list(environment_readers(bad_tree)) == ["server.mail", "server.post"]
    assert list(worldly_rules(bad_tree)) == ["inspections.rules:3 calls now()"]


def _reads_environment(module: Module) -> bool:
    if imported(module) & {"os.environ", "os.getenv", "os.environb"}:
        return True
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in {"environ", "environb", "getenv"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
        for node in ast.walk(module.tree)
    )
