"""
`measure`: a household's captured plots to an area that can be defended.

Each plot is repaired and measured by itself (`geo.plot`), from one walk or several; then the household's plots are
joined to contiguous blocks, overlapping ground counted once, and compared with the plots of all others.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from geo.congruence import FITTING_SHARE
from geo.datum import gcj02_shift_deg
from geo.errors import BoundaryRefused
from geo.geojson import (
    PlotFeature,
    household_of,
    list_features,
    property_of,
    read_feature,
)
from geo.household import Household
from geo.issues import refusal
from geo.measured import Limits, MeasuredPlot
from geo.nearby import alike, meeting, read_bounds, rough_bounds
from geo.plot import measure_plot
from geo.policy import read_policy
from geo.results import Measurement
from geo.units import mu_to_m2


def measure(collection: object, policy: object) -> Measurement:
    """
    Measure a household's plots among those of others.

    Args:
        collection: GeoJSON FeatureCollection or list of Features with Polygon or MultiPolygon geometries; properties
            `plot_id`, `household_id`, `datum`, `capture`, `accuracy_m`, `timestamps_s`. Several features `walk` of
            one plot are walks of it that are combined. With `role: "declared"` a feature is the ledger's outline of a
            plot: compared with it, never measured.
        policy: A mapping or an object with the fields of `Policy`.

    Returns:
        The measurement. Bad geometry never raises: it is repaired or refused, and named in `issues`.

    Raises:
        KeyError: The policy lacks `gap_m` or `min_block_mu`.
        ValueError: A figure of the policy is none.

    >>> field = {"type": "Polygon", "coordinates": [[[112, 28], [112.001, 28], [112.001, 28.001], [112, 28]]]}
    >>> feature = {"type": "Feature", "geometry": field, "properties": {"household_id": "a", "accuracy_m": 3}}
    >>> round(measure([feature], {"household_id": "a", "gap_m": 2, "min_block_mu": 0.5}).area_m2)
    5450
    """
    asked = read_policy(policy)
    try:
        listed = list_features(collection)
    except BoundaryRefused as error:
        return Measurement("refused", issues=[refusal(error, None)])
    limits = Limits(
        asked.accuracy_confidence,
        asked.allowed_bbox,
        None if asked.max_area_mu is None else mu_to_m2(asked.max_area_mu),
        asked.max_edge_m,
        asked.calibration,
    )
    mine: list[object] = []
    theirs: list[object] = []
    for feature in listed:
        is_mine = asked.household_id is None or household_of(feature) == asked.household_id
        measured_here = is_mine and property_of(feature, "role") != "declared"
        (mine if measured_here else theirs).append(feature)
    ours = [measure_plot(walks, limits) for walks in _walks_of_plots(map(read_feature, mine))]
    # Others' old outlines may lie outside today's limits; only what they claim in common matters here.
    loose = Limits(asked.accuracy_confidence, None, None, None, asked.calibration)
    near = _near([plot for plot in ours if plot.shape is not None], theirs)
    others = [measure_plot(walks, loose) for walks in _walks_of_plots(map(read_feature, near))]
    return Household(asked, ours, others).measurement()


def _walks_of_plots(features: Iterable[PlotFeature]) -> list[list[PlotFeature]]:
    """Features of one plot: several walks of it together, everything else by itself, in the order they came."""
    plots: list[list[PlotFeature]] = []
    walked: dict[tuple[str, str | None], list[PlotFeature]] = {}
    for feature in features:
        if feature.capture != "walk" or feature.plot_id is None or feature.declared:
            plots.append([feature])
            continue
        key = (feature.plot_id, feature.household_id)
        if key not in walked:
            walked[key] = []
            plots.append(walked[key])
        walked[key].append(feature)
    return plots


def _near(ours: Sequence[MeasuredPlot], theirs: Sequence[object]) -> list[object]:
    """Of all others' features those that may touch one of ours, or lie as it would by another datum."""
    boxes = rough_bounds(theirs)
    wanted = np.zeros(len(theirs), dtype=bool)
    for plot in ours:
        for box in filter(None, map(read_bounds, plot.features)):
            wanted |= meeting(box, boxes)
            west, south, east, north = box
            shift_east, shift_north = gcj02_shift_deg((west + east) / 2, (south + north) / 2)
            for sign in (1, -1):
                x, y = sign * shift_east, sign * shift_north
                wanted |= alike((west + x, south + y, east + x, north + y), boxes, FITTING_SHARE / 2)
    return [theirs[i] for i in np.flatnonzero(wanted).tolist()]
