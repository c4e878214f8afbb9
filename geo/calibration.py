"""
What walks of plots with a known area teach about phones: their σ, how fast their errors fade, their bias (标定).

The table is that of ISO 5725-2 (精密度): for every phone model and plot the repeatability sr (重复性, one person
walking again) and the reproducibility sR (再现性, anybody walking), outliers left out by Cochran's and Grubbs' tests.
The fit is by maximum likelihood: with v(τ) the model's variance of a walk's error share, e ~ N(bias, scale²·v(τ)), and
ln τ ~ N(ln 60 s, ln 2) from what is known of receivers (geo.accuracy), which areas alone would seldom outweigh.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import isfinite, log, sqrt
from statistics import mean, variance
from typing import Any

import numpy as np
from shapely import distance, points, transform
from shapely.geometry import shape

from geo.accuracy import CORRELATION_TIME_S, SLOW_CORRELATION_TIME_S, fading_variance
from geo.errors import BoundaryRefused
from geo.geojson import read_features
from geo.measurement import measure
from geo.outliers import cochran_outlier, grubbs_outlier
from geo.plane import Array, LocalPlane
from geo.repair import close_raw
from geo.times import times_of

LEAST_WALKS = 12
LEAST_PLOTS = 2
OUTLIER, STRAGGLER = 0.01, 0.05
# χ² with one degree of freedom: the times that the walks contradict less than this are in the 95 % interval.
_LIKELY = 3.84
_TAUS_S = (5, 8, 12, 16, 20, 25, 30, 40, 50, 60, 70, 85, 100, 120, 150, 180, 220, 280, 400, 560)
# Areas alone tell τ poorly; what is known of receivers (60 s, a factor of two either way) is weighed in.
_TAU_FACTOR = 2.0
# Told within a factor of two either way, τ is worth storing.
_TAU_TOLD = 4.0
_MAX_FIXES = 200
# What lies farther from the repaired boundary was a jump, not the walk.
_STRAY_M = 15.0


@dataclass(frozen=True, slots=True)
class KnownWalk:
    """One walk of a plot of known area, measured; fixes in metres, shape (n, 2), without those that jumped."""

    phone_model: str
    operator: str
    plot_id: str
    known_m2: float
    area_m2: float
    sigma_m: float
    xy: Array
    timestamps_s: Array

    @property
    def error_share(self) -> float:
        """Error of the area as a share of the known one."""
        return self.area_m2 / self.known_m2 - 1


@dataclass(frozen=True, slots=True)
class Precision:
    """
    One line of the table: a plot walked with one phone model, or with any (`phone_model` None).

    Shares of the known area; `reproducibility_share` is None when only one person (or phone) walked.
    """

    phone_model: str | None
    plot_id: str
    known_m2: float
    groups: int
    walks: int
    mean_error_share: float
    repeatability_share: float | None
    reproducibility_share: float | None
    left_out: int
    stragglers: int


@dataclass(frozen=True, slots=True)
class PhoneFit:
    """
    The figures of a phone model with their uncertainty; `usable` is False where the walks are too few to say.

    `tau_low_s` and `tau_high_s` are a 95 % interval; `tau_told` is whether it is narrow enough to store τ. The scale
    belongs to the τ that is stored, or to what an uncalibrated phone is measured with.
    """

    phone_model: str
    walks: int
    plots: int
    usable: bool
    sigma_scale: float
    sigma_scale_se: float
    tau_s: float
    tau_low_s: float
    tau_high_s: float
    tau_told: bool
    bias_share: float
    bias_se_share: float

    def policy(self) -> dict[str, float]:
        """What a policy stores: a bias only where it is proven (two standard errors), τ only where it is told."""
        part = {"sigma_scale": round(self.sigma_scale, 3)}
        if self.tau_told:
            part["tau_s"] = round(self.tau_s, 1)
        if abs(self.bias_share) > 2 * self.bias_se_share:
            part["bias_share"] = round(self.bias_share, 4)
        return part


@dataclass(frozen=True, slots=True)
class Unread:
    """A feature that gave no walk, by its place in the file from 1."""

    number: int
    message_zh: str
    message_en: str


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """All that was found."""

    phones: list[PhoneFit] = field(default_factory=list)
    table: list[Precision] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)

    def policy(self) -> dict[str, dict[str, dict[str, float]]]:
        """The policy part: `calibration`, from phone model to figures, of the usable phones."""
        return {"calibration": {phone.phone_model: phone.policy() for phone in self.phones if phone.usable}}

    def to_dict(self) -> dict[str, Any]:
        """The same names as plain JSON values, with the policy part."""
        return asdict(self) | self.policy()


def calibrate(collection: object, *, accuracy_confidence: float = 0.68) -> CalibrationReport:
    """
    Learn from walks of plots with a known area.

    Args:
        collection: GeoJSON as `geo.measure` reads it; each feature one walk, with the properties `phone_model`,
            `operator`, `plot_id` and `known_area_m2` besides.
        accuracy_confidence: The share of fixes inside the stated accuracy radius.

    Returns:
        Figures of each phone model and the table. A walk that cannot be measured is named, never raises.
    """
    walks, unread = read_walks(collection, accuracy_confidence)
    table: list[Precision] = []
    kept: dict[str, list[KnownWalk]] = defaultdict(list)
    for (model, _), some in sorted(_grouped(walks, lambda walk: (walk.phone_model, walk.plot_id)).items()):
        line, good = precision(some, model, by=lambda walk: walk.operator)
        table.append(line)
        kept[model] += good
    for _, some in sorted(_grouped([w for good in kept.values() for w in good], lambda walk: walk.plot_id).items()):
        table.append(precision(some, None, by=lambda walk: (walk.phone_model, walk.operator))[0])
    return CalibrationReport([fit_phone(model, good) for model, good in sorted(kept.items()) if good], table, unread)


def read_walks(collection: object, accuracy_confidence: float) -> tuple[list[KnownWalk], list[Unread]]:
    """Measure every feature by itself; what is no walk of a known plot comes back with its reason."""
    walks, unread = [], []
    for number, feature in enumerate(_features(collection), start=1):
        properties = feature.get("properties") if isinstance(feature, Mapping) else None
        try:
            walks.append(
                _read_walk(feature, properties if isinstance(properties, Mapping) else {}, accuracy_confidence)
            )
        except BoundaryRefused as error:
            unread.append(Unread(number, error.message_zh, error.message_en))
    return walks, unread


def _features(collection: object) -> Sequence[Any]:
    if isinstance(collection, Mapping):
        collection = [collection] if collection.get("type") == "Feature" else collection.get("features")
    return collection if isinstance(collection, Sequence) and not isinstance(collection, str | bytes) else []


def _read_walk(feature: object, properties: Mapping[str, Any], accuracy_confidence: float) -> KnownWalk:
    known = properties.get("known_area_m2")
    if isinstance(known, bool) or not isinstance(known, int | float) or not isfinite(known) or known <= 0:
        raise BoundaryRefused("no_known_area", "缺少已知面积 known_area_m2。", "known_area_m2 is missing.")
    if properties.get("capture") != "walk":
        raise BoundaryRefused("no_walk", "不是沿边走测（capture 应为 walk）。", "It is no walk (capture must be walk).")
    for name in ("phone_model", "plot_id"):
        if not properties.get(name):
            raise BoundaryRefused(f"no_{name}", f"缺少 {name}。", f"{name} is missing.")
    asked = {"household_id": None, "gap_m": 0.0, "min_block_mu": 0.0, "accuracy_confidence": accuracy_confidence}
    measured = measure([feature], asked)
    if measured.status == "refused" or measured.geometry is None:
        issue = measured.issues[-1]
        raise BoundaryRefused(issue.code, issue.message_zh, issue.message_en)
    ring = read_features([feature])[0].polygons[0][0]
    body = slice(0, -1) if close_raw(ring) else slice(None)
    positions = ring.positions[body]
    plane = LocalPlane(float(positions[0, 0]), float(positions[0, 1]))
    outline = transform(shape(measured.geometry).boundary, plane.forward)
    xy = plane.forward(positions)
    times, _told = times_of(xy, ring.timestamps_s[body])
    near = distance(points(xy), outline) <= _STRAY_M
    index = np.flatnonzero(near)
    index = index[np.unique(np.linspace(0, len(index) - 1, min(len(index), _MAX_FIXES)).round().astype(int))]
    return KnownWalk(
        phone_model=str(properties["phone_model"]),
        operator=str(properties.get("operator", "")),
        plot_id=str(properties["plot_id"]),
        known_m2=float(known),
        area_m2=measured.area_m2,
        sigma_m=max(plot.sigma_m for plot in measured.plots),
        xy=xy[index],
        timestamps_s=times[index],
    )


def _grouped(walks: Iterable[KnownWalk], by: Any) -> dict[Any, list[KnownWalk]]:
    groups: dict[Any, list[KnownWalk]] = defaultdict(list)
    for walk in walks:
        groups[by(walk)].append(walk)
    return groups


def precision(walks: Sequence[KnownWalk], phone_model: str | None, *, by: Any) -> tuple[Precision, list[KnownWalk]]:
    """
    One line of the table, and the walks that are no outliers.

    Args:
        walks: All of one plot.
        phone_model: The line's; None for all phones.
        by: What makes a group, ISO 5725's laboratory: the operator, or phone and operator.

    Source:
        ISO 5725-2:1994, 7.4.4 and 7.4.5.
    """
    groups = list(_grouped(walks, by).values())
    groups, stragglers = _without_outliers(groups)
    kept = [walk for group in groups for walk in group]
    repeated = [group for group in groups if len(group) > 1]
    freedom = sum(len(group) - 1 for group in repeated)
    within = sum((len(group) - 1) * _variance(group) for group in repeated) / freedom if freedom else None
    errors = [walk.error_share for walk in kept]
    between = None
    if len(groups) > 1 and within is not None:
        sizes = [len(group) for group in groups]
        total = sum(sizes)
        spread = sum(len(group) * (_mean(group) - mean(errors)) ** 2 for group in groups) / (len(groups) - 1)
        typical = (total - sum(size * size for size in sizes) / total) / (len(groups) - 1)
        between = max(0.0, (spread - within) / typical)
    line = Precision(
        phone_model=phone_model,
        plot_id=walks[0].plot_id,
        known_m2=walks[0].known_m2,
        groups=len(groups),
        walks=len(kept),
        mean_error_share=mean(errors) if errors else 0.0,
        repeatability_share=None if within is None else sqrt(within),
        reproducibility_share=None if between is None or within is None else sqrt(between + within),
        left_out=len(walks) - len(kept),
        stragglers=stragglers,
    )
    return line, kept


def _without_outliers(groups: list[list[KnownWalk]]) -> tuple[list[list[KnownWalk]], int]:
    """Leave out groups that scatter or lie beyond the 1 % critical value; count the stragglers beyond 5 %."""
    groups = [list(group) for group in groups]
    while (found := _scattering(groups, OUTLIER)) is not None:
        # One bad walk makes a whole group scatter: where it can be named, it goes alone.
        single = grubbs_outlier([walk.error_share for walk in groups[found]], STRAGGLER)
        if single is None:
            del groups[found]
        else:
            del groups[found][single]
    while len(groups) > 3 and (found := grubbs_outlier([_mean(group) for group in groups], OUTLIER)) is not None:
        del groups[found]
    stragglers = [_scattering(groups, STRAGGLER), grubbs_outlier([_mean(group) for group in groups], STRAGGLER)]
    return groups, sum(one is not None for one in stragglers)


def _scattering(groups: Sequence[list[KnownWalk]], significance: float) -> int | None:
    repeated = [i for i, group in enumerate(groups) if len(group) > 1]
    if len(repeated) < 2:
        return None
    typical = sum(len(groups[i]) for i in repeated) / len(repeated)
    found = cochran_outlier([_variance(groups[i]) for i in repeated], typical, significance)
    return None if found is None else repeated[found]


def _mean(group: Sequence[KnownWalk]) -> float:
    return mean(walk.error_share for walk in group)


def _variance(group: Sequence[KnownWalk]) -> float:
    return variance(walk.error_share for walk in group)


def fit_phone(model: str, walks: Sequence[KnownWalk]) -> PhoneFit:
    """Fit scale, τ and bias of one phone model to the errors of its walks by maximum likelihood."""
    errors = np.array([walk.error_share for walk in walks])
    fits = {float(tau_s): _Fit.of(errors, _shares(walks, float(tau_s))) for tau_s in _TAUS_S}
    weight = {tau_s: fit.likelihood - 0.5 * _doubtful(tau_s) ** 2 for tau_s, fit in fits.items()}
    best_tau_s = max(weight, key=lambda tau_s: weight[tau_s])
    likely = [tau_s for tau_s in fits if 2 * (weight[best_tau_s] - weight[tau_s]) < _LIKELY]
    low_s, high_s = min(likely), max(likely)
    told = high_s / low_s <= _TAU_TOLD and low_s > _TAUS_S[0] and high_s < _TAUS_S[-1]
    open_shares = np.maximum(_shares(walks, CORRELATION_TIME_S), _shares(walks, SLOW_CORRELATION_TIME_S))
    stored = fits[best_tau_s] if told else _Fit.of(errors, open_shares)
    plots = len({walk.plot_id for walk in walks})
    return PhoneFit(
        phone_model=model,
        walks=len(walks),
        plots=plots,
        usable=len(walks) >= LEAST_WALKS and plots >= LEAST_PLOTS,
        sigma_scale=stored.scale,
        sigma_scale_se=stored.scale / sqrt(2 * max(1, len(walks) - 1)),
        tau_s=best_tau_s,
        tau_low_s=low_s,
        tau_high_s=high_s,
        tau_told=told,
        bias_share=stored.bias,
        bias_se_share=stored.bias_se,
    )


def _doubtful(tau_s: float) -> float:
    """How far a τ lies from what is known of receivers, in factors of two."""
    return log(tau_s / CORRELATION_TIME_S) / log(_TAU_FACTOR)


def _shares(walks: Sequence[KnownWalk], tau_s: float) -> Array:
    """The model's variance of each walk's error share."""
    shares = [
        fading_variance(walk.xy, np.full(len(walk.xy), walk.sigma_m), walk.timestamps_s, tau_s) / walk.known_m2**2
        for walk in walks
    ]
    floored: Array = np.maximum(np.array(shares), 1e-12)
    return floored


@dataclass(frozen=True, slots=True)
class _Fit:
    """Scale and bias for one τ."""

    scale: float
    bias: float
    bias_se: float
    likelihood: float

    @classmethod
    def of(cls, errors: Array, shares: Array) -> "_Fit":
        weights = 1 / shares
        bias = float(np.sum(weights * errors) / np.sum(weights))
        scale_squared = max(1e-12, float(np.sum(weights * (errors - bias) ** 2)) / max(1, len(errors) - 1))
        likelihood = -0.5 * (len(errors) * log(scale_squared) + float(np.sum(np.log(shares))))
        return cls(sqrt(scale_squared), bias, sqrt(scale_squared / float(np.sum(weights))), likelihood)
