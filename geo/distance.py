"""How far a position lies from a plot."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from shapely import Point, Polygon

from geo.area import land
from geo.geojson import read_features
from geo.plane import LocalPlane


def distance_from_land_m(lon: float, lat: float, geometry: Mapping[str, Any]) -> float | None:
    """
    Metres from a position to a measured plot, 0.0 inside it.

    Args:
        lon: Longitude in degrees.
        lat: Latitude in degrees.
        geometry: A GeoJSON Polygon or MultiPolygon whose rings do not cross.

    Returns:
        None when the position lies over 200 km away, or the geometry cannot be read.
    """
    (feature,) = read_features([{"type": "Feature", "geometry": geometry, "properties": {}}])
    if feature.refused is not None:
        return None
    plane = LocalPlane(lon, lat)
    distances = []
    for exterior, *holes in feature.polygons:
        rings = [plane.forward(ring.positions) for ring in (exterior, *holes)]
        if not all(np.isfinite(ring).all() for ring in rings):
            return None
        distances.append(land(Polygon(rings[0], rings[1:])).distance(Point(0, 0)))
    return min(distances)
