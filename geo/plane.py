"""
A plane of metres that touches the ellipsoid where the plots lie.

Orthographic: a position goes through its Cartesian coordinates straight onto the tangent plane, and comes back the same
way. There is no series and no special case at the poles or the antimeridian. Distances shrink by half the square of
distance/earth radius: 0.3 millionths at 5 km. Topology, short distances and the area of a plot round the origin are
judged here; anything larger is measured on the ellipsoid after coming back, which is exact to a nanometre.
"""

import numpy as np
from numpy.typing import NDArray

SEMI_MAJOR_M = 6_378_137.0
INVERSE_FLATTENING = 298.257222101
REACH_M = 200_000.0

_FLATTENING = 1 / INVERSE_FLATTENING
_E2 = _FLATTENING * (2 - _FLATTENING)

Array = NDArray[np.float64]


class LocalPlane:
    """Positions (longitude, latitude) in degrees to (east, north) in metres from an origin, and back."""

    def __init__(self, lon: float, lat: float) -> None:
        lam, phi = np.radians(lon), np.radians(lat)
        self._east = np.array([-np.sin(lam), np.cos(lam), 0.0])
        self._north = np.array([-np.sin(phi) * np.cos(lam), -np.sin(phi) * np.sin(lam), np.cos(phi)])
        self._up = np.array([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])
        self._origin = _cartesian(np.array([[lon, lat]]))[0]

    def forward(self, positions: Array) -> Array:
        """Shape (n, 2) to shape (n, 2); a position farther than REACH_M has no place here and becomes NaN."""
        offsets = _cartesian(positions) - self._origin
        xy = np.column_stack((offsets @ self._east, offsets @ self._north))
        xy[np.einsum("ij,ij->i", offsets, offsets) > REACH_M**2] = np.nan
        return xy

    def inverse(self, xy: Array) -> Array:
        """Shape (n, 2) to shape (n, 2), back onto the ellipsoid."""
        tangent = self._origin + xy[:, :1] * self._east + xy[:, 1:2] * self._north
        # Stretched along the axis the ellipsoid is a sphere, and the way down to it one root of a quadratic.
        stretch = np.array([1.0, 1.0, 1 / (1 - _FLATTENING)])
        start, up = tangent * stretch, self._up * stretch
        a, b, c = up @ up, start @ up, np.einsum("ij,ij->i", start, start) - SEMI_MAJOR_M**2
        point = tangent - (c / (b + np.sqrt(b * b - a * c)))[:, None] * self._up
        lon = np.arctan2(point[:, 1], point[:, 0])
        lat = np.arctan2(point[:, 2], (1 - _E2) * np.hypot(point[:, 0], point[:, 1]))
        positions: Array = np.degrees(np.column_stack((lon, lat)))
        return positions


def _cartesian(positions: Array) -> Array:
    lam, phi = np.radians(positions[:, 0]), np.radians(positions[:, 1])
    normal = SEMI_MAJOR_M / np.sqrt(1 - _E2 * np.sin(phi) ** 2)
    return np.column_stack(
        (normal * np.cos(phi) * np.cos(lam), normal * np.cos(phi) * np.sin(lam), normal * (1 - _E2) * np.sin(phi))
    )
