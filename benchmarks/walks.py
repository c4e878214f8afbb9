"""
Walks of plots whose true area is known, with the errors real receivers have; the same seed walks the same walk.

The truth is a line; the walker goes along it at an uneven pace, stands at corners, stops short of the start or goes
past it, and may keep outside the line. The error of each axis is the sum of a slow and a fast Gauss-Markov part and a
little white noise; its size may swing (heavy tails). Fixes are lost for a while, some are thrown far off, and the
accuracy that the phone states is wrong by a quarter; one phone in four states 0.6 of what it should.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from shapely import Polygon

from geo.plane import Array, LocalPlane
from geo.units import mu_to_m2, sigma_per_radius

HERE = LocalPlane(109.4, 25.2)
SIZES_MU = (0.6, 3.0, 15.0)
EXTRA_SIZE_MU = 135.0
QUALITIES_M = ((1.5, 2.0), (2.0, 3.0), (3.0, 4.5), (4.5, 6.0))
WHITE_M = 0.15
UNDERSTATED = 0.6
UNDERSTATED_SHARE = 0.25
STATED_SPREAD = 0.25
ANDROID = 0.68


@dataclass(frozen=True, slots=True)
class Noise:
    """Two Gauss-Markov parts; `fast_share` is the fast one's share of the variance."""

    slow_tau_s: float
    fast_tau_s: float
    fast_share: float


# Deliberately not the model of geo.accuracy, which knows one part of 60 s: it must hold for all of these.
NOISES = (
    Noise(350, 15, 0.5),
    Noise(350, 60, 0.5),
    Noise(100, 15, 0.3),
    Noise(100, 40, 0.5),
    Noise(60, 15, 0.2),
    Noise(40, 15, 0.2),
)


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone on one walk: `sigma_m` is the true error along an axis, `stated` what it makes of it."""

    sigma_m: float
    stated: float
    noise: Noise
    heavy_tails: bool
    model: str = "simulated"


@dataclass(frozen=True, slots=True)
class Habits:
    """How a person walks; `outside_share` is the share by which the line walked encloses more than the plot."""

    speed_m_s: float
    outside_share: float = 0.0
    stops: bool = True
    dropouts: bool = True
    outliers: bool = True


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk as the phone sends it, beside the truth."""

    feature: dict[str, Any]
    true_m2: float
    phone: Phone
    quality: int


def random_walk(size_mu: float, chance: np.random.Generator) -> Walk:
    """One walk of a plot, a phone and a walker, all drawn."""
    quality = int(chance.integers(len(QUALITIES_M)))
    stated = math.exp(chance.normal(0, STATED_SPREAD))
    if chance.random() < UNDERSTATED_SHARE:
        stated *= UNDERSTATED
    noise = NOISES[chance.integers(len(NOISES))]
    phone = Phone(chance.uniform(*QUALITIES_M[quality]), stated, noise, bool(chance.random() < 1 / 3))
    return walk(natural_plot(size_mu, chance), phone, Habits(chance.uniform(0.8, 1.3)), chance, quality)


def natural_plot(size_mu: float, chance: np.random.Generator) -> Array:
    """Corners of a plot as they lie on a slope: bulging, drawn out, with 6 to 24 corners; metres, shape (n, 2)."""
    while True:
        turns = np.sort(chance.uniform(0, 2 * math.pi, int(chance.integers(6, 25))))
        bulges = [(k, chance.normal(0, 0.22 / k), chance.uniform(0, 2 * math.pi)) for k in (2, 3, 4, 5)]
        radius = 1 + sum(size * np.cos(k * turns + phase) for k, size, phase in bulges)
        xy = np.column_stack((radius * np.cos(turns), radius * np.sin(turns)))
        xy[:, 0] *= chance.uniform(1, 2.2)
        shape = Polygon(xy)
        # No inspector measures a plot a few metres wide with a phone; geo refuses it, too.
        if shape.is_valid and 4 * math.pi * shape.area / shape.length**2 > 0.4:
            tilt = chance.uniform(0, math.pi)
            turn = np.array([[math.cos(tilt), math.sin(tilt)], [-math.sin(tilt), math.cos(tilt)]])
            return np.asarray(xy @ turn * math.sqrt(mu_to_m2(size_mu) / shape.area))


def walk(
    corners: Array, phone: Phone, habits: Habits, chance: np.random.Generator, quality: int = 0, **properties: Any
) -> Walk:
    """Walk once round a plot, one fix a second; further properties go into the feature."""
    true_m2 = float(Polygon(corners).area)
    line = corners.mean(axis=0) + (corners - corners.mean(axis=0)) * math.sqrt(1 + habits.outside_share)
    truth = _paced(line, habits, chance)
    errors = gauss_markov(len(truth), phone.noise, chance)
    if phone.heavy_tails:
        errors *= _swing(len(truth), chance)[:, None]
    xy = truth + phone.sigma_m * errors + chance.normal(0, WHITE_M, truth.shape)
    if habits.outliers:
        _throw(xy, chance)
    radius_m = phone.sigma_m / sigma_per_radius(ANDROID) * phone.stated
    accuracy_m = radius_m * np.exp(chance.normal(0, 0.1, len(xy)))
    seconds = np.arange(len(xy), dtype=float)
    if habits.dropouts:
        kept = _received(len(xy), chance)
        xy, accuracy_m, seconds = xy[kept], accuracy_m[kept], seconds[kept]
    return Walk(_feature(xy, accuracy_m, seconds, properties), true_m2, phone, quality)


def gauss_markov(count: int, noise: Noise, chance: np.random.Generator) -> Array:
    """Errors of unit variance along each of two axes, one a second; shape (count, 2)."""
    slow = _fading(count, noise.slow_tau_s, chance) * math.sqrt(1 - noise.fast_share)
    return slow + _fading(count, noise.fast_tau_s, chance) * math.sqrt(noise.fast_share)


def _fading(count: int, tau_s: float, chance: np.random.Generator, axes: int = 2) -> Array:
    keep = math.exp(-1 / tau_s)
    fresh = chance.normal(0, math.sqrt(1 - keep * keep), (count, axes))
    fresh[0] = chance.normal(0, 1, axes)
    columns = []
    for axis in range(axes):
        error, column = 0.0, []
        for push in fresh[:, axis].tolist():
            error = keep * error + push
            column.append(error)
        columns.append(column)
    return np.array(columns).T


def _swing(count: int, chance: np.random.Generator, depth: float = 0.5) -> Array:
    """A size that swings over minutes, its mean square one: what makes the tails heavy."""
    return np.asarray(np.exp(depth * _fading(count, 60.0, chance, 1)[:, 0] - depth**2))


def _paced(corners: Array, habits: Habits, chance: np.random.Generator) -> Array:
    """True position at every second: uneven pace, stops at some corners, an end near the start."""
    line = np.vstack((corners, corners[:1]))
    along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))))
    length_m = float(along[-1])
    end_m = length_m + float(chance.uniform(-3, 8)) if habits.stops else length_m
    seconds = int(2 * end_m / habits.speed_m_s) + 20
    pace = habits.speed_m_s * np.exp(0.1 * _fading(seconds, 20.0, chance, 1)[:, 0])
    reached = np.concatenate(([0.0], np.cumsum(pace)))
    reached = np.append(reached[reached < end_m], end_m)
    if habits.stops:
        waits = [(0.0, int(chance.integers(0, 11)))]
        waits += [(at, int(chance.integers(4, 20))) for at in along[1:-1].tolist() if chance.random() < 0.25]
        for at, wait in waits:
            where = int(np.searchsorted(reached, at))
            reached = np.insert(reached, where, np.full(wait, at))
    return np.column_stack([np.interp(reached % length_m, along, line[:, axis]) for axis in (0, 1)])


def _throw(xy: Array, chance: np.random.Generator) -> None:
    """Reflected signals: in two walks of five, one to three fixes lie 20 to 60 m off."""
    for _ in range(int(chance.choice([0, 1, 2], p=[0.6, 0.3, 0.1]))):
        start = int(chance.integers(5, len(xy) - 8))
        turn, far_m = chance.uniform(0, 2 * math.pi), chance.uniform(20, 60)
        xy[start : start + int(chance.integers(1, 4))] += far_m * np.array([math.cos(turn), math.sin(turn)])


def _received(count: int, chance: np.random.Generator) -> Array:
    """Which fixes arrive: now and then none for 4 to 20 s."""
    kept = np.ones(count, dtype=bool)
    for _ in range(chance.poisson(0.15 * count / 60)):
        start = int(chance.integers(5, max(6, count - 25)))
        kept[start : start + int(chance.integers(4, 21))] = False
    kept[-1] = True
    return kept


def _feature(xy: Array, accuracy_m: Array, seconds: Array, properties: dict[str, Any]) -> dict[str, Any]:
    ring: list[list[float]] = np.round(HERE.inverse(xy), 7).tolist()
    accuracy = np.round(accuracy_m, 1).tolist()
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
        "properties": {
            "plot_id": "walked",
            "household_id": "ours",
            "capture": "walk",
            "accuracy_m": [[*accuracy, accuracy[0]]],
            "timestamps_s": [[*seconds.tolist(), float(seconds[-1]) + 1]],
            **properties,
        },
    }


def seeds_of(seed: int, sizes_mu: Sequence[float]) -> dict[float, np.random.Generator]:
    """A generator of its own for every size, so that a row does not depend on which others were asked for."""
    return {size: np.random.default_rng([seed, round(size * 10)]) for size in sizes_mu}
