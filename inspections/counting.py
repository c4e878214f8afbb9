"""
How trees were counted (株数), and the check that needs no GPS: spacing (株行距) says how many stand on a mu.

Source: 1 mu is 2000/3 m², so one tree every `in_row_m` × `between_rows_m` gives 666.67 ÷ (in-row × between-row).
"""

from typing import Annotated, Literal

from msgspec import Meta

from geo.units import mu_to_m2
from inspections.wire import Part

Metres = Annotated[float, Meta(gt=0, le=100)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]


class SamplingTerms(Part, frozen=True, kw_only=True):
    """From which area on rows may be sampled (抽样), and the least number of rows."""

    from_mu: float
    min_rows: Annotated[int, Meta(ge=1)]


class TreeCounts(Part, frozen=True, kw_only=True):
    """Trees counted in the plot (成活、死亡、缺株)."""

    live: Count
    dead: Count
    missing: Count

    @property
    def planted(self) -> int:
        """Trees once planted: alive, dead, or gone from their pit."""
        return self.live + self.dead + self.missing


class Counting(Part, frozen=True, kw_only=True):
    """
    How the counts came about.

    `rows`: one tally a row, for `rows` all of them and for `sample` those that were counted; `row_count`: all rows of
    the plot, known for a sample, whose tree counts are extrapolated from it.
    """

    method: Literal["taps", "rows", "sample"]
    rows: tuple[TreeCounts, ...] = ()
    row_count: Count | None = None

    def __post_init__(self) -> None:
        if self.method == "sample" and not (self.row_count and len(self.rows) <= self.row_count):
            raise ValueError("a sample needs row_count, at least as many as the rows counted")


class Spacing(Part, frozen=True, kw_only=True):
    """Distance between trees of one row, and between rows."""

    in_row_m: Metres
    between_rows_m: Metres

    @property
    def per_mu(self) -> float:
        """
        Trees per mu.

        >>> round(Spacing(in_row_m=3.0, between_rows_m=3.5).per_mu, 1)
        63.5
        """
        return mu_to_m2(1) / (self.in_row_m * self.between_rows_m)
