"""
From the accuracy of the fixes to a tolerance on the area.

A walk's fixes share one slow error: treated as independent, their 95 % interval holds the truth in half the cases only.
So errors along a walk are correlated with τ = 60 s; separately measured corners are independent. Formulae and the
coverage measured for them: docs/measurement.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, isfinite, log

import numpy as np

from geo.plane import Array

CORRELATION_TIME_S = 60.0
# Nobody knows how fast an uncalibrated phone's errors fade: a walk of half an hour suffers more from slower ones.
SLOW_CORRELATION_TIME_S = 100.0
# What a walk tells of its σ is itself wrong by e^±0.22; Student's t of 1/(2·0.22²) = 10.3 degrees of freedom is 1.13
# times as wide as the normal distribution at 95 %.
SIGMA_DOUBT = 1.13
# A claim about fixes without a stated accuracy: a phone in the open, named in the issues wherever it is used.
ASSUMED_ACCURACY_M = 5.0
# Beyond this the matrix costs more than it tells: neighbouring fixes of a longer walk are nearly the same fix.
MAX_CORRELATED_FIXES = 400

# Long enough to see the trembling, short enough that few windows hold a corner: on 0.6 mu the sides are 20 m long.
_RESIDUAL_WINDOW_S = 8.0
_RESIDUAL_MOVING_M = 4.0
_RESIDUAL_MAX_WINDOWS = 300


@dataclass(frozen=True, slots=True)
class Calibration:
    """
    What walks of known plots taught about a phone model; `geo.calibration` fits it, a policy stores it.

    `sigma_scale` multiplies the σ otherwise used; `tau_s` None leaves τ open; `bias_share` is the share by which its
    walks come out too large.
    """

    sigma_scale: float = 1.0
    tau_s: float | None = None
    bias_share: float = 0.0


UNCALIBRATED = Calibration()


def read_calibration(policy_part: object) -> dict[str, Calibration]:
    """
    Read `calibration` of a policy: phone model to `sigma_scale`, `tau_s` and `bias_share`, each optional.

    Raises:
        ValueError: It is no such mapping, or a figure is out of its range.

    >>> read_calibration({"P60": {"sigma_scale": 1.5}})["P60"].sigma_scale
    1.5
    """
    if not isinstance(policy_part, Mapping):
        raise ValueError("calibration must map phone models to their figures")
    read = {}
    for model, figures in policy_part.items():
        if not isinstance(figures, Mapping) or not set(figures) <= {"sigma_scale", "tau_s", "bias_share"}:
            raise ValueError(f"calibration of {model}: sigma_scale, tau_s and bias_share are known")
        calibration = Calibration(**figures)
        tau_s = CORRELATION_TIME_S if calibration.tau_s is None else calibration.tau_s
        for name, figure, low, high in (
            ("sigma_scale", calibration.sigma_scale, 0.1, 10.0),
            ("tau_s", tau_s, 1.0, 3600.0),
            ("bias_share", calibration.bias_share, -0.5, 0.5),
        ):
            if isinstance(figure, bool) or not isinstance(figure, int | float) or not isfinite(figure):
                raise ValueError(f"calibration of {model}: {name} is not a number")
            if not low <= figure <= high:
                raise ValueError(f"calibration of {model}: {name} must lie between {low:g} and {high:g}")
        read[str(model)] = calibration
    return read


def vertices_variance(xy: Array, sigma_m: Array) -> float:
    """
    Variance of the area for independently measured corners.

    Args:
        xy: Shape (n, 2), an open ring in metres.
        sigma_m: Shape (n,), standard deviation along one axis.

    Returns:
        Square metres, squared: ¼ Σ σᵢ²|dᵢ|² + ½ Σ σᵢ²σᵢ₊₁², d the chord between both neighbours.
    """
    chords = np.roll(xy, -1, axis=0) - np.roll(xy, 1, axis=0)
    squares = sigma_m**2
    first = 0.25 * np.sum(squares * np.einsum("ij,ij->i", chords, chords))
    return float(first + 0.5 * np.sum(squares * np.roll(squares, -1)))


def fading_variance(xy: Array, sigma_m: Array, timestamps_s: Array, tau_s: float) -> float:
    """
    Variance of the area for a walk whose errors fade with τ.

    Args:
        xy: Shape (n, 2), an open ring in metres.
        sigma_m: Shape (n,), standard deviation along one axis.
        timestamps_s: Shape (n,), rising.
        tau_s: Correlation time.

    Returns:
        Square metres, squared: ¼ Σ Cᵢⱼ dᵢ·dⱼ + ½ Σ (Cᵢⱼ Cᵢ₊₁,ⱼ₊₁ − Cᵢ,ⱼ₊₁ Cᵢ₊₁,ⱼ), Cᵢⱼ = σᵢσⱼ exp(−|tᵢ−tⱼ|/τ).
    """
    kept = np.unique(np.linspace(0, len(xy) - 1, min(len(xy), MAX_CORRELATED_FIXES)).round().astype(int))
    xy, sigma_m, timestamps_s = xy[kept], sigma_m[kept], timestamps_s[kept]
    chords = np.roll(xy, -1, axis=0) - np.roll(xy, 1, axis=0)
    covariance = np.exp(-np.abs(timestamps_s[:, None] - timestamps_s[None, :]) / tau_s)
    covariance *= sigma_m[:, None] * sigma_m[None, :]
    first = 0.25 * np.einsum("ik,ij,jk->", chords, covariance, chords, optimize=True)
    next_column = np.roll(covariance, -1, axis=1)
    second = 0.5 * np.sum(covariance * np.roll(next_column, -1, axis=0) - next_column * np.roll(covariance, -1, axis=0))
    return max(0.0, float(first + second))


def walk_variance(xy: Array, sigma_m: Array, timestamps_s: Array, calibration: Calibration = UNCALIBRATED) -> float:
    """
    Variance of a walk's area, wide enough for what is not known of its errors: how fast they fade, and their σ.

    Args:
        xy: Shape (n, 2), an open ring in metres.
        sigma_m: Shape (n,), standard deviation along one axis, as `track_sigma_m` leaves it.
        timestamps_s: Shape (n,), rising.
        calibration: The phone model's, if it has one.

    Returns:
        Square metres, squared: the larger variance for τ of 60 and 100 s, or the one for the calibrated τ, times the
        scale and 1.13, squared.
    """
    times = (CORRELATION_TIME_S, SLOW_CORRELATION_TIME_S) if calibration.tau_s is None else (calibration.tau_s,)
    scaled_m = sigma_m * (SIGMA_DOUBT * calibration.sigma_scale)
    return max(fading_variance(xy, scaled_m, timestamps_s, tau_s) for tau_s in times)


def track_residual_m(xy: Array, timestamps_s: Array) -> float | None:
    """
    How much a walk trembles: the median RMS across straight lines of 8 s through its moving parts.

    Only what lies across the line counts: along it, a change of pace would look like an error.

    Returns:
        Metres; None when the walk has too few moving parts to say.
    """
    count = len(xy)
    starts = np.arange(0, count, max(1, count // _RESIDUAL_MAX_WINDOWS))
    ends = np.searchsorted(timestamps_s, timestamps_s[starts] + _RESIDUAL_WINDOW_S, side="right")
    lasts = ends - 1
    moved_m = np.hypot(*(xy[lasts] - xy[starts]).T)
    long_enough = timestamps_s[lasts] - timestamps_s[starts] >= 0.75 * _RESIDUAL_WINDOW_S
    fit = (ends - starts >= 6) & long_enough & (moved_m >= _RESIDUAL_MOVING_M)
    starts, ends = starts[fit], ends[fit]
    if not len(starts):
        return None
    # All windows beside each other, the shorter ones filled up with fixes that count nothing.
    index = starts[:, None] + np.arange(int((ends - starts).max()))
    inside = index < ends[:, None]
    index = np.minimum(index, count - 1)
    sizes = inside.sum(axis=1, keepdims=True)
    east, north, time = (
        np.where(inside, values - np.sum(values, axis=1, where=inside, keepdims=True) / sizes, 0.0)
        for values in (xy[index, 0], xy[index, 1], timestamps_s[index])
    )
    along = np.stack((np.sum(time * east, axis=1), np.sum(time * north, axis=1)), axis=1)
    length = np.hypot(*along.T)
    on_a_line = length > 0
    if on_a_line.sum() < 3:
        return None
    across = (north * along[:, :1] - east * along[:, 1:])[on_a_line] / length[on_a_line, None]
    return float(np.median(np.sqrt(np.sum(across**2, axis=1) / sizes[on_a_line, 0])))


def track_sigma_m(stated_sigma_m: float, residual_m: float) -> float:
    """
    Standard deviation that a walk's trembling suggests, next to the one the phone states.

    Some phones promise more than they keep; the larger of both is used. The coefficients were fitted on simulated
    walks (log σ = 1.2 + 0.31 log σ_stated + 0.57 log residual) until a county calibrates its own phones.
    """
    if stated_sigma_m <= 0 or residual_m <= 0:
        return 0.0
    return exp(1.2 + 0.31 * log(stated_sigma_m) + 0.57 * log(residual_m))
