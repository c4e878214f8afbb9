"""
How fast land is measured: one evaluation among neighbours, a large ring, a long walk, and a whole province again.

Processor time and the best of several runs are given beside the clock, so that a busy machine shows in one and not in
the other. BENCH_PLOTS changes how many plots are evaluated again (100000 is a large county's history).
"""

import math
import multiprocessing
import os
import resource
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from benchmarks.figures import emit, percentile
from benchmarks.walks import HERE, Habits, Noise, Phone, walk
from geo import measure

POLICY: dict[str, Any] = {"household_id": "ours", "gap_m": 2.0, "min_block_mu": 0.5, "claimed_mu": 3.0}
NEIGHBOURS = 20
VERTICES = 50
PROCESSES = 2
CHUNK = 100
TEMPLATES = 16


def measure_geo(quick: bool) -> None:
    """The part of `make bench`."""
    evaluation(quick)
    large_ring(quick)
    long_walk(quick)
    again(int(os.environ.get("BENCH_PLOTS", "400" if quick else "4000")))


def evaluation(quick: bool) -> None:
    """A plot of 50 vertices among 20 neighbours, four of which overlap it."""
    collection = village(1)
    seconds, processor = timed(lambda: measure(collection, POLICY), 10 if quick else 100)
    emit(
        "geo_evaluation",
        vertices=VERTICES,
        neighbours=NEIGHBOURS,
        p50_ms=_ms(percentile(seconds, 0.5)),
        best_ms=_ms(min(seconds)),
        per_processor_second=round(len(seconds) / processor),
    )


def large_ring(quick: bool) -> None:
    """A ring of 20,000 vertices, beside one of 2,000: ten times the vertices should cost ten times, not a hundred."""
    found = {}
    for vertices in (2_000, 20_000):
        ring = [feature(star(vertices, 300.0), "ours", "large")]
        found[vertices] = min(timed(lambda ring=ring: measure(ring, POLICY), 2 if quick else 5)[0])
    emit(
        "geo_large_ring",
        vertices=20_000,
        best_ms=_ms(found[20_000]),
        tenth_best_ms=_ms(found[2_000]),
        growth=round(found[20_000] / found[2_000], 1),
    )


def long_walk(quick: bool) -> None:
    """Twenty minutes at one fix a second, with stops and jumps."""
    chance = np.random.default_rng(20)
    around = star(12, 210.0)
    walked = walk(around, Phone(3.0, 1.0, Noise(100, 15, 0.3), False), Habits(1.1), chance)
    seconds, _ = timed(lambda: measure([walked.feature], POLICY), 5 if quick else 20)
    emit(
        "geo_long_walk",
        fixes=len(walked.feature["geometry"]["coordinates"][0]) - 1,
        p50_ms=_ms(percentile(seconds, 0.5)),
        best_ms=_ms(min(seconds)),
        limit_ms=50,
    )


def again(plots: int) -> None:
    """Evaluate many plots again on two processes; the memory of each after its first and its last tenth."""
    chunks = [range(start, min(plots, start + CHUNK)) for start in range(0, plots, CHUNK)]
    started = time.perf_counter()
    peaks: dict[int, list[int]] = {}
    done = 0
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        for process, count, peak_kb in pool.imap(evaluate, chunks):
            peaks.setdefault(process, []).append(peak_kb)
            done += count
    seconds = time.perf_counter() - started
    first = [peak[max(0, len(peak) // 10 - 1)] for peak in peaks.values()]
    last = [peak[-1] for peak in peaks.values()]
    emit(
        "geo_again",
        plots=done,
        processes=PROCESSES,
        seconds=round(seconds, 1),
        plots_per_second=round(done / seconds),
        peak_mb_first_tenth=round(max(first) / 1024, 1),
        peak_mb_last_tenth=round(max(last) / 1024, 1),
        memory_growth=round(max(b / a for a, b in zip(first, last, strict=True)), 3),
    )


def evaluate(numbers: range) -> tuple[int, int, int]:
    """Evaluate some plots in a process of the pool: its number, how many, and its peak memory in KiB."""
    for number in numbers:
        measure(village(number % TEMPLATES), POLICY)
    return os.getpid(), len(numbers), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@cache
def village(number: int) -> list[dict[str, Any]]:
    """A household's plot and its neighbours round about, a few of which reach into it."""
    around = [feature(star(VERTICES, 25.0, number), "ours", "own")]
    for i in range(NEIGHBOURS):
        turn, away_m = 2 * math.pi * i / NEIGHBOURS, 42.0 if i % 5 == 0 else 90.0
        moved = star(VERTICES, 25.0, number * NEIGHBOURS + i) + away_m * np.array([math.cos(turn), math.sin(turn)])
        around.append(feature(moved, f"neighbour {i}", f"plot {i}"))
    return around


def star(vertices: int, radius_m: float, seed: int = 0) -> Any:
    """A plot that bulges; metres, shape (vertices, 2)."""
    turns = np.linspace(0, 2 * math.pi, vertices, endpoint=False)
    phases = np.random.default_rng(seed).uniform(0, 2 * math.pi, 3)
    radius = radius_m * (1 + sum(0.08 * np.cos((k + 2) * turns + phase) for k, phase in enumerate(phases)))
    return np.column_stack((radius * np.cos(turns), radius * np.sin(turns)))


def feature(xy: Any, household_id: str, plot_id: str) -> dict[str, Any]:
    """Corners in metres as a Feature."""
    ring = HERE.inverse(xy).tolist()
    properties = {"plot_id": plot_id, "household_id": household_id, "accuracy_m": 3.0}
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
        "properties": properties,
    }


def timed(work: Callable[[], object], times: int) -> tuple[list[float], float]:
    """Seconds of every run by the clock, and of all of them by the processor; one run before is not counted."""
    work()
    seconds, processor = [], time.process_time()
    for _ in range(times):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return seconds, time.process_time() - processor


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


if __name__ == "__main__":
    measure_geo(quick=False)
