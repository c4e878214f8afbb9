"""Whether the place of a backup is one where it outlives the data (备份放得对不对); what is doubtful stops nothing."""

from pathlib import Path

from server.backup.findings import Finding
from server.backup.manifest import backup_names
from server.database import engine
from server.sqlite_engine import PooledSQLiteEngine
from server.storage import PhotoStore
from server.storage.local import LocalStore
from server.tables import BackupTable


async def doubts_about(photos: PhotoStore, folder: Path) -> list[Finding]:
    """
    Say what speaks against a folder, before anything is written there; the database must be open.

    Args:
        photos: The installation's photo store.
        folder: The backup's; it exists.
    """
    doubts = []
    shared = _beside(folder, photos)
    if shared:
        doubts.append(
            Finding(
                "backup.same_disk",
                str(folder),
                f"{folder} is on the same disk as {' and '.join(shared)}: one broken disk takes both. Is the second "
                "disk mounted?",
            )
        )
    earlier = await BackupTable.count()
    if earlier and not backup_names(folder):
        doubts.append(
            Finding(
                "backup.new_place",
                str(folder),
                f"{folder} holds no backup yet, though {earlier} were made and checked before. Unless the disk is "
                "new: is it mounted?",
            )
        )
    return doubts


def _beside(folder: Path, photos: PhotoStore) -> list[str]:
    """Name what lies on the folder's own disk: the embedded database, the photos in a folder."""
    bound = engine()
    places = [Path(bound.path)] if isinstance(bound, PooledSQLiteEngine) else []
    places += [photos.root] if isinstance(photos, LocalStore) else []
    disk = folder.stat().st_dev
    return [str(place) for place in places if place.exists() and place.stat().st_dev == disk]
