"""
Which photo store belongs to this database: a name that lies among the photos and is on record.

A disk that was not mounted leaves an empty folder. Without the name a server would put new photos there, where nobody
finds them once the disk is back, and would take every earlier photo for lost.
"""

from datetime import datetime
from uuid import uuid4

from server.database import transaction
from server.events import record
from server.storage import PhotoStore
from server.tables import EventTable


async def recorded_name() -> str | None:
    """Return the name of the store on record; None before the first start."""
    newest = EventTable.select(EventTable.subject_id).where(EventTable.subject_kind == "store")
    row = await newest.order_by(EventTable.seq, ascending=False).first()
    return row["subject_id"] if row else None


async def name_store(photos: PhotoStore, *, at: datetime) -> None:
    """Give the store a name if it has none, and put it on record as `store.named` if another is, or none."""
    name, known = await photos.keep_name(str(uuid4())), await recorded_name()
    if name != known:
        async with transaction():
            before = {"name": known} if known else None
            await record("store.named", "store", name, actor=None, before=before, after={"name": name}, at=at)


async def is_another(photos: PhotoStore) -> bool:
    """Whether this is not the store on record, but another or none at all; False when none is on record."""
    known = await recorded_name()
    return known is not None and await photos.name() != known


async def require_same_store(photos: PhotoStore) -> None:
    """
    Close the store when it is not the one on record.

    Raises:
        StorageFailed: It is not, or it was closed before.
    """
    if await is_another(photos):
        photos.health.close("the photo store is not the one on record; is its disk mounted?")
        photos.health.require_open()
