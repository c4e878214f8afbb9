"""
What the inspector saw: whether two plots touch (是否相连), which a phone cannot tell for a path of a metre or two.

A policy carries them as `statements: [{"first_plot_id", "second_plot_id", "joined"}]`. A statement overrides the
computed gap of its pair, and is named in the measurement; chains still join, so two plots stated apart may be one block
by a third.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Statement:
    """Two plots of the household, and whether they touch."""

    first_plot_id: str
    second_plot_id: str
    joined: bool

    @property
    def pair(self) -> frozenset[str]:
        """The plots, whichever was named first."""
        return frozenset((self.first_plot_id, self.second_plot_id))


def read_statements(values: object) -> tuple[Statement, ...]:
    """
    Read a policy's statements.

    Raises:
        ValueError: They are no list of two different plots and true or false.

    >>> read_statements([{"first_plot_id": "a", "second_plot_id": "b", "joined": True}])[0].joined
    True
    """
    if values is None:
        return ()
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise ValueError("statements must be a list")
    return tuple(value if isinstance(value, Statement) else _read(value) for value in values)


def _read(value: object) -> Statement:
    if not isinstance(value, Mapping) or not isinstance(value.get("joined"), bool):
        raise ValueError("a statement names first_plot_id, second_plot_id and joined: true or false")
    first, second = value.get("first_plot_id"), value.get("second_plot_id")
    if first is None or second is None or str(first) == str(second):
        raise ValueError("a statement names two different plots")
    return Statement(str(first), str(second), value["joined"])


def undisputed(statements: Sequence[Statement]) -> tuple[dict[frozenset[str], bool], list[frozenset[str]]]:
    """What was said of each pair, and the pairs of which both was said: for those the fixes must speak."""
    said: dict[frozenset[str], set[bool]] = {}
    for statement in statements:
        said.setdefault(statement.pair, set()).add(statement.joined)
    agreed = {pair: next(iter(values)) for pair, values in said.items() if len(values) == 1}
    return agreed, [pair for pair, values in said.items() if len(values) > 1]
