from typing import get_args

from inspections.plots import LAND_TYPE_NAMES, LandType


def test_every_land_type_has_its_words():
    """They stand in the sentences of the shot list."""
    assert set(LAND_TYPE_NAMES) == set(get_args(LandType))
