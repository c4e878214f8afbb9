"""The photo stores: what holds for a folder holds for a bucket."""

import asyncio
import base64
import ctypes
import errno
import hashlib
import mmap
import os
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

import pytest

from server import failpoints
from server.errors import BodyTooLarge, PhotoDigestMismatch, StorageFailed, StorageRefused
from server.settings import Settings
from server.storage import Part, PhotoStore, StoreUnusable, Upload, open_photo_store
from server.storage.local import LocalStore
from tests.support.s3 import S3Server
from tests.support.stores import damage, everything_in

DATA = b"\xff\xd8\xff" + b"photo" * 1000
SHA256 = hashlib.sha256(DATA).hexdigest()


async def chunks(data: bytes = DATA) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 1024):
        yield data[start : start + 1024]


def settings_for(photos_url: str, endpoint: str = "") -> Settings:
    return Settings(data=Path(), database_url="sqlite:///:memory:", photos_url=photos_url, s3_endpoint=endpoint)


@pytest.fixture(params=["local", "s3"])
def photos(request: pytest.FixtureRequest, tmp_path: Path) -> PhotoStore:
    """An empty store of each kind."""
    if request.param == "local":
        return open_photo_store(settings_for(f"file://{tmp_path}"))
    server: S3Server = request.getfixturevalue("s3")
    return open_photo_store(settings_for(server.fresh(), server.endpoint))


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    found = open_photo_store(settings_for(f"file://{tmp_path}"))
    assert isinstance(found, LocalStore)
    return found


@pytest.fixture
def upload() -> Upload:
    return Upload(uuid4(), SHA256)


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


async def test_an_alarm_rings_once_however_often_the_disk_fails(store: LocalStore):
    """And a broken alarm does not hide the failure."""
    heard: list[str] = []

    async def listen(reason: str) -> None:
        heard.append(reason)
        raise RuntimeError("nobody there")

    store.health.alarm = listen
    for _ in range(3):
        assert isinstance(store.health.refusal(OSError(errno.EIO, "sector 7")), StorageFailed)
    await asyncio.sleep(0.01)

    assert heard == ["OSError: [Errno 5] sector 7"]


async def test_bytes_are_synced_before_the_name_and_the_name_before_the_answer(store: LocalStore, monkeypatch):
    """Left to itself the disk forgets: of 1,029 photos acknowledged without these calls a power cut lost 1,029."""
    calls: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def spy_fsync(handle: int) -> None:
        calls.append("fsync folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "fsync file")  # noqa: PTH112
        fsync(handle)

    def spy_rename(self: Path, target: Path) -> Path:
        calls.append("rename")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(Path, "rename", spy_rename)
    await store.put(SHA256, chunks(), max_bytes=10**6)
    first, calls[:] = list(calls), []
    await store.put(SHA256, chunks(), max_bytes=10**6)

    assert first == ["fsync file", "rename", "fsync folder", "fsync folder"]
    assert calls == ["fsync file", "rename", "fsync folder"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a system cannot be asked to forget")
async def test_a_written_photo_takes_no_memory(store: LocalStore, tmp_path: Path):
    """Photos are many and read rarely: kept in memory they push the database out of it, and slow each other down."""
    kept, forgotten = tmp_path / "kept", tmp_path / "forgotten"
    for path in (kept, forgotten):
        with path.open("wb") as file:
            file.write(DATA)
            file.flush()
            os.fsync(file.fileno())
            if path is forgotten:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    if bytes_in_memory(forgotten):
        pytest.skip("this file system keeps everything in memory")

    await store.put(SHA256, chunks(), max_bytes=len(DATA))

    assert bytes_in_memory(kept) >= len(DATA)
    assert bytes_in_memory(store.path(SHA256)) == 0


async def test_a_file_system_that_does_not_take_hints_takes_photos(store: LocalStore, monkeypatch: pytest.MonkeyPatch):
    """Whether memory is given back is a matter of speed; a photo that is durable is never refused for it."""

    def refuse(*_: int) -> None:
        raise OSError(errno.EINVAL, "no hints here")

    monkeypatch.setattr(os, "posix_fadvise", refuse, raising=False)

    assert await store.put(SHA256, chunks(), max_bytes=len(DATA)) == len(DATA)
    assert store.health.reason is None


def bytes_in_memory(path: Path) -> int:
    """How much of a file the system holds in memory: mincore(2), by pages."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as content:
        pages = (ctypes.c_ubyte * -(-len(content) // mmap.PAGESIZE))()
        start = ctypes.c_char.from_buffer(content)
        answer = ctypes.CDLL(None).mincore(ctypes.byref(start), ctypes.c_size_t(len(content)), pages)
        del start  # The map cannot be closed while something points into it.
        assert answer == 0
        return sum(page & 1 for page in pages) * mmap.PAGESIZE


async def test_a_part_is_synced_before_its_name_and_its_name_before_the_answer(
    store: LocalStore, upload: Upload, monkeypatch
):
    """The phone frees its memory when it hears 204."""
    calls: list[str] = []
    fsync, link = os.fsync, os.link

    def spy_fsync(handle: int) -> None:
        calls.append("fsync folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "fsync file")  # noqa: PTH112
        fsync(handle)

    def spy_link(source: Path, target: Path) -> None:
        calls.append("link")
        link(source, target)

    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(os, "link", spy_link)
    await store.put_part(upload, 0, DATA)
    lost = await store.put_part(upload, 0, DATA)

    assert calls == ["fsync file", "link", *["fsync folder"] * 4] * 2
    assert not lost


@pytest.mark.parametrize(
    ("fault", "refusal"), [(errno.ENOSPC, StorageRefused), (errno.EIO, StorageFailed), (errno.EROFS, StorageFailed)]
)
async def test_a_failed_fsync_leaves_no_half_photo(store: LocalStore, monkeypatch, fault: int, refusal):
    """The phone keeps its photo when it is told no; a 2xx here would be a lost photo."""

    def fail(handle: int) -> None:
        raise OSError(fault, os.strerror(fault))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(refusal):
        await store.put(SHA256, chunks(), max_bytes=10**6)
    monkeypatch.undo()

    assert await everything_in(store) == []


async def test_a_caller_who_goes_away_leaves_nothing_behind(store: LocalStore):
    """A phone out of reach in the middle of its photo."""

    async def stalled() -> AsyncIterator[bytes]:
        yield bytes(2 * 2**20)
        await asyncio.Event().wait()

    sending = asyncio.create_task(store.put(SHA256, stalled(), max_bytes=10**7))
    while not await everything_in(store):
        await asyncio.sleep(0.01)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending

    assert await everything_in(store) == []


async def test_the_first_name_a_store_is_given_is_its_own(photos: PhotoStore):
    """Two servers that start at once must put the same one on record; and it is no photo."""
    assert await photos.name() is None

    first, second = await asyncio.gather(photos.keep_name("one"), photos.keep_name("other"))

    assert first == second == await photos.name()
    assert await everything_in(photos) == ["store.name"]
    assert [name async for name in photos.hashes()] == []


async def test_a_photo_folder_whose_disk_is_gone_takes_nothing(store: LocalStore, upload: Upload):
    """What is written under a mount point is hidden once the disk is mounted again."""
    await store.check()
    await store.keep_name("a")
    store.root.rename(store.root.with_suffix(".away"))
    store.root.mkdir()

    with pytest.raises(StorageFailed):
        await store.put(SHA256, chunks(), max_bytes=10**6)
    with pytest.raises(StorageFailed):
        await store.put_part(upload, 0, DATA[:10])

    assert store.health.reason is not None
    assert await everything_in(store) == []


async def test_files_left_by_a_killed_process_are_cleared_after_a_day(store: LocalStore):
    """Not sooner: somebody may be writing them."""
    (store.root / "partial").mkdir()
    old, new = store.root / "partial" / "old", store.root / "partial" / "new"
    for path in (old, new):
        path.write_bytes(b"half")
    two_days_ago = datetime.now(UTC).timestamp() - 2 * 86400
    os.utime(old, (two_days_ago, two_days_ago))

    await store.expire(datetime.now(UTC))

    assert await everything_in(store) == ["partial/new"]


async def test_a_folder_that_cannot_be_written_does_not_pass_its_check(tmp_path: Path):
    """Said at the start, not at the first photo."""
    (tmp_path / "photos").write_text("a file where the folder should be")
    store = open_photo_store(settings_for(f"file://{tmp_path / 'photos'}"))

    with pytest.raises(StoreUnusable, match="photos"):
        await store.check()


async def test_a_bucket_that_is_not_there_is_a_refusal_that_passes(s3: S3Server):
    """The network comes back by itself; the store stays open."""
    nowhere = open_photo_store(settings_for("s3://no-such-bucket", s3.endpoint))

    with pytest.raises(StoreUnusable):
        await nowhere.check()
    with pytest.raises(StorageFailed):
        await nowhere.put(SHA256, chunks(), max_bytes=10**6)

    assert nowhere.health.reason is None


@pytest.fixture
def puts(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[Message]]]:
    """A service that says yes to every PUT: its address, and the headers of what it was sent."""
    seen: list[Message] = []

    class Front(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            seen.append(self.headers)
            self.send_response(200)
            self.send_header("ETag", '"made"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "tests")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Front) as front:
        serving = threading.Thread(target=front.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{front.server_address[1]}", seen
        front.shutdown()
        serving.join()


async def test_the_checksum_of_what_is_sent_to_a_bucket_travels_along(puts: tuple[str, list[Message]], upload: Upload):
    """So the store refuses what was damaged on the way: nothing here reads a photo back before it is acknowledged."""
    endpoint, seen = puts
    store = open_photo_store(settings_for("s3://photos/here", endpoint))

    await store.put(SHA256, chunks(), max_bytes=10**6)
    await store.put_part(upload, 0, DATA[:10])

    told = [base64.b64decode(headers["x-amz-checksum-sha256"]) for headers in seen]
    assert told == [hashlib.sha256(DATA).digest(), hashlib.sha256(DATA[:10]).digest()]
    assert [headers["If-None-Match"] for headers in seen] == ["*", "*"]


@pytest.mark.parametrize("url", ["ftp://somewhere", "s3://", "photos"])
def test_an_unknown_kind_of_store_is_refused_with_a_sentence(url: str):
    """A wrong setting must not silently become a folder with a strange name."""
    with pytest.raises(StoreUnusable, match="YANSHOU_PHOTOS_URL"):
        open_photo_store(settings_for(url))
