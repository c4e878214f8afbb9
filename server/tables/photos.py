"""Photos (影像) whose bytes are durable in the photo store. A row is written after its bytes, never before."""

from piccolo.columns import UUID, BigInt, DoublePrecision, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table

from server.tables.plots import HouseholdTable, PlotTable
from server.tables.submissions import SubmissionTable


class PhotoTable(Table, tablename="photo"):
    """
    One photo of one submission.

    Village, household and plot are repeated here so that every question the archive answers is one index.
    """

    id = UUID(primary_key=True, default=None)
    submission = ForeignKey(SubmissionTable, null=False, on_delete=OnDelete.restrict)
    sha256 = Varchar(length=64, default=None, index=True)
    size_bytes = BigInt(default=None)
    media_type = Varchar(length=40, default=None)
    kind = Varchar(length=20, default=None)
    source = Varchar(length=10, default=None, help_text="camera (in the page) or file.")
    taken_at = Timestamptz(default=None, help_text="Device clock.")
    clock_offset_ms = BigInt(null=True, default=None, help_text="Server minus device; null when never known.")
    lon = DoublePrecision(null=True, default=None)
    lat = DoublePrecision(null=True, default=None)
    accuracy_m = DoublePrecision(null=True, default=None)
    width = Integer(default=None)
    height = Integer(default=None)
    township_code = Varchar(length=9, default=None)
    village_code = Varchar(length=12, default=None)
    household = ForeignKey(HouseholdTable, null=False, on_delete=OnDelete.restrict)
    plot = ForeignKey(PlotTable, null=False, on_delete=OnDelete.restrict)
    received_at = Timestamptz(default=None, help_text="Server clock, after fsync.")
    problem = Text(null=True, default=None, help_text="Why no picture could be made of the bytes, if so.")
    lost_at = Timestamptz(null=True, default=None, help_text="Since when its bytes are known to be gone or altered.")
