"""Piccolo tables, one file per resource."""

from server.tables.backups import BackupTable, ScrubTable
from server.tables.devices import DeviceRecordTable
from server.tables.events import EventTable
from server.tables.field_notes import AttemptTable, FoundPlotTable
from server.tables.photos import PhotoTable
from server.tables.plots import HouseholdTable, PlotTable, TaskTable
from server.tables.programmes import PolicyTable, ProgrammeTable
from server.tables.regions import RegionTable
from server.tables.seals import SealTable
from server.tables.submissions import (
    CounterTable,
    EvaluationTable,
    MendingTable,
    QuarantineTable,
    ReviewTable,
    SubmissionTable,
)
from server.tables.users import RoleGrantTable, SessionTable, SignInFailureTable, UserTable

__all__ = [
    "AttemptTable",
    "BackupTable",
    "CounterTable",
    "DeviceRecordTable",
    "EvaluationTable",
    "EventTable",
    "FoundPlotTable",
    "HouseholdTable",
    "MendingTable",
    "PhotoTable",
    "PlotTable",
    "PolicyTable",
    "ProgrammeTable",
    "QuarantineTable",
    "RegionTable",
    "ReviewTable",
    "RoleGrantTable",
    "ScrubTable",
    "SealTable",
    "SessionTable",
    "SignInFailureTable",
    "SubmissionTable",
    "TaskTable",
    "UserTable",
]
