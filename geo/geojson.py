"""
RFC 7946 in and out; the one place where coordinate order is handled.

Positions are [longitude, latitude] with an altitude allowed and left aside: land is counted as horizontal area.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal, get_args

import numpy as np
from shapely import LinearRing

from geo.area import Shape, parts
from geo.datum import DATUMS, Datum, wgs84_from_gcj02
from geo.errors import BoundaryRefused
from geo.plane import Array, LocalPlane

Capture = Literal["walk", "vertices"]

# A micrometre: the cleaned boundary of a tenth of a mu measures the same, to 1e-7, when it is read again.
COORDINATE_DECIMALS = 11
# Half way round the earth: a larger accuracy radius says nothing more, and its square would leave the floats.
MOST_ACCURACY_M = 2e7
CAPTURES: tuple[Capture, ...] = get_args(Capture)


@dataclass(frozen=True, slots=True)
class RawRing:
    """One ring as captured, closed or not; accuracy and time are NaN where unknown."""

    positions: Array
    accuracy_m: Array
    timestamps_s: Array


@dataclass(frozen=True, slots=True)
class PlotFeature:
    """
    One plot as captured; `refused` says why there is nothing to measure in it.

    `polygons` are in WGS 84, `captured` is what came. `declared` marks the outline a ledger holds: it is compared with
    the plots, never measured.
    """

    plot_id: str | None
    household_id: str | None
    capture: Capture
    polygons: tuple[tuple[RawRing, ...], ...]
    refused: BoundaryRefused | None = None
    datum: Datum = "WGS84"
    captured: tuple[tuple[RawRing, ...], ...] = ()
    declared: bool = False
    phone_model: str | None = None


def read_features(collection: object) -> list[PlotFeature]:
    """
    Read a FeatureCollection, one Feature, or a list of Features.

    Raises:
        BoundaryRefused: The collection is none of these; a single bad feature carries its own refusal instead.
    """
    return [read_feature(feature) for feature in list_features(collection)]


def list_features(collection: object) -> Sequence[object]:
    """
    The features of a collection, still unread.

    Raises:
        BoundaryRefused: It is no FeatureCollection, Feature or list.
    """
    if isinstance(collection, Mapping):
        collection = [collection] if collection.get("type") == "Feature" else collection.get("features")
    if not isinstance(collection, Sequence) or isinstance(collection, str | bytes):
        raise _malformed("需要 GeoJSON FeatureCollection。", "A GeoJSON FeatureCollection is needed.")
    return collection


def write_geometry(shape: Shape, plane: LocalPlane) -> dict[str, Any]:
    """A shape of a local plane as GeoJSON; exteriors anticlockwise, holes clockwise."""
    polygons = [
        [_write_ring(part.exterior, plane, ccw=True), *(_write_ring(hole, plane, ccw=False) for hole in part.interiors)]
        for part in parts(shape)
    ]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def captured_coordinates(feature: PlotFeature) -> list[list[list[list[float | None]]]]:
    """The coordinates of a MultiPolygon, in the datum they came in and with all that repairs leave out."""
    return [[_finite(ring.positions) for ring in polygon] for polygon in feature.captured]


def _finite(positions: Array) -> list[list[float | None]]:
    """Positions as JSON can hold them: null where no finite number came."""
    if np.isfinite(positions).all():
        whole: list[list[float | None]] = positions.tolist()
        return whole
    return [[value if isfinite(value) else None for value in pair] for pair in positions.tolist()]


def _write_ring(ring: LinearRing, plane: LocalPlane, *, ccw: bool) -> list[list[float]]:
    positions = plane.inverse(np.asarray(ring.coords))
    if ring.is_ccw != ccw:
        positions = positions[::-1]
    written: list[list[float]] = np.round(positions, COORDINATE_DECIMALS).tolist()
    return written


def property_of(feature: object, name: str) -> object:
    """A property of an unread feature, whatever stands in its place; None where there is none."""
    # Asking for a dict first is ten times quicker than for a Mapping, and there are thousands.
    properties = feature.get("properties") if isinstance(feature, dict | Mapping) else None
    return properties.get(name) if isinstance(properties, dict | Mapping) else None


def household_of(feature: object) -> str | None:
    """Whose plot an unread feature is."""
    return _text(property_of(feature, "household_id"))


def read_feature(feature: object) -> PlotFeature:
    """Read one Feature; what cannot be read carries its refusal."""
    plot_id, household_id = _text(property_of(feature, "plot_id")), household_of(feature)
    named = property_of(feature, "capture")
    capture = next((known for known in CAPTURES if known == ("vertices" if named is None else named)), None)
    declared = property_of(feature, "role") == "declared"
    said = property_of(feature, "datum")
    datum = next((known for known in DATUMS if known == ("WGS84" if said is None else said)), None)
    try:
        if datum is None:
            raise BoundaryRefused(
                "datum_unsupported",
                f"坐标系 {_shown(said)} 不能测量，请提供 WGS84 坐标。",
                f"Datum {_shown(said)} cannot be measured; give WGS84 positions.",
            )
        if capture is None:
            raise BoundaryRefused(
                "capture_unknown",
                f"测量方式 {_shown(named)} 未知，应为 walk（绕行）或 vertices（定点）。",
                f"Capture {_shown(named)} is unknown; walk or vertices is needed.",
            )
        captured = _read_polygons(feature)
    except BoundaryRefused as refused:
        return PlotFeature(plot_id, household_id, capture or "vertices", (), refused, datum or "WGS84", (), declared)
    polygons, phone_model = captured, _text(property_of(feature, "phone_model"))
    if datum == "GCJ02":
        polygons = tuple(tuple(_to_wgs84(ring) for ring in polygon) for polygon in captured)
    return PlotFeature(plot_id, household_id, capture, polygons, None, datum, captured, declared, phone_model)


def _to_wgs84(ring: RawRing) -> RawRing:
    positions = ring.positions.copy()
    # Positions that cannot be are left as they came: they are refused by name later.
    possible = (np.abs(positions) <= (360.0, 90.0)).all(axis=1)
    positions[possible] = wgs84_from_gcj02(positions[possible])
    if len(positions) and (ring.positions[0] == ring.positions[-1]).all():
        positions[-1] = positions[0]
    return RawRing(positions, ring.accuracy_m, ring.timestamps_s)


def _read_polygons(feature: object) -> tuple[tuple[RawRing, ...], ...]:
    geometry = feature.get("geometry") if isinstance(feature, Mapping) else None
    if not isinstance(geometry, Mapping) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise _malformed("几何类型应为 Polygon 或 MultiPolygon。", "The geometry must be a Polygon or MultiPolygon.")
    multi = geometry["type"] == "MultiPolygon"
    coordinates = geometry.get("coordinates")
    polygons = coordinates if multi else [coordinates]
    if not isinstance(polygons, Sequence) or not polygons:
        raise _malformed("没有坐标。", "There are no coordinates.")
    single_ring = len(polygons) == 1 and isinstance(polygons[0], Sequence) and len(polygons[0]) == 1
    read = []
    for number, rings in enumerate(polygons):
        if not isinstance(rings, Sequence) or isinstance(rings, str) or not rings:
            raise _malformed("多边形没有环。", "A polygon has no ring.")
        accuracy = _of_polygon(property_of(feature, "accuracy_m"), number, multi=multi, single_ring=single_ring)
        times = _of_polygon(property_of(feature, "timestamps_s"), number, multi=multi, single_ring=single_ring)
        read.append(tuple(_read_ring(ring, _item(accuracy, i), _item(times, i)) for i, ring in enumerate(rings)))
    return tuple(read)


def _of_polygon(values: object, number: int, *, multi: bool, single_ring: bool) -> object:
    """Bring the accepted nestings to: one number, or one list for each ring of this polygon."""
    if not isinstance(values, Sequence):
        return values
    if single_ring and values and not isinstance(values[0], Sequence):
        return [values]
    if multi:
        return values[number] if number < len(values) else None
    return values


def _item(values: object, i: int) -> object:
    if isinstance(values, Sequence) and not isinstance(values, str):
        return values[i] if i < len(values) else None
    return values


def _read_ring(ring: object, accuracy: object, times: object) -> RawRing:
    if not isinstance(ring, Sequence) or isinstance(ring, str):
        raise _malformed("环不是坐标列表。", "A ring is not a list of positions.")
    pairs: list[tuple[float, float]] = []
    for position in ring:
        if not isinstance(position, Sequence) or isinstance(position, str) or len(position) < 2:
            raise _malformed("坐标应为 [经度, 纬度]。", "A position must be [longitude, latitude].")
        lon, lat = position[0], position[1]
        if not (_is_number(lon) and _is_number(lat)):
            raise not_numbers()
        pairs.append((float(lon), float(lat)))
    positions = np.array(pairs, dtype=np.float64).reshape(len(pairs), 2)
    return RawRing(positions, _radii(accuracy, len(pairs)), _parallel(times, len(pairs)))


def _parallel(values: object, count: int) -> Array:
    """Values beside a ring; all unknown when they do not run parallel to it. Negative ones are unknown, too."""
    if _is_number(values):
        read = np.full(count, float(values))  # type: ignore[arg-type]
    elif isinstance(values, Sequence) and len(values) == count:
        read = np.array([float(v) if _is_number(v) else np.nan for v in values], dtype=np.float64)
    else:
        read = np.full(count, np.nan)
    read[~np.isfinite(read) | (read < 0)] = np.nan
    return read


def _radii(values: object, count: int) -> Array:
    """Accuracy radii beside a ring."""
    return np.minimum(_parallel(values, count), MOST_ACCURACY_M)


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    # JSON knows integers that no float can hold.
    return isinstance(value, float) or abs(value) < 2**53


def _text(value: object) -> str | None:
    """A name or number as text; what is neither names nothing."""
    return str(value) if isinstance(value, str | int | float) else None


def _shown(value: object) -> str:
    """A value in a sentence, however long or deep it is."""
    text = _text(value)
    return type(value).__name__ if text is None else text[:40]


def _malformed(message_zh: str, message_en: str) -> BoundaryRefused:
    return BoundaryRefused("not_geojson", message_zh, message_en)


def not_numbers() -> BoundaryRefused:
    """The refusal for coordinates that are no finite numbers."""
    return BoundaryRefused("not_numbers", "坐标中有非数字。", "A coordinate is not a number.")
