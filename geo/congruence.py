"""
A plot that fits another outline once it is moved by the GCJ-02 shift: its datum is probably mislabelled (坐标系可疑).

Half a kilometre off, a second claim to the same ground shows no overlap at all; only its form gives it away.
"""

from shapely.affinity import translate

from geo.area import Shape
from geo.plane import Array

# One outline walked twice on 0.6 mu shares about two thirds of its ground, a stranger's plot there by chance far less.
FITTING_SHARE = 0.6
SAME_PLOT_FITTING_SHARE = 0.5
FAR_BETTER_SHARE = 0.3


def common_share(one: Shape, other: Shape) -> float:
    """Ground in both over ground in either; 1.0 for the same outline."""
    shared = float(one.intersection(other).area)
    together = one.area + other.area - shared
    return shared / together if together > 0 else 0.0


def fits_when_shifted(ours: Shape, theirs: Shape, shift_m: Array, *, same_plot: bool) -> int | None:
    """
    Which of the two must be moved back by the shift to fit the other far better than where it stands.

    Returns:
        0 for ours, 1 for theirs, None when neither fits.
    """
    as_is = common_share(ours, theirs)
    least = max(SAME_PLOT_FITTING_SHARE if same_plot else FITTING_SHARE, as_is + FAR_BETTER_SHARE)
    east, north = float(shift_m[0]), float(shift_m[1])
    shares = [
        common_share(translate(ours, -east, -north), theirs),
        common_share(ours, translate(theirs, -east, -north)),
    ]
    best = max(range(2), key=lambda i: shares[i])
    return best if shares[best] >= least else None
