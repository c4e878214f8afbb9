"""Photos in a folder: what the disk is asked for, in which order, and what happens when it fails."""

import asyncio
import ctypes
import errno
import mmap
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.errors import StorageFailed, StorageRefused
from server.storage import Part, StoreUnusable, Upload, open_photo_store
from server.storage.local import LocalStore
from tests.support.stores import DATA, SHA256, chunks, everything_in, settings_for


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


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What makes a file durable, as it is called: syncs of files and folders, and the ways to a name."""
    called: list[str] = []
    fsync, rename, link = os.fsync, Path.rename, os.link

    def spy_fsync(handle: int) -> None:
        called.append("fsync folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "fsync file")  # noqa: PTH112
        fsync(handle)

    def spy_rename(self: Path, target: Path) -> Path:
        called.append("rename")
        return rename(self, target)

    def spy_link(source: Path, target: Path) -> None:
        called.append("link")
        link(source, target)

    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(Path, "rename", spy_rename)
    monkeypatch.setattr(os, "link", spy_link)
    return called


async def test_bytes_are_synced_before_the_name_and_the_name_before_the_answer(store: LocalStore, calls: list[str]):
    """Left to itself the disk forgets: of 1,029 photos acknowledged without these calls a power cut lost 1,029."""
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
    store: LocalStore, upload: Upload, calls: list[str]
):
    """The phone frees its memory when it hears 204."""
    await store.put_part(upload, 0, DATA)
    lost = await store.put_part(upload, 0, DATA)

    assert calls == ["fsync file", "link", *["fsync folder"] * 4] * 2
    assert not lost


async def test_a_part_is_kept_though_its_folders_go_while_they_are_made(
    store: LocalStore, upload: Upload, monkeypatch: pytest.MonkeyPatch
):
    """Of parts that race one ends the photo, whose folders go then; the others are answered, not failed."""
    make, folder, gone = os.mkdir, store.root / "parts" / str(upload.submission_id) / SHA256, []

    def make_too_late(path: Path, mode: int = 0o777) -> None:
        if Path(path) == folder and folder.parent.exists() and not gone:
            folder.parent.rmdir()
            gone.append(folder.parent)
        make(path, mode)

    monkeypatch.setattr(os, "mkdir", make_too_late)

    assert await store.put_part(upload, 0, DATA)
    assert gone == [folder.parent]
    assert await store.parts(upload) == [Part(0, len(DATA))]


async def test_a_part_whose_file_is_taken_away_is_not_tried_for_ever(
    store: LocalStore, upload: Upload, monkeypatch: pytest.MonkeyPatch
):
    """A thread that never ends would be one fewer for everybody else."""
    link = os.link

    def link_too_late(source: Path, target: Path) -> None:
        source.unlink(missing_ok=True)
        link(source, target)

    monkeypatch.setattr(os, "link", link_too_late)

    with pytest.raises(FileNotFoundError):
        await store.put_part(upload, 0, DATA)


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
