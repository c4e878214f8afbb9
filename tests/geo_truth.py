"""An independent oracle for areas: GeographicLib's own Python implementation."""

from geographiclib.geodesic import Geodesic


def ellipsoid_area_m2(ring: list[list[float]]) -> float:
    """Square metres a closed ring of [longitude, latitude] encloses on WGS 84."""
    polygon = Geodesic.WGS84.Polygon()
    for lon, lat in ring[:-1]:
        polygon.AddPoint(lat, lon)
    return abs(float(polygon.Compute()[2]))
