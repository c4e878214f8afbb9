"""What a test waits for in the browser can come."""

import ast
from collections.abc import Iterator

from tests.support.source import ROOT, modules


def _empty(tree: ast.Module) -> Iterator[int]:
    """Lines that call `wait_for_function` with a function that answers with a promise, or is written elsewhere."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "wait_for_function"):
            continue
        written = ast.unparse(node.args[0])
        if not isinstance(node.args[0], ast.Constant | ast.JoinedStr) or "async" in written or "Promise" in written:
            yield node.lineno


def test_no_test_waits_for_a_promise() -> None:
    """A promise is true to Playwright's `wait_for_function`, whatever it will hold: such a wait waits for nothing."""
    found = [f"{module.where}:{line}" for module in modules(ROOT, "tests") for line in _empty(module.tree)]

    assert found == []


def test_a_wait_for_a_promise_is_found() -> None:
    """Written out, behind a name, and one that is in order."""
    waits = ['"async () => false"', "KEPT", '"() => window.ready"']
    tree = ast.parse("\n".join(f"page.wait_for_function({wait})" for wait in waits))

    assert list(_empty(tree)) == [1, 2]
