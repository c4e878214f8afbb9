"""Every refusal has a code, every code an entry, every entry a line in the documentation."""

import ast
import re
from collections.abc import Iterator

import pytest

import server.errors
from inspections.errors import InspectionError
from server.problems import DETAILS, HTTP_CODES, PROBLEMS
from tests.support.source import ROOT, modules

DOCUMENT = ROOT / "docs" / "problems.md"


def children(root: type) -> Iterator[type]:
    """All classes below a class."""
    for child in root.__subclasses__():
        yield child
        yield from children(child)


REFUSALS = sorted({*children(InspectionError), *children(server.errors.Refusal)}, key=lambda refusal: refusal.__name__)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.__name__)
def test_a_refusal_has_its_own_code_and_an_answer(refusal):
    """A class that inherits its parent's code could not be told from it by a program."""
    assert "code" in vars(refusal)
    assert refusal.code in PROBLEMS


def test_codes_are_unique_and_of_one_form():
    """A code is for programs: lower case, one word for each thing."""
    codes = [refusal.code for refusal in REFUSALS]

    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z][a-z_]*", code) for code in PROBLEMS)


def test_every_code_is_raised_or_answered_somewhere():
    """An entry nobody can meet is a leftover."""
    used = {refusal.code for refusal in REFUSALS} | set(HTTP_CODES.values()) | set(DETAILS)
    written = {
        node.value
        for module in modules(ROOT, "server")
        if module.name != "server.problems"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    assert set(PROBLEMS) - used - written == set()


def test_every_code_is_documented_and_nothing_else():
    """`type` of a problem leads a reader to its line in docs/problems.md."""
    documented = set(re.findall(r"^\| `([a-z_]+)` \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE))

    assert documented == set(PROBLEMS)


def test_titles_are_in_both_languages():
    """Chinese first, and never the same text twice."""
    for code, problem in PROBLEMS.items():
        assert re.search(r"[\u4e00-\u9fff]", problem.title_zh), code
        assert re.fullmatch(r"[\x20-\x7e]+", problem.title_en), code
