"""Programmes (项目) and the versions of their policy."""

from piccolo.columns import UUID, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table

from server.tables.regions import RegionTable


class ProgrammeTable(Table, tablename="programme"):
    """One subsidy programme of one year."""

    code = Varchar(length=60, primary_key=True, default=None)
    name = Varchar(length=100, default=None)
    year = Integer(default=None)
    region = ForeignKey(RegionTable, null=False, on_delete=OnDelete.restrict, index=True)
    policy_version = Integer(default=None, help_text="The version now in force.")


class PolicyTable(Table, tablename="policy"):
    """A policy version as validated data (政策参数). A row is never altered; a change is a new version."""

    id = UUID(primary_key=True, default=None)
    programme = ForeignKey(ProgrammeTable, null=False, on_delete=OnDelete.restrict)
    version = Integer(default=None)
    data = Text(default=None, help_text="JSON that inspections.policy.read_policy accepted.")
    published_at = Timestamptz(default=None)
