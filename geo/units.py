"""Units: mu (亩) and square metres; accuracy radii and standard deviations."""

from math import log, sqrt
from statistics import NormalDist


def m2_to_mu(area_m2: float) -> float:
    """
    Convert square metres to mu, unrounded: 1 mu is exactly 2000/3 m².

    >>> m2_to_mu(2000.0)
    3.0
    """
    return area_m2 * 3 / 2000


def mu_to_m2(area_mu: float) -> float:
    """
    Convert mu to square metres, unrounded.

    >>> mu_to_m2(3.0)
    2000.0
    """
    return area_mu * 2000 / 3


def sigma_per_radius(accuracy_confidence: float) -> float:
    """
    Standard deviation along one axis for an accuracy radius of one metre.

    Phones disagree about what `accuracy` means: Android states the radius that holds 68 % of fixes, the W3C's
    geolocation 95 %. Both are radii of a two-dimensional normal distribution: r = σ·√(−2·ln(1 − p)).

    >>> round(1 / sigma_per_radius(0.68), 2), round(1 / sigma_per_radius(0.95), 2)
    (1.51, 2.45)
    """
    return 1 / sqrt(-2 * log(1 - accuracy_confidence))


def interval_factor(confidence: float) -> float:
    """
    Half width of a two-sided interval in standard errors.

    >>> round(interval_factor(0.95), 2)
    1.96
    """
    return NormalDist().inv_cdf((1 + confidence) / 2)
