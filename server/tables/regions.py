"""Regions (行政区): county, township and village, each named by its division code."""

from piccolo.columns import Varchar
from piccolo.table import Table


class RegionTable(Table, tablename="region"):
    """The code of a parent is the beginning of the codes of its children, so a scope is a prefix."""

    code = Varchar(length=12, primary_key=True, default=None, help_text="6 digits county, 9 township, 12 village.")
    name = Varchar(length=60, default=None)
    level = Varchar(length=10, default=None, help_text="county, township or village.")
