"""
An independent area: the surface of the ellipsoid integrated over a fan of triangles.

Nothing of the package's formulae is in it: no plane, no geodesic series, no authalic latitude. Corners go to Cartesian
coordinates; each chord triangle is carried to the ellipsoid along rays from the earth's centre, whose edges are great
ellipses, within a nanometre of geodesics at a plot's size; the surface element |∂r/∂u × ∂r/∂v| is integrated by Gauss
and Legendre. There is no pole and no antimeridian in it either. All in extended precision.
"""

import numpy as np

A, F = np.longdouble("6378137"), 1 / np.longdouble("298.257222101")
E2 = F * (2 - F)
AXES = np.array([1 / A**2, 1 / A**2, 1 / (A * (1 - F)) ** 2], dtype=np.longdouble)
NODES, WEIGHTS = (np.asarray(values, dtype=np.longdouble) for values in np.polynomial.legendre.leggauss(6))


def integrated_area_m2(ring):
    """Square metres inside a closed ring of (longitude, latitude) in degrees, star-shaped about its mean corner."""
    corners = _cartesian(np.asarray(ring[:-1], dtype=np.longdouble))
    middle = corners.mean(axis=0)
    return float(abs(sum(_triangle(middle, a, b) for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True))))


def _triangle(apex, first, second):
    """Signed by the way round, seen from outside."""
    to_first, to_second = first - apex, second - apex
    total = np.longdouble(0)
    for i, u in enumerate((NODES + 1) / 2):
        for j, v in enumerate((NODES + 1) / 2):
            # Duffy's square: (u, v) to the triangle u·(first + v·(second − first)), which weighs by u.
            along, across = to_first + v * (to_second - to_first), u * (to_second - to_first)
            spot = apex + u * along
            size = (AXES * spot * spot).sum()
            moves = [(move - spot * (AXES * spot * move).sum() / size) / np.sqrt(size) for move in (along, across)]
            normal = np.cross(*moves)
            total += WEIGHTS[i] * WEIGHTS[j] / 4 * np.sign(normal @ apex) * np.sqrt(normal @ normal)
    return total


def _cartesian(positions):
    lam, phi = np.deg2rad(positions).T
    normal = A / np.sqrt(1 - E2 * np.sin(phi) ** 2)
    return np.column_stack(
        (normal * np.cos(phi) * np.cos(lam), normal * np.cos(phi) * np.sin(lam), normal * (1 - E2) * np.sin(phi))
    )
