"""The photo stores: what holds for a folder holds for a bucket."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from server import failpoints
from server.errors import BodyTooLarge, PhotoDigestMismatch, StorageFailed, StorageRefused
from server.storage import Part, PhotoStore, StoreUnusable, Upload, open_photo_store
from tests.support.stores import DATA, SHA256, chunks, damage, everything_in, settings_for


async def test_a_photo_is_read_back_as_it_was_put(photos: PhotoStore):
    """Whole, in a stretch, and by its name in the list."""
    size = await photos.put(SHA256, chunks(), max_bytes=10**6)

    assert size == await photos.size(SHA256) == len(DATA)
    assert await photos.exists(SHA256)
    assert await photos.read(SHA256) == DATA
    assert b"".join([piece async for piece in photos.open(SHA256)]) == DATA
    assert b"".join([piece async for piece in photos.open(SHA256, 3, 8)]) == DATA[3:8]
    assert [name async for name in photos.hashes()] == [SHA256]


async def test_a_large_photo_streams_in_and_out(photos: PhotoStore):
    """More than one piece of memory, on the way in and on the way out."""
    data = os.urandom(3 * 2**20 + 17)
    sha256 = hashlib.sha256(data).hexdigest()

    await photos.put(sha256, chunks(data), max_bytes=len(data))
    pieces = [piece async for piece in photos.open(sha256)]

    assert len(pieces) == 4
    assert b"".join(pieces) == data


async def test_a_photo_that_trickles_in_is_whole(photos: PhotoStore):
    """A thin line brings some bytes at a time, more pieces than an operating system takes in one call."""

    async def trickle(data: bytes) -> AsyncIterator[bytes]:
        for at in range(0, len(data), 7):
            yield data[at : at + 7]

    data = os.urandom(50_000)
    sha256 = hashlib.sha256(data).hexdigest()

    await photos.put(sha256, trickle(data), max_bytes=len(data))

    assert await photos.read(sha256) == data


async def test_the_same_photo_put_twice_at_once_is_there_once(photos: PhotoStore):
    """Two phones may hold the same picture; neither is told no."""
    sizes = await asyncio.gather(*(photos.put(SHA256, chunks(), max_bytes=10**6) for _ in range(5)))

    assert sizes == [len(DATA)] * 5
    assert len(await everything_in(photos)) == 1


async def test_sound_bytes_take_the_place_of_rotten_ones(photos: PhotoStore):
    """The phone still has its photo; what the disk made of it is no evidence."""
    await photos.put(SHA256, chunks(), max_bytes=10**6)
    await damage(photos, SHA256, b"rot")

    await photos.put(SHA256, chunks(), max_bytes=10**6)

    assert await photos.read(SHA256) == DATA


async def test_what_is_not_there_is_told_as_such(photos: PhotoStore):
    """Each way of reading; never an empty photo."""
    assert not await photos.exists(SHA256)
    for reading in (photos.size(SHA256), photos.read(SHA256), anext(photos.open(SHA256))):
        with pytest.raises(FileNotFoundError):
            await reading
    assert [name async for name in photos.hashes()] == []


async def test_bytes_of_another_hash_are_not_kept(photos: PhotoStore):
    """Damaged on the way: nothing is left, and the right ones are taken afterwards."""
    with pytest.raises(PhotoDigestMismatch):
        await photos.put(SHA256, chunks(b"other"), max_bytes=10**6)

    assert await everything_in(photos) == []


async def test_a_photo_that_is_too_large_is_given_up_while_it_streams(photos: PhotoStore):
    """The rest is not read, and nothing is left behind."""
    with pytest.raises(BodyTooLarge):
        await photos.put(SHA256, chunks(), max_bytes=2048)

    assert await everything_in(photos) == []


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 63 + "/", "0" * 64 + "\n"])
async def test_only_a_hash_names_a_photo(photos: PhotoStore, name: str):
    """No path of the outside world ever becomes a path of the store."""
    for asking in (photos.exists(name), photos.read(name), photos.parts(Upload(uuid4(), name))):
        with pytest.raises(ValueError, match="SHA-256"):
            await asking


async def test_parts_follow_one_another_and_are_read_back_in_order(photos: PhotoStore, upload: Upload):
    """Stored in any order; what lies behind a gap does not count."""
    await photos.put_part(upload, 10, DATA[10:20])
    await photos.put_part(upload, 0, DATA[:10])
    await photos.put_part(upload, 30, DATA[30:40])

    parts = await photos.parts(upload)
    await photos.confirm_parts(upload)

    assert parts == [Part(0, 10), Part(10, 10)]
    assert b"".join([piece async for piece in photos.read_parts(upload, parts)]) == DATA[:20]
    assert [name async for name in photos.hashes()] == []


async def test_of_ten_parts_for_one_offset_one_is_stored_and_never_changed(photos: PhotoStore, upload: Upload):
    """A request that stalled and its repetition never mix their bytes."""
    stored = await asyncio.gather(*(photos.put_part(upload, 0, bytes([number]) * 100) for number in range(10)))

    [winner] = [number for number, first in enumerate(stored) if first]
    parts = await photos.parts(upload)
    assert b"".join([piece async for piece in photos.read_parts(upload, parts)]) == bytes([winner]) * 100
    assert len(await everything_in(photos)) == 1


async def test_parts_that_are_dropped_are_gone_and_those_of_others_stay(photos: PhotoStore, upload: Upload):
    """Dropping twice, or what never was, does no harm."""
    other = Upload(uuid4(), SHA256)
    for one in (upload, other):
        await photos.put_part(one, 0, b"abc")

    await photos.drop_parts(upload)
    await photos.drop_parts(upload)

    assert (await photos.parts(upload), await photos.parts(other)) == ([], [Part(0, 3)])


async def test_unfinished_uploads_are_forgotten_and_photos_never(photos: PhotoStore, upload: Upload):
    """An upload counts as alive by its newest part."""
    await photos.put(SHA256, chunks(), max_bytes=10**6)
    await photos.put_part(upload, 0, b"abc")
    now = datetime.now(UTC)

    early = await photos.expire(now - timedelta(minutes=1))
    late = await photos.expire(now + timedelta(minutes=1))

    assert (early, late) == (0, 1)
    assert await photos.parts(upload) == []
    assert await photos.read(SHA256) == DATA


async def test_a_store_that_works_passes_its_check_and_keeps_nothing_of_it(photos: PhotoStore):
    """At every start."""
    await photos.check()

    assert await everything_in(photos) == []


@pytest.mark.parametrize(
    ("what", "refusal", "closed"), [("ENOSPC", StorageRefused, False), ("EIO", StorageFailed, True)]
)
@pytest.mark.parametrize("place", ["photo.begin", "photo.written", "photo.synced", "photo.linked", "photo.durable"])
async def test_whatever_fails_is_a_refusal_and_never_a_half_photo(
    photos: PhotoStore, place: str, what: str, refusal: type[Exception], closed: bool
):
    """A full disk has room again one day; a failing one is not trusted until somebody looked at it."""
    failpoints.arm(f"{place}={what}@1")
    try:
        with pytest.raises(refusal):
            await photos.put(SHA256, chunks(), max_bytes=10**6)
    finally:
        failpoints.arm("")

    assert (photos.health.reason is not None) == closed
    for path in await everything_in(photos):
        assert path.endswith(SHA256) and await photos.read(SHA256) == DATA
    if closed:
        with pytest.raises(StorageFailed):
            await photos.put(SHA256, chunks(), max_bytes=10**6)
    else:
        assert await photos.put(SHA256, chunks(), max_bytes=10**6) == len(DATA)


@pytest.mark.parametrize("place", ["part.begin", "part.durable"])
async def test_a_part_that_fails_is_not_acknowledged(photos: PhotoStore, upload: Upload, place: str):
    """It may be there, whole; it is never there in half."""
    failpoints.arm(f"{place}=ENOSPC@1")
    try:
        with pytest.raises(StorageRefused):
            await photos.put_part(upload, 0, DATA)
    finally:
        failpoints.arm("")

    assert await photos.parts(upload) in ([], [Part(0, len(DATA))])


async def test_the_first_name_a_store_is_given_is_its_own(photos: PhotoStore):
    """Two servers that start at once must put the same one on record; and it is no photo."""
    assert await photos.name() is None

    first, second = await asyncio.gather(photos.keep_name("one"), photos.keep_name("other"))

    assert first == second == await photos.name()
    assert await everything_in(photos) == ["store.name"]
    assert [name async for name in photos.hashes()] == []


@pytest.mark.parametrize("url", ["ftp://somewhere", "s3://", "photos"])
def test_an_unknown_kind_of_store_is_refused_with_a_sentence(url: str):
    """A wrong setting must not silently become a folder with a strange name."""
    with pytest.raises(StoreUnusable, match="YANSHOU_PHOTOS_URL"):
        open_photo_store(settings_for(url))
