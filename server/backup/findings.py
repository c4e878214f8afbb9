"""What a verification found, in words a person can act on and a code a program can count."""

from collections.abc import Callable

from msgspec import Struct, field

Progress = Callable[[str], None]


class Finding(Struct, frozen=True):
    """One thing that is not as it must be."""

    code: str
    subject: str
    detail: str


class Report(Struct, kw_only=True):
    """
    The whole verification; all is well when `findings` is empty.

    `orphans` are photos no row names, older than a week: bytes whose row was never written because the sender did not
    come back. They are told, and are no damage.
    """

    findings: list[Finding] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    photos: int = 0
    photos_hashed: int = 0
    bytes_hashed: int = 0
    seals: int = 0
    events: int = 0
    events_unsealed: int = 0
    head: str | None = None
    seconds: float = 0.0

    def add(self, code: str, subject: object, detail: str) -> None:
        """Note one finding."""
        self.findings.append(Finding(code, str(subject), detail))

    def subjects(self, *codes: str) -> list[str]:
        """Whom the findings of these codes are about."""
        return [finding.subject for finding in self.findings if finding.code in codes]
