"""One JSON line for each result; a test asserts afterwards, so a failed run has said its counts too."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest


def report(figure: str, **counts: Any) -> None:
    """Print the counts of a run, and add them to the file TORTURE_RESULTS names."""
    line = json.dumps({"figure": figure, **counts}, ensure_ascii=False)
    print(line, file=sys.stdout, flush=True)
    results = os.environ.get("TORTURE_RESULTS")
    if results:
        with Path(results).open("a", encoding="utf-8") as out:
            out.write(line + "\n")


def not_run(figure: str, reason: str) -> None:
    """Say loudly that nothing was shown; skipped is not passed."""
    report(figure, not_run=reason)
    pytest.skip(f"{figure} NOT RUN: {reason}")
