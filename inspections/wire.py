"""What policy and manifest have in common as JSON: strict structs, and the words that stand in both."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

LandType = Literal["paddy", "dry_land", "slope"]
PhotoKind = Literal["panorama", "spacing", "groundwork", "tree", "household", "problem", "measure", "signature"]

# A clock that was reset shows 1970 somewhere in the world; before and after these no database need hold a time.
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

# What a database column takes is bounded here, at the door: else a submission is accepted whose photo never can be.
Instant = Annotated[datetime, Meta(tz=True)]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)]  # `$` alone lets a line's end pass.
Pixels = Annotated[int, Meta(ge=1, le=1_000_000)]
Milliseconds = Annotated[int, Meta(ge=-(2**53), le=2**53)]
# PostgreSQL's text holds no NUL.
NO_NUL = r"^[^\x00]*$"
Name = Annotated[str, Meta(pattern=NO_NUL, max_length=80)]
ShortText = Annotated[str, Meta(pattern=NO_NUL, max_length=400)]


class Part(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Frozen, and strict about what it does not know."""
