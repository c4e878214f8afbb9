"""What policy and manifest have in common as JSON: strict structs, and the words that stand in both."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

LandType = Literal["paddy", "dry_land", "slope"]
PhotoKind = Literal["panorama", "spacing", "groundwork", "tree", "household", "problem", "measure", "signature"]

Instant = Annotated[datetime, Meta(tz=True)]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
ShortText = Annotated[str, Meta(max_length=400)]


class Part(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Frozen, and strict about what it does not know."""
