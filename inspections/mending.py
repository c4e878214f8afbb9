"""
Mending a manifest at the desk (补正): references may be put right, what was measured may not.

Evidence is what the inspector's phone recorded: positions, counts, photos and their hashes. Whoever sits at a desk did
not see the plot, so only what says *which* plot, task, household, programme or time is meant can be changed here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from inspections.submissions import Manifest

MENDABLE = frozenset(
    {
        "submission_id",
        "task_id",
        "plot_id",
        "programme_code",
        "policy_version",
        "app_version",
        "started_at",
        "finished_at",
        "clock_offset_ms",
        "remark",
        "predecessor_id",
        "boundary.properties.plot_id",
        "boundary.properties.household_id",
        "photos[].kind",
    }
)
_PLACE = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs; None where one side has no such member."""

    path: str
    before: Any
    after: Any


def differences(before: Any, after: Any, path: str = "") -> Iterator[Change]:
    """
    Compare two JSON values member by member; lists of different length differ as a whole.

    >>> [change.path for change in differences({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}], "c": 0})]
    ['a[1].b', 'c']
    """
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*before, *(name for name in after if name not in before)]:
            inner = f"{path}.{name}" if path else name
            yield from differences(before.get(name), after.get(name), inner)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, f"{path}[{place}]")
    elif before != after or type(before) is not type(after):
        yield Change(path, before, after)


def may_be_mended(change: Change) -> bool:
    """Whether a desk may make this change; a member no manifest has may be taken out."""
    if _PLACE.sub("[]", change.path) in MENDABLE:
        return True
    unknown = "." not in change.path and "[" not in change.path and change.path not in Manifest.__struct_fields__
    return unknown and change.after is None
