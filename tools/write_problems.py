"""Write docs/problems.md from the registry of problems and the docstrings of the refusals."""

from collections.abc import Iterator
from pathlib import Path

import server.errors
from inspections.errors import InspectionError
from server.problems import DETAILS, PROBLEMS

ROOT = Path(__file__).resolve().parents[1]
HEAD = """# Problems

Every error answer is an RFC 9457 problem (`application/problem+json`); its `type` is `/problems/<code>`. A code keeps
its meaning for good; titles and details are for people, in Chinese or English, and may be worded anew. What has status
202 is no refusal: the submission is kept in quarantine with this code as its reason. This page is written by
`python -m tools.write_problems`.

| code | status | title | meaning |
|---|---|---|---|
"""


def meanings() -> Iterator[tuple[str, str]]:
    """Each code with what its class says of it."""
    for code, (_zh, en) in DETAILS.items():
        yield code, en
    waiting: list[type] = [InspectionError, server.errors.Refusal]
    while waiting:
        refusal = waiting.pop()
        yield refusal.code, " ".join((refusal.__doc__ or "").split())  # type: ignore[attr-defined]
        waiting += refusal.__subclasses__()


def main() -> None:
    """Write the page."""
    said = dict(meanings())
    lines = [
        f"| `{code}` | {entry.status} | {entry.title_zh} · {entry.title_en} | {said.get(code, entry.title_en)} |"
        for code, entry in PROBLEMS.items()
    ]
    (ROOT / "docs" / "problems.md").write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
