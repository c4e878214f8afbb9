import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.wording import figure, span


@pytest.mark.parametrize(
    ("value", "shown"),
    [(59.96, "59.96"), (59.999, "59.999"), (60.0, "60.0"), (60.04, "60.04"), (60.84, "60.8"), (65.04, "65.04")],
)
def test_a_figure_never_rounds_past_its_limit(value, shown):
    """ "60.0, below 60" is what makes people distrust a program."""
    assert figure(value, 1, [60, 65]) == shown


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_what_is_shown_stands_on_the_same_side(value, limit):
    """Whatever the figures."""
    shown = float(figure(value, 1, [limit]))

    assert (shown < limit, shown > limit) == (value < limit, value > limit)


def test_an_interval_without_an_upper_end_says_so():
    """A plot whose area may be nothing has no highest density."""
    assert span(49.5, 68.5, 1) == "49.5–68.5"
    assert span(49.5, None, 1) == "≥ 49.5"
