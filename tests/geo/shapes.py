"""Named plots and walks for the tests, in metres from a corner near 109.4°E 25.2°N."""

import math

import numpy as np

from geo.plane import LocalPlane

HERE = LocalPlane(109.4, 25.2)
POLICY = {"household_id": "ours", "gap_m": 2.0, "min_block_mu": 0.5}


def rectangle(width_m, height_m, *, east_m=0.0, north_m=0.0):
    """Corners of a rectangle, anticlockwise and open."""
    corners = [(0, 0), (width_m, 0), (width_m, height_m), (0, height_m)]
    return [(east_m + x, north_m + y) for x, y in corners]


def positions(corners, plane=HERE, *, close=True):
    """Corners in metres to a ring of [longitude, latitude]."""
    ring = plane.inverse(np.array(corners, dtype=float)).tolist()
    return [*ring, ring[0]] if close else ring


def feature(*rings, plot_id="a", household_id="ours", accuracy_m=0.0, **properties):
    """A Feature of one polygon whose rings are positions already."""
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": list(rings)},
        "properties": {"plot_id": plot_id, "household_id": household_id, "accuracy_m": accuracy_m, **properties},
    }


def plot(corners, *, plane=HERE, **properties):
    """A Feature of one polygon without holes, from corners in metres."""
    return feature(positions(corners, plane), **properties)


def walk_xy(corners, *, seed, sigma_m=2.6, tau_s=60.0, speed_m_s=1.2, past_m=0.0, noise_m=0.1):
    """Fixes of a walk once round, one a second, whose errors fade with tau; metres, shape (n, 2)."""
    chance = np.random.default_rng(seed)
    line = np.array([*corners, corners[0]], dtype=float)
    lengths = np.hypot(*np.diff(line, axis=0).T)
    along = np.concatenate(([0.0], np.cumsum(lengths)))
    reached = np.append(np.arange(0, along[-1], speed_m_s), along[-1])
    if past_m:
        reached = np.concatenate((reached, np.arange(speed_m_s, past_m, speed_m_s)))
    truth = np.column_stack([np.interp(reached, along, line[:, axis]) for axis in (0, 1)])
    fade = math.exp(-1 / tau_s)
    error = chance.normal(0, sigma_m, 2)
    errors = []
    for _ in reached:
        errors.append(error)
        error = fade * error + chance.normal(0, sigma_m * math.sqrt(1 - fade**2), 2)
    return truth + np.array(errors) + chance.normal(0, noise_m, truth.shape)


def walk_feature(xy, *, accuracy_m=4.0, plot_id="a", household_id="ours"):
    """A walk as the phone sends it: 7 decimals, closed by its first fix, one array beside each ring."""
    ring = np.round(HERE.inverse(xy), 7).tolist()
    ring.append(ring[0])
    return feature(
        ring,
        plot_id=plot_id,
        household_id=household_id,
        accuracy_m=[[accuracy_m] * len(ring)],
        capture="walk",
        timestamps_s=[[float(second) for second in range(len(ring))]],
    )
