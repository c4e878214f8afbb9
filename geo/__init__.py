"""SHAPES: measure captured land with an honest tolerance. No files, no network, no database, no clock."""

from geo.measurement import measure
from geo.results import Join, Measurement, Overlap, PlotMeasurement

__all__ = ["Join", "Measurement", "Overlap", "PlotMeasurement", "measure"]
