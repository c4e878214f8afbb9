"""Seals over the event table: a chain of digests in which every alteration shows (封存链)."""

from piccolo.columns import BigInt, Timestamptz, Varchar
from piccolo.table import Table


class SealTable(Table, tablename="seal"):
    """
    One link: a run of events under one digest, which also covers the link before it.

    Made by server/chain.py and never altered. The newest link is the head; published outside, it fixes everything
    that came before it.
    """

    no = BigInt(primary_key=True, default=None, help_text="1, 2, 3 … without gaps.")
    from_seq = BigInt(default=None)
    to_seq = BigInt(default=None)
    event_count = BigInt(default=None, help_text="Events in between; a sequence may leave numbers out.")
    digest = Varchar(length=64, default=None)
    sealed_at = Timestamptz(default=None)
