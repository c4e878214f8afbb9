"""Area of a plot on the CGCS2000 ellipsoid (椭球面积), the same on every map projection."""

from collections.abc import Sequence

import numpy as np
from pyproj import Geod
from shapely import LinearRing, MultiPolygon, Polygon, is_valid_reason, union_all
from shapely.geometry.base import BaseGeometry

from geo.errors import InvalidBoundary
from geo.plane import INVERSE_FLATTENING, SEMI_MAJOR_M, Array, LocalPlane

Shape = Polygon | MultiPolygon

# Up to here the tangent plane is right to 5e-8, and better than that for any plot.
PLOT_REACH_M = 2000.0

CGCS2000 = Geod(a=SEMI_MAJOR_M, rf=INVERSE_FLATTENING)


def ring_area_and_perimeter(positions: Array) -> tuple[float, float]:
    """
    Measure a ring of geodesics.

    Args:
        positions: Shape (n, 2), longitude and latitude in degrees; closed or not, either way round, anywhere on earth.

    Returns:
        Square metres, positive when the ring runs anticlockwise, and metres.

    Source:
        Karney, "Algorithms for geodesics", J. Geodesy 87 (2013), section 6. It sums strips down to the equator, which
        leaves about 1e-4 m² of rounding, and more round a pole: nothing for a lake, 2e-6 of a plot of 0.1 mu. So a
        ring of a plot's extent is measured on the plane that touches the ellipsoid at its first position.
    """
    area_m2, perimeter_m = CGCS2000.polygon_area_perimeter(positions[:, 0], positions[:, 1])
    if len(positions):
        xy = LocalPlane(float(positions[0, 0]), float(positions[0, 1])).forward(positions)
        if np.abs(xy).max() <= PLOT_REACH_M:
            area_m2 = signed_area_m2(xy)
    return float(area_m2), float(perimeter_m)


def signed_area_m2(xy: Array) -> float:
    """
    Area of an open or closed ring in a plane, positive when it runs anticlockwise.

    >>> signed_area_m2(np.array([(0, 0), (3, 0), (3, 2)]))
    3.0
    """
    if len(xy) < 3:
        return 0.0
    moved = xy - xy[0]
    following = np.roll(moved, -1, axis=0)
    return float(np.sum(moved[:, 0] * following[:, 1] - following[:, 0] * moved[:, 1])) / 2


def geodesic_area(boundary: Polygon) -> float:
    """
    Measure the area a boundary encloses, holes taken out.

    Args:
        boundary: Vertices are (longitude, latitude) in degrees; rings may run either way.

    Returns:
        Square metres, never negative; 0.0 for an empty polygon.

    Raises:
        InvalidBoundary: The boundary crosses itself.

    >>> round(geodesic_area(Polygon([(112, 28), (112.001, 28), (112.001, 28.001), (112, 28.001)])))
    10900
    """
    if not boundary.is_valid:
        raise InvalidBoundary(is_valid_reason(boundary))
    if boundary.is_empty:
        return 0.0
    exterior, *holes = (
        abs(ring_area_and_perimeter(np.asarray(ring.coords)[:, :2])[0])
        for ring in (boundary.exterior, *boundary.interiors)
    )
    return max(0.0, exterior - sum(holes))


def area_and_perimeter(shape: Shape, plane: LocalPlane) -> tuple[float, float]:
    """Measure a shape of a local plane on the ellipsoid: square metres, holes out, and metres of all its rings."""
    area_m2 = perimeter_m = 0.0
    for part in parts(shape):
        for sign, ring in ((1, part.exterior), *((-1, hole) for hole in part.interiors)):
            ring_m2, ring_m = _ring_on_ellipsoid(ring, plane)
            area_m2 += sign * ring_m2
            perimeter_m += ring_m
    return max(0.0, area_m2), perimeter_m


def _ring_on_ellipsoid(ring: LinearRing, plane: LocalPlane) -> tuple[float, float]:
    positions = plane.inverse(np.asarray(ring.coords))
    area_m2, perimeter_m = ring_area_and_perimeter(positions)
    return abs(area_m2), perimeter_m


def parts(shape: Shape) -> list[Polygon]:
    """The polygons a shape is made of; none for an empty one."""
    if shape.is_empty:
        return []
    return [shape] if isinstance(shape, Polygon) else list(shape.geoms)


def land(shape: BaseGeometry) -> Shape:
    """The polygons among the results of an overlay; lines and points where boundaries touch are not land."""
    if isinstance(shape, Polygon | MultiPolygon):
        return shape
    pieces = [piece for piece in getattr(shape, "geoms", ()) if isinstance(piece, Polygon | MultiPolygon)]
    return MultiPolygon([part for piece in pieces for part in parts(piece)])


def union(shapes: Sequence[Shape]) -> Shape:
    """All ground that any of the shapes covers, each square metre once."""
    return shapes[0] if len(shapes) == 1 else land(union_all(shapes))
