"""What happens when the disk fails: it is put on record, if the database still takes it."""

from datetime import UTC, datetime

from server.database import transaction
from server.events import record
from server.storage import PhotoStore


def ring_when_failing(photos: PhotoStore) -> None:
    """Write the event `storage.failed` once the store closes itself; /healthz and the log tell it in any case."""
    photos.health.alarm = _note


async def _note(reason: str) -> None:
    async with transaction():
        await record(
            "storage.failed",
            "storage",
            "photos",
            actor=None,
            before={"writable": True},
            after={"writable": False, "reason": reason},
            at=datetime.now(UTC),
        )
