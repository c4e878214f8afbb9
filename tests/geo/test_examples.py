import doctest
import importlib
import pkgutil

import pytest

import geo

MODULES = sorted(module.name for module in pkgutil.iter_modules(geo.__path__))


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_hold(name):
    """An example that no longer runs is a lie to the next reader."""
    assert doctest.testmod(importlib.import_module(f"geo.{name}")).failed == 0
