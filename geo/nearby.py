"""
Which plots may matter to each other, told by bounding boxes in degrees before anything is read or repaired.

Of a programme's thousands of plots a handful remain; only those are read, repaired and put into the tree of
`geo.overlaps`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.geojson import PlotFeature, property_of
from geo.plane import Array

# Ten metres for edges that bend outside the box of their ends, and for the rounding of what repairs add.
MARGIN_DEG = 1e-4
# As far as another datum may move a plot: 723 m at most, widened for the north of the region.
DATUM_MARGIN_DEG = 0.02
POLAR_DEG = 89.0
NOWHERE = (np.inf, np.inf, -np.inf, -np.inf)

Bounds = tuple[float, float, float, float]


def rough_bounds(features: Sequence[object]) -> Array:
    """
    West, south, east, north of unread features, shape (n, 4); what cannot be read lies nowhere.

    Read from the first ring of each polygon; a box is right for every feature that can be measured at all.
    """
    if not features:
        return np.empty((0, 4))
    return np.array([_bounds(feature) for feature in features], dtype=np.float64)


def _bounds(feature: Any) -> Bounds:
    try:
        geometry = feature["geometry"]
        polygons = geometry["coordinates"]
        if geometry["type"] != "MultiPolygon":
            polygons = (polygons,)
        boxes = []
        for polygon in polygons:
            lon, lat, *_ = zip(*polygon[0], strict=False)
            boxes.append((float(min(lon)), float(min(lat)), float(max(lon)), float(max(lat))))
        west, south, east, north = boxes[0] if len(boxes) == 1 else _around(boxes)
        datum = property_of(feature, "datum")
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError):
        return NOWHERE
    if datum == "GCJ02":
        return west - DATUM_MARGIN_DEG, south - DATUM_MARGIN_DEG, east + DATUM_MARGIN_DEG, north + DATUM_MARGIN_DEG
    return west, south, east, north


def _around(boxes: list[Bounds]) -> Bounds:
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def read_bounds(feature: PlotFeature) -> Bounds | None:
    """West, south, east, north of a plot's exteriors in WGS 84; None when there is nothing to measure."""
    positions = [polygon[0].positions for polygon in feature.polygons if len(polygon[0].positions)]
    if not positions:
        return None
    every = np.concatenate(positions)
    west, south = every.min(axis=0)
    east, north = every.max(axis=0)
    return float(west), float(south), float(east), float(north)


def meeting(box: Bounds, boxes: Array) -> NDArray[np.bool_]:
    """
    Which boxes touch one, across the antimeridian and round the poles as well.

    >>> meeting((179.9, 0.0, 180.1, 1.0), np.array([(-179.95, 0.5, -179.8, 2.0), (179.0, 0.0, 179.5, 1.0)])).tolist()
    [True, False]
    """
    west, south, east, north = box
    with np.errstate(invalid="ignore"):
        level = (boxes[:, 1] <= north + MARGIN_DEG) & (boxes[:, 3] >= south - MARGIN_DEG)
        if max(abs(south), abs(north)) > POLAR_DEG or east - west > 180.0:
            return level
        wide = boxes[:, 2] - boxes[:, 0] > 180.0
        apart = np.abs(((boxes[:, 0] + boxes[:, 2]) / 2 - (west + east) / 2 + 180.0) % 360.0 - 180.0)
        margin = MARGIN_DEG / np.cos(np.radians(max(abs(south), abs(north))))
        beside = apart <= (boxes[:, 2] - boxes[:, 0] + east - west) / 2 + margin
    met: NDArray[np.bool_] = level & (wide | beside)
    return met


def alike(box: Bounds, boxes: Array, least_share: float) -> NDArray[np.bool_]:
    """Which boxes share at least so much of their common ground with one; far from the antimeridian."""
    west, south, east, north = box
    width = np.minimum(boxes[:, 2], east) - np.maximum(boxes[:, 0], west)
    height = np.minimum(boxes[:, 3], north) - np.maximum(boxes[:, 1], south)
    with np.errstate(invalid="ignore"):
        shared = np.where((width > 0) & (height > 0), width * height, 0.0)
        theirs = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        together = theirs + (east - west) * (north - south) - shared
        fitting: NDArray[np.bool_] = (shared > 0) & (shared >= least_share * together)
    return fitting
