"""
A photo as proof (佐证材料): where it was taken, measured from the plot, and whether its clock can be trusted.

The place is the phone's own fix at the shutter, never the photo's metadata; the time is judged by the offset to the
server's clock. Both raise a question for a person; neither decides money.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geo.distance import distance_from_land_m
from inspections.policy import EvidenceLimits
from inspections.submissions import ManifestPhoto
from inspections.wire import PhotoKind


@dataclass(frozen=True, slots=True)
class PhotoFact:
    """What can be said about one photo; None where it cannot be said."""

    sha256: str
    kind: PhotoKind
    distance_m: float | None
    accuracy_m: float | None
    clock_offset_s: float | None
    near: bool | None
    clock_right: bool | None


def photo_fact(photo: ManifestPhoto, boundary: Mapping[str, Any] | None, limits: EvidenceLimits) -> PhotoFact:
    """
    Compare a photo's place with the plot, and its clock with the server's.

    Args:
        photo: As announced in the manifest.
        boundary: The measured plot as GeoJSON, None when it could not be measured.
        limits: Of the policy. The photo's own accuracy radius is granted on top of the distance.
    """
    distance_m = None
    if photo.position is not None and boundary is not None:
        distance_m = distance_from_land_m(photo.position.lon, photo.position.lat, boundary)
    accuracy_m = photo.position.accuracy_m if photo.position else None
    return PhotoFact(
        sha256=photo.sha256,
        kind=photo.kind,
        distance_m=distance_m,
        accuracy_m=accuracy_m,
        clock_offset_s=None if photo.clock_offset_ms is None else photo.clock_offset_ms / 1000,
        near=None if distance_m is None else distance_m <= limits.photo_within_m + (accuracy_m or 0.0),
        clock_right=clock_right(photo.clock_offset_ms, limits),
    )


def clock_right(clock_offset_ms: int | None, limits: EvidenceLimits) -> bool | None:
    """Whether a phone's clock is close enough to the server's; None when they never met."""
    return None if clock_offset_ms is None else abs(clock_offset_ms) <= limits.clock_offset_max_s * 1000
