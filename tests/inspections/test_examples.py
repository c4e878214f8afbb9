import doctest
import importlib
import pkgutil

import pytest

import inspections

MODULES = sorted(module.name for module in pkgutil.iter_modules(inspections.__path__))


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_hold(name):
    """An example that no longer runs is a lie to the next reader."""
    assert doctest.testmod(importlib.import_module(f"inspections.{name}")).failed == 0
