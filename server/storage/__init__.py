"""Where photos are kept: each one's bytes once, under their SHA-256, durable before anybody is told so."""

from pathlib import Path

from server.settings import Settings
from server.storage.health import StorageHealth
from server.storage.interface import Part, PhotoStore, StoreUnusable, Upload
from server.storage.local import LocalStore
from server.storage.s3 import open_s3_store

__all__ = ["Part", "PhotoStore", "StorageHealth", "StoreUnusable", "Upload", "open_photo_store"]


def open_photo_store(settings: Settings) -> PhotoStore:
    """
    Open the store the settings name; nothing is written yet.

    Raises:
        StoreUnusable: Another scheme than `file:///path` and `s3://bucket/prefix`, or a bucket without a name.
    """
    scheme, _, rest = settings.photos_url.partition("://")
    if scheme == "file":
        return LocalStore(Path(rest))
    if scheme == "s3":
        return open_s3_store(rest, endpoint=settings.s3_endpoint)
    raise StoreUnusable(f"YANSHOU_PHOTOS_URL must begin with file:// or s3://, not {scheme}://")
