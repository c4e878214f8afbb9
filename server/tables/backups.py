"""Backups that stood their restore check (备份), and how far the scrub of the photo store has come."""

from piccolo.columns import UUID, BigInt, Text, Timestamptz, Varchar
from piccolo.table import Table


class BackupTable(Table, tablename="backup"):
    """One backup that was restored on trial and found whole; a backup without a row here does not count."""

    no = BigInt(primary_key=True, default=None, help_text="1, 2, 3 …")
    id = UUID(default=None, unique=True, help_text="As in the backup's manifest.")
    newest_receipt_no = BigInt(default=None, help_text="Newest submission it holds; 0 when there was none.")
    incomplete = Text(default=None, help_text="JSON list: receipt numbers whose photos were not all there yet.")
    photos = BigInt(default=None)
    started_at = Timestamptz(default=None)
    checked_at = Timestamptz(default=None)


class ScrubTable(Table, tablename="scrub"):
    """Where the background reading of every photo is; one row."""

    name = Varchar(length=20, primary_key=True, default=None)
    last_sha256 = Varchar(length=64, default=None, help_text="Read up to here; empty at the start of a round.")
    checked = BigInt(default=None, help_text="Photos read in this round.")
    damaged = BigInt(default=None, help_text="Of these, damaged or missing.")
    round_started_at = Timestamptz(default=None)
    leased_until = Timestamptz(default=None, help_text="One server process reads at a time.")
