"""
GPS fixes to a ring that can be measured: closing, thinning, and for a walk what `geo.tracks` knows.

Every change is named with the area before and after. What no honest change makes measurable is refused.
"""

import numpy as np
from shapely import Polygon

from geo.geojson import RawRing
from geo.issues import Severity
from geo.loops import untangle
from geo.rings import Ring, shoelace_m2, three_distinct, too_few_points
from geo.tracks import drop_jumps, drop_spikes, merge_stops, trim_overlap

NEEDLE_LEG_M = 1.0
# A needle of many points goes point by point; a ring that is all needle has no area and is refused as such.
NEEDLE_ROUNDS = 50
NEEDLE_COSINE = float(np.cos(np.radians(0.5)))


def clean(raw: RawRing, ring: Ring) -> None:
    """
    Leave out of a captured ring what is no boundary, naming every change in `ring.issues`.

    Raises:
        BoundaryRefused: The track jumps too often, changes its datum, or fewer than three points are left.
    """
    ring.baseline_m2 = shoelace_m2(ring.xy)
    _close(raw, ring)
    _drop_duplicates(ring)
    if ring.capture == "walk":
        drop_jumps(ring)
        drop_spikes(ring)
        merge_stops(ring)
    _check_points(ring)


def outline(ring: Ring) -> Polygon:
    """
    The valid polygon of a cleaned ring that goes round once.

    Raises:
        BoundaryRefused: It crosses itself in a large lobe, or encloses nothing.
    """
    if ring.capture == "walk":
        trim_overlap(ring)
    _drop_needles(ring)
    _check_points(ring)
    polygon = Polygon(ring.xy)
    return polygon if polygon.is_valid else untangle(ring)


def _check_points(ring: Ring) -> None:
    if not three_distinct(ring.xy):
        raise too_few_points("整理后不同的点少于 3 个。", "Fewer than three distinct points are left.")


def close_raw(raw: RawRing) -> bool:
    """Whether a raw ring repeats its first position at the end, as GeoJSON asks."""
    return bool((raw.positions[0] == raw.positions[-1]).all())


def _close(raw: RawRing, ring: Ring) -> None:
    if close_raw(raw):
        ring.keep(np.arange(len(ring.xy) - 1))
        return
    area_m2 = shoelace_m2(ring.xy)
    messages = ("边界没有闭合，已连接首尾两点。", "The ring was not closed; its ends were joined.")
    ring.note("unclosed", Severity.REPAIRED, messages, area_m2)


def _drop_duplicates(ring: Ring) -> None:
    fresh = np.ones(len(ring.xy), dtype=bool)
    fresh[1:] = (ring.xy[1:] != ring.xy[:-1]).any(axis=1)
    if (ring.xy[0] == ring.xy[-1]).all() and len(ring.xy) > 1:
        fresh[-1] = False
    if fresh.all():
        return
    before_m2, dropped = shoelace_m2(ring.xy), int((~fresh).sum())
    ring.keep(fresh)
    messages = (f"去掉 {dropped} 个重复点。", f"{dropped} repeated points were left out.")
    ring.note("duplicate_points", Severity.REPAIRED, messages, before_m2)


def _drop_needles(ring: Ring) -> None:
    """Leave out points to which the ring goes out and comes back on one line."""
    before_m2, dropped = shoelace_m2(ring.xy), 0
    for _ in range(NEEDLE_ROUNDS):
        if len(ring.xy) <= 3:
            break
        back, on = np.roll(ring.xy, 1, axis=0) - ring.xy, np.roll(ring.xy, -1, axis=0) - ring.xy
        lengths = np.hypot(*back.T), np.hypot(*on.T)
        along = np.einsum("ij,ij->i", back, on)
        needle = (np.minimum(*lengths) > NEEDLE_LEG_M) & (along > NEEDLE_COSINE * lengths[0] * lengths[1])
        # Of two neighbours on one line only the first goes: the second may be a corner once it is gone.
        needle &= ~np.roll(needle, 1)
        if not needle.any():
            break
        dropped += int(needle.sum())
        ring.keep(~needle)
    if dropped:
        messages = (f"去掉 {dropped} 个尖刺。", f"{dropped} spikes, out and back on one line, were left out.")
        ring.note("spikes", Severity.REPAIRED, messages, before_m2)
