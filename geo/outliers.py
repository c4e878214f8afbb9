"""
Which of several repeated measurements do not belong to the others: Cochran's and Grubbs' tests (离群值检验).

Source:
    ISO 5725-2:1994, 7.3: stragglers beyond the 5 % critical value are marked, outliers beyond the 1 % one are left out.
    Critical values are computed instead of read from its tables: Cochran by 't Lam, Technometrics 52 (2010), eq. 1;
    Grubbs by Grubbs, Technometrics 11 (1969), table 1's formula. Student's t and Fisher's F go back to the incomplete
    beta function: DLMF 8.17.5 and its continued fraction 8.17.22.
"""

from collections.abc import Callable, Sequence
from math import exp, lgamma, log, sqrt
from statistics import mean, stdev

_TINY = 1e-300


def cochran_critical(groups: int, values_per_group: float, significance: float) -> float:
    """
    Largest share that one group's variance may have of all variances.

    >>> round(cochran_critical(5, 3, 0.05), 3), round(cochran_critical(8, 4, 0.01), 3)
    (0.684, 0.521)
    """
    if groups < 2:
        return 1.0
    freedom = values_per_group - 1
    ratio = f_quantile(1 - significance / groups, freedom, (groups - 1) * freedom)
    return 1 / (1 + (groups - 1) / ratio)


def grubbs_critical(count: int, significance: float) -> float:
    """
    Farthest that the outermost of some normal values may lie from their mean, in standard deviations; two-sided.

    >>> round(grubbs_critical(10, 0.05), 2), round(grubbs_critical(20, 0.01), 2)
    (2.29, 3.0)
    """
    t = t_quantile(1 - significance / (2 * count), count - 2)
    return (count - 1) / sqrt(count) * sqrt(t * t / (count - 2 + t * t))


def cochran_outlier(variances: Sequence[float], values_per_group: float, significance: float) -> int | None:
    """Index of the group that scatters more than it may; None when none does or nothing can be told."""
    if len(variances) < 2 or sum(variances) <= 0 or values_per_group < 2:
        return None
    largest = max(range(len(variances)), key=lambda i: variances[i])
    share = variances[largest] / sum(variances)
    return largest if share > cochran_critical(len(variances), values_per_group, significance) else None


def grubbs_outlier(values: Sequence[float], significance: float) -> int | None:
    """Index of the value that lies farther out than it may; None when none does or there are fewer than three."""
    if len(values) < 3 or (scatter := stdev(values)) <= 0:
        return None
    centre = mean(values)
    farthest = max(range(len(values)), key=lambda i: abs(values[i] - centre))
    apart = abs(values[farthest] - centre) / scatter
    return farthest if apart > grubbs_critical(len(values), significance) else None


def t_quantile(share: float, freedom: float) -> float:
    """
    Student's t below which this share lies, for shares from one half.

    >>> round(t_quantile(0.975, 10), 3)
    2.228
    """
    tail = _solve(lambda x: incomplete_beta(freedom / 2, 0.5, x) - 2 * (1 - share))
    return sqrt(freedom * (1 - tail) / tail)


def f_quantile(share: float, first: float, second: float) -> float:
    """
    Fisher's F below which this share lies.

    >>> round(f_quantile(0.95, 3, 12), 2)
    3.49
    """
    x = _solve(lambda x: incomplete_beta(first / 2, second / 2, x) - share)
    return second * x / (first * (1 - x))


def incomplete_beta(a: float, b: float, x: float) -> float:
    """
    The regularised incomplete beta function.

    >>> round(incomplete_beta(2, 3, 0.5), 4)
    0.6875
    """
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x)) / a
    # Lentz's way to work a continued fraction out from its front.
    c, d = 1.0, 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, 300):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _away_from_zero(1 + step * d)
            c = _away_from_zero(1 + step / c)
            fraction *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return front * fraction


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def _solve(rising: Callable[[float], float]) -> float:
    """Root in (0, 1) of a rising function, to the last digits of a float."""
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return (low + high) / 2
