"""A photo for a store, and what tests do to a store that nobody else may: look behind it, and damage it."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import obstore

from server.settings import Settings
from server.storage import PhotoStore
from server.storage.local import LocalStore
from server.storage.s3 import S3Store

DATA = b"\xff\xd8\xff" + b"photo" * 1000
SHA256 = hashlib.sha256(DATA).hexdigest()


async def chunks(data: bytes = DATA) -> AsyncIterator[bytes]:
    """The photo, or other bytes, as a request brings them: piece by piece."""
    for start in range(0, len(data), 1024):
        yield data[start : start + 1024]


def settings_for(photos_url: str, endpoint: str = "") -> Settings:
    """Settings of a store: its address, and where its service is."""
    return Settings(data=Path(), database_url="sqlite:///:memory:", photos_url=photos_url, s3_endpoint=endpoint)


async def everything_in(photos: PhotoStore) -> list[str]:
    """Every file or object there is, photos, parts and leftovers alike, as relative paths."""
    if isinstance(photos, LocalStore):
        return sorted(str(path.relative_to(photos.root)) for path in photos.root.rglob("*") if path.is_file())
    assert isinstance(photos, S3Store)
    return sorted([found["path"] async for batch in obstore.list(photos.bucket) for found in batch])


async def damage(photos: PhotoStore, sha256: str, data: bytes | None) -> None:
    """Put other bytes in a photo's place, or take it away."""
    key = f"{sha256[:2]}/{sha256}"
    if isinstance(photos, LocalStore):
        path = photos.root / key
        path.chmod(0o600)
        path.unlink() if data is None else path.write_bytes(data)
        return
    assert isinstance(photos, S3Store)
    if data is None:
        await obstore.delete_async(photos.bucket, key)
    else:
        await obstore.put_async(photos.bucket, key, data)
