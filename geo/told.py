"""What fixes say of themselves, their accuracy and their time, and what is taken where they say nothing."""

import numpy as np

from geo.accuracy import ASSUMED_ACCURACY_M
from geo.geojson import RawRing
from geo.measured import MeasuredPlot
from geo.plane import Array
from geo.repair import close_raw
from geo.times import times_of
from geo.units import sigma_per_radius


def stated_sigma_m(plot: MeasuredPlot, raw: RawRing, accuracy_confidence: float) -> Array:
    """Standard deviations along one axis; fixes without an accuracy take the median of those with one."""
    radius_m = raw.accuracy_m.copy()
    # No walk is without error: phones say 0 where they know no accuracy.
    unknown = np.isnan(radius_m) | ((radius_m == 0) if plot.feature.capture == "walk" else False)
    if unknown.all():
        radius_m[:] = ASSUMED_ACCURACY_M
        plot.note_once(
            "accuracy_unknown",
            f"定位精度未知，按 {ASSUMED_ACCURACY_M:g} 米估计。",
            f"The accuracy of the fixes is unknown; {ASSUMED_ACCURACY_M:g} m is assumed.",
        )
    elif unknown.any():
        radius_m[unknown] = np.median(radius_m[~unknown])
        plot.note_once(
            "accuracy_filled",
            f"{int(unknown.sum())} 个点没有定位精度，按其余点的中位数估计。",
            f"{int(unknown.sum())} fixes state no accuracy; the median of the others is taken.",
        )
    sigma_m: Array = radius_m * sigma_per_radius(accuracy_confidence)
    return sigma_m


def stated_times_s(plot: MeasuredPlot, raw: RawRing, xy: Array) -> Array:
    """Seconds, rising; what was filled in or not believed is said."""
    count = len(xy) - 1 if close_raw(raw) and len(xy) > 1 else len(xy)
    times, told = times_of(xy[:count], raw.timestamps_s[:count])
    if told == "none":
        plot.note_once(
            "times_unknown",
            "定位时间缺失、颠倒或不可能，按步行速度估计。",
            "Times are missing, run back or cannot be; the pace of a walk is assumed.",
        )
    elif told == "some":
        plot.note_once(
            "times_filled",
            "部分定位时间缺失，按前后时间估计。",
            "Some times are missing; they were taken from those before and after.",
        )
    return np.append(times, [times[-1] + 1.0] * (len(xy) - count))
