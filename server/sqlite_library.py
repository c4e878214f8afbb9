"""
The one SQLite of this process: the newer one of the package pysqlite3, or Python's own where there is no wheel of it.

A write-ahead log is safe only on versions that are newer than most systems' (docs/decisions/0003). Never open a
database with both: POSIX drops a process's locks on a file as soon as either closes it.
"""

import sqlite3 as python_own
from typing import TYPE_CHECKING

# It registers with Python's own how its columns are written and read.
import piccolo.engine.sqlite  # noqa: F401

if TYPE_CHECKING:
    import sqlite3
else:
    try:
        import pysqlite3 as sqlite3
    except ImportError:
        import sqlite3

__all__ = ["sqlite3"]

if sqlite3 is not python_own:
    for (kind, _protocol), adapt in python_own.adapters.items():
        sqlite3.register_adapter(kind, adapt)
    for name, convert in python_own.converters.items():
        sqlite3.register_converter(name, convert)
