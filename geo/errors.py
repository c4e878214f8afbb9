"""
What is wrong with a shape.

    GeometryError
    ├── InvalidBoundary     a polygon that crosses itself was to be measured as it is
    └── BoundaryRefused     a captured boundary that no repair makes measurable, with its code and sentences

`geo.measure` turns BoundaryRefused into an issue of the measurement: bad geometry is a finding, not a crash.
"""


class GeometryError(Exception):
    """Something about a shape forbids what was asked."""


class InvalidBoundary(GeometryError):
    """The boundary crosses itself, so it has no one area."""


class BoundaryRefused(GeometryError):
    """No area can be given for this boundary; `code` is stable, the sentences are for people."""

    def __init__(self, code: str, message_zh: str, message_en: str) -> None:
        super().__init__(f"{code}: {message_en}")
        self.code = code
        self.message_zh = message_zh
        self.message_en = message_en
