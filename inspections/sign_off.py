"""
Who signs what was found (签名): the inspectors, the household, the village.

A signature is a photo of the manifest: drawn on the pad, or the signed paper photographed. Somebody who will not sign
is written down with the reason and a witness; a refusal is an outcome, never a missing field.
"""

from typing import Annotated, Literal

from msgspec import Meta

from inspections.wire import Part, Sha256, ShortText

Name = Annotated[str, Meta(min_length=1, max_length=40)]


class SignOffTerms(Part, frozen=True, kw_only=True):
    """Whose signatures the policy asks for; `inspectors` is the least number (验收员不少于两人)."""

    inspectors: Annotated[int, Meta(ge=1, le=9)]
    household: bool
    village: bool


class Refusal(Part, frozen=True, kw_only=True):
    """Why somebody did not sign, and who saw it."""

    reason: ShortText
    witness: Name


class Signature(Part, frozen=True, kw_only=True):
    """One name and the picture of its signature, or the refusal in its place."""

    name: Name
    photo: Sha256 | None = None
    refusal: Refusal | None = None
    stands_for: Literal["self", "relative", "representative"] = "self"

    def __post_init__(self) -> None:
        if (self.photo is None) == (self.refusal is None):
            raise ValueError("a signature holds either a photo or a refusal")


class SignOff(Part, frozen=True, kw_only=True):
    """All signatures of one submission."""

    inspectors: tuple[Signature, ...]
    household: Signature | None = None
    village: Signature | None = None
