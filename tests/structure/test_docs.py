"""What the documents name exists, and what exists is named: a command that is only remembered is not there."""

import ast
import re
from collections.abc import Iterator

import click
import pytest

from inspections.submissions import MAX_PHOTO_BYTES
from server.cli import main
from server.settings import read_settings
from tests.support.source import ROOT

README, OPERATIONS = ROOT / "README.md", ROOT / "docs" / "operations.md"
GUIDES = [README, OPERATIONS, ROOT / "CONTRIBUTING.md"]
NAMED_TARGET = re.compile(r"(?:`|^ {4}|=\d+ )make ([a-z][a-z-]*)", re.MULTILINE)
NAMED_COMMAND = re.compile(r"(?:`|bin/)yanshou ([a-z][a-z-]*(?: [a-z]+)?)")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def targets(makefile: str) -> set[str]:
    """Targets a person may call: those with a line of help."""
    return set(re.findall(r"^([a-z][a-z-]*):.*## ", makefile, re.MULTILINE))


def commands(group: click.Group, prefix: str = "") -> Iterator[str]:
    """Every command of the program, sub-commands in full."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}"


def settings_read() -> set[str]:
    """Every name looked up in the environment by server/settings.py."""
    tree = ast.parse((ROOT / "server" / "settings.py").read_text())
    return {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get"
        and isinstance(node.args[0], ast.Constant)
    }


def test_every_make_target_is_in_the_readme_and_the_other_way_round():
    """The README is where a stranger looks."""
    there = targets((ROOT / "Makefile").read_text())

    assert set(re.findall(r"^\| `make ([a-z-]+)` \|", README.read_text(), re.MULTILINE)) == there


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_every_make_target_named_exists(path):
    """A guide whose command fails is worse than none."""
    assert set(NAMED_TARGET.findall(path.read_text())) <= targets((ROOT / "Makefile").read_text())


def test_every_command_is_in_operations_and_the_other_way_round():
    """The one page for whoever keeps the machine."""
    assert set(re.findall(r"^\| `yanshou ([a-z -]+)` \|", OPERATIONS.read_text(), re.MULTILINE)) == set(commands(main))


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_every_command_named_exists(path):
    """Also in running text."""
    there = set(commands(main))
    for named in NAMED_COMMAND.findall(path.read_text()):
        assert named in there or named.split()[0] in there, named


def test_every_setting_is_in_the_readme_and_the_other_way_round():
    """A setting nobody can find is not one."""
    assert set(re.findall(r"^\| `([A-Z0-9_]+)` \|", README.read_text(), re.MULTILINE)) == settings_read()


def test_the_nginx_of_the_guide_lets_through_what_the_server_takes():
    """A courier file is the last way for a phone without a network: it must not end at the door with 413."""
    nginx = OPERATIONS.read_text().split("## HTTPS in front")[1]
    every, courier = re.findall(r"client_max_body_size (\d+)m;", nginx)

    assert int(every) * 2**20 > MAX_PHOTO_BYTES
    assert "location = /desk/courier {" in nginx
    assert int(courier) * 2**20 > read_settings({}).courier_max_mb * 1_000_000


@pytest.mark.parametrize("path", sorted([*GUIDES, *(ROOT / "docs").rglob("*.md")]), ids=lambda path: path.name)
def test_every_link_leads_somewhere(path):
    """Within the project."""
    for address in LINK.findall(path.read_text()):
        assert (path.parent / address).exists(), address


def test_every_unit_of_the_guide_has_the_settings_of_the_server():
    """One without them looks at a new, empty database in the folder it was started in."""
    units = [unit.split("[Install]")[0] for unit in OPERATIONS.read_text().split("[Service]")[1:]]
    commands_run = [re.findall(r"ExecStart=\S+/yanshou (\w+)", unit) for unit in units]

    assert commands_run == [["serve"], ["serve"], ["backup"]]
    assert all("EnvironmentFile=/etc/yanshou.env" in unit for unit in units)


def test_every_command_says_what_it_does():
    """`yanshou --help` is documentation too."""
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        assert command.get_short_help_str()


def test_the_patterns_see_what_they_look_for():
    """Else the tests above would pass on anything."""
    assert NAMED_TARGET.findall("Run `make run`, or\n\n    make test\n\nor PORT=8080 make bench.") == [
        "run",
        "test",
        "bench",
    ]
    assert NAMED_COMMAND.findall("`yanshou user add` and .venv/bin/yanshou serve") == ["user add", "serve"]
    assert targets("run: built ## serve\nbuilt: x\n") == {"run"}
