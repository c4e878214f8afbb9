"""Percentiles and the JSON line."""

import json
import sys
from collections.abc import Sequence
from typing import Any


def percentile(values: Sequence[float], share: float) -> float:
    """
    The value below which this share of the values lies (nearest rank).

    >>> percentile([4, 1, 3, 2], 0.5)
    2
    """
    ranked = sorted(values)
    return ranked[max(0, min(len(ranked) - 1, round(share * len(ranked)) - 1))]


def spread_ms(seconds: Sequence[float]) -> dict[str, float]:
    """p50, p95 and p99 in milliseconds."""
    return {f"p{round(share * 100)}_ms": round(percentile(seconds, share) * 1000, 2) for share in (0.5, 0.95, 0.99)}


def emit(benchmark: str, **figures: Any) -> None:
    """Print one line."""
    print(json.dumps({"benchmark": benchmark, **figures}), file=sys.stdout, flush=True)
