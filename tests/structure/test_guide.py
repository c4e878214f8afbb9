"""The inspector's picture guide shows what there is: its pictures, its screens, its words."""

import ast
import re

from tests.support.source import ROOT
from tools.guide_steps import PARTS
from tools.write_guide import LOCALES, MOST_BYTES, MOST_BYTES_IN_ALL, PAGE, PICTURES, guide_text, picture_name

SCREENS = ROOT / "tests" / "support" / "screens.py"
NAMED = re.compile(r"\]\(inspector/([^)]+)\)")


def screens_of_the_phone() -> set[str]:
    """Every name that the functions from phone_screens on yield, the desk's left out."""
    return {
        node.value.value
        for function in ast.parse(SCREENS.read_text(encoding="utf-8")).body
        if isinstance(function, ast.FunctionDef) and function.name != "desk_screens"
        for node in ast.walk(function)
        if isinstance(node, ast.Yield) and isinstance(node.value, ast.Constant)
    }


def test_every_step_shows_a_screen_that_is_visited() -> None:
    """A step without its screen would keep an old picture for ever."""
    shown = [step.screen for part in PARTS for step in part.steps]

    assert set(shown) <= screens_of_the_phone()
    assert len(shown) == len(set(shown))


def test_every_picture_named_exists_and_every_picture_is_named() -> None:
    """Neither a hole in the page nor a picture nobody sees."""
    named = NAMED.findall(PAGE.read_text(encoding="utf-8"))

    assert sorted(named) == sorted(path.name for path in PICTURES.iterdir())
    assert set(named) == {picture_name(step.screen, each) for part in PARTS for step in part.steps for each in LOCALES}


def test_the_page_says_what_its_steps_say() -> None:
    """Whoever changes the words runs `make guide`."""
    assert PAGE.read_text(encoding="utf-8") == guide_text()


def test_the_pictures_are_light() -> None:
    """They come along with every copy of the project."""
    sizes = [path.stat().st_size for path in PICTURES.iterdir()]

    assert max(sizes) <= MOST_BYTES
    assert sum(sizes) <= MOST_BYTES_IN_ALL


def test_the_screens_are_seen() -> None:
    """Else the first test would pass on anything."""
    there = screens_of_the_phone()

    assert {"tasks", "boundary-walking", "messenger", "outbox-waiting"} <= there
    assert "queue-decided" not in there
