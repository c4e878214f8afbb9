"""
Where positions of another datum lie in WGS 84.

GCJ-02 (火星坐标) is what Chinese map services and some phone interfaces hand out: WGS 84 moved by up to 700 m, by an
amount that changes slowly from place to place. CGCS2000 is WGS 84 to within the centimetres a phone does not see.

Source:
    The formula was never published by its authority; googollee/eviltransform (GitHub, BSD) and the article
    "Restrictions on geographic data in China" (Wikipedia) hold the reconstruction all open programs agree on. It speaks
    of the Krasovsky ellipsoid, and of the box below as the region it is used in.
"""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from geo.plane import Array

Datum = Literal["WGS84", "CGCS2000", "GCJ02"]
DATUMS: tuple[Datum, ...] = get_args(Datum)

WEST, SOUTH, EAST, NORTH = 72.004, 0.8293, 137.8347, 55.8271

_SEMI_MAJOR_M = 6_378_245.0
_E2 = 0.00669342162296594323
# Each turn leaves less than a hundredth of the error: 700 m are far below a millimetre after four.
_TURNS = 8


def gcj02_applies(positions: Array) -> NDArray[np.bool_]:
    """Which positions, shape (n, 2) in degrees, lie in the region where GCJ-02 moves them; shape (n,)."""
    lon, lat = positions[:, 0], positions[:, 1]
    inside: NDArray[np.bool_] = (lon >= WEST) & (lon <= EAST) & (lat >= SOUTH) & (lat <= NORTH)
    return inside


def gcj02_from_wgs84(positions: Array) -> Array:
    """Shape (n, 2) in degrees; positions outside the region stay as they are."""
    return np.where(gcj02_applies(positions)[:, None], positions + _offset_deg(positions), positions)


def wgs84_from_gcj02(positions: Array) -> Array:
    """
    The position whose GCJ-02 is given, found by fixed-point iteration to well under a centimetre.

    Args:
        positions: Shape (n, 2) in degrees; what GCJ-02 does not move stays as it is.

    >>> bool(np.allclose(wgs84_from_gcj02(gcj02_from_wgs84(np.array([[109.4, 25.2]]))), [[109.4, 25.2]], atol=1e-9))
    True
    """
    found = positions
    for _ in range(_TURNS):
        found = positions - _offset_deg(found)
    return np.where(gcj02_applies(found)[:, None], found, positions)


def gcj02_shift_deg(lon: float, lat: float) -> tuple[float, float]:
    """How far GCJ-02 moves a place, in degrees of longitude and latitude; nothing outside its region."""
    place = np.array([[lon, lat]])
    east, north = (gcj02_from_wgs84(place) - place)[0]
    return float(east), float(north)


def _offset_deg(positions: Array) -> Array:
    """The formula itself, smooth over its region's edge so that an iteration may step across."""
    lon = np.clip(positions[:, 0], WEST - 1.0, EAST + 1.0)
    lat = np.clip(positions[:, 1], SOUTH - 1.0, NORTH + 1.0)
    x, y = lon - 105.0, lat - 35.0
    ripple = _waves(x, (20.0, 6.0), (20.0, 2.0))
    bend = np.sqrt(np.abs(x))
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y**2 + 0.1 * x * y + 0.2 * bend
    north_m += ripple + _waves(y, (20.0, 1.0), (40.0, 1 / 3), (160.0, 1 / 12), (320.0, 1 / 30))
    east_m = 300.0 + x + 2.0 * y + 0.1 * x**2 + 0.1 * x * y + 0.1 * bend
    east_m += ripple + _waves(x, (20.0, 1.0), (40.0, 1 / 3), (150.0, 1 / 12), (300.0, 1 / 30))
    root = np.sqrt(1.0 - _E2 * np.sin(np.radians(lat)) ** 2)
    meridian_m = _SEMI_MAJOR_M * (1.0 - _E2) / root**3
    parallel_m = _SEMI_MAJOR_M / root * np.cos(np.radians(lat))
    return np.degrees(np.column_stack((east_m / parallel_m, north_m / meridian_m)))


def _waves(at: Array, *waves: tuple[float, float]) -> Array:
    total = np.zeros_like(at)
    for height_m, per_half_turn in waves:
        total += height_m * np.sin(at * per_half_turn * np.pi)
    return total * 2.0 / 3.0
