"""Photos written by processes beside the server: as durable as by the server itself, and nothing hangs on them."""

import asyncio
import errno
import hashlib
import random
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.disk import processes
from server.errors import PhotoDigestMismatch, StorageFailed, StorageRefused
from server.storage.local import LocalStore
from tests.support.live_server import LiveServer
from tests.support.processes import descendants, is_alive

LARGEST_BYTES = 10**7


def photo(seed: int, size_bytes: int = 100_000) -> tuple[str, bytes]:
    body = random.Random(seed).randbytes(size_bytes)
    return hashlib.sha256(body).hexdigest(), body


async def pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 65_536):
        await asyncio.sleep(0)
        yield body[start : start + 65_536]


async def put(store: LocalStore, sha256: str, body: bytes) -> int:
    return await store.put(sha256, pieces(body), max_bytes=LARGEST_BYTES)


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    """A folder in which something was written before: the first file of all makes the folder for unfinished ones."""
    (tmp_path / "partial").mkdir()
    return LocalStore(tmp_path)


def kept(store: LocalStore) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in store.root.glob("[0-9a-f][0-9a-f]/*")}


def unfinished(store: LocalStore) -> list[Path]:
    return list((store.root / "partial").iterdir())


async def the_asked(store: LocalStore) -> processes._Process:
    """The process that is at work."""
    while not (found := [each for each in store.processes._all if each.asked]):
        await asyncio.sleep(0.01)
    return found[0]


@pytest.mark.parametrize("size_bytes", [0, 1, 400_000, processes.SLOT_BYTES - 1, processes.SLOT_BYTES, 3_000_000])
async def test_a_photo_is_kept_as_it_came(store: LocalStore, size_bytes: int):
    """Whichever way it goes: a large one is written by the server itself, as it comes."""
    sha256, body = photo(1, size_bytes)
    async with store.with_processes(1, ""):
        assert await put(store, sha256, body) == size_bytes
        assert await put(store, sha256, body) == size_bytes

    assert kept(store) == {sha256: body}
    assert unfinished(store) == []


async def test_it_is_the_process_that_writes(store: LocalStore, monkeypatch: pytest.MonkeyPatch):
    """Otherwise nothing here shows anything about it."""

    def not_here(*_: object) -> None:
        raise AssertionError("the server wrote it")

    monkeypatch.setattr(LocalStore, "_finish", not_here)
    async with store.with_processes(2, ""):
        await put(store, *photo(1))

    with pytest.raises(AssertionError, match="the server wrote it"):
        await put(store, *photo(2))


async def test_bytes_of_another_hash_are_not_kept(store: LocalStore):
    """The name is the only thing that says which photo it is."""
    sha256, body = photo(1)
    async with store.with_processes(1, ""):
        with pytest.raises(PhotoDigestMismatch):
            await put(store, sha256, body[:-1] + b"?")

    assert kept(store) == {} and unfinished(store) == []


async def test_bytes_are_never_mixed_up_whoever_goes_away(store: LocalStore):
    """Photos share memory with each other, one after the other; a caller who is gone must not free theirs early."""
    chance = random.Random(5)
    all_of_them = [photo(seed, chance.choice([10, 100, 5_000, 300_000, 900_000, 1_200_000])) for seed in range(60)]
    async with store.with_processes(2, ""):
        puts = [asyncio.create_task(put(store, *each)) for each in all_of_them]
        for task in puts[::3]:
            await asyncio.sleep(chance.random() / 100)
            task.cancel()
        ends = await asyncio.gather(*puts, return_exceptions=True)

    stayed = {sha256 for (sha256, _), end in zip(all_of_them, ends, strict=True) if not isinstance(end, BaseException)}
    assert [end for end in ends if isinstance(end, Exception)] == []
    assert len(stayed) >= 40
    assert stayed <= kept(store).keys()
    assert all(hashlib.sha256(body).hexdigest() == sha256 for sha256, body in kept(store).items())
    assert unfinished(store) == []


@pytest.mark.parametrize(
    ("what", "refusal", "closed"), [("ENOSPC", StorageRefused, False), ("EIO", StorageFailed, True)]
)
@pytest.mark.parametrize("place", ["photo.created", "photo.written", "photo.synced", "photo.linked"])
async def test_whatever_fails_there_is_a_refusal_here(
    store: LocalStore, place: str, what: str, refusal: type[Exception], closed: bool
):
    """A disk that fails under the process fails under the server."""
    sha256, body = photo(1)
    async with store.with_processes(2, f"{place}={what}@1"):
        with pytest.raises(refusal, match="not" if closed else "full"):
            await put(store, sha256, body)
        if not closed:
            await put(store, sha256, body)

    assert (store.health.reason is not None) == closed
    assert kept(store) in ({}, {sha256: body}) and unfinished(store) == []


async def test_a_process_that_is_killed_takes_no_photo_with_it(store: LocalStore):
    """Nor one that it had not begun; and the photos after it are written as well."""
    async with store.with_processes(1, "photo.synced=sleep:60000"):
        first, second = (asyncio.create_task(put(store, *photo(seed))) for seed in (1, 2))
        program = (await the_asked(store)).program
        while not unfinished(store):
            await asyncio.sleep(0.01)
        program.kill()
        assert await asyncio.gather(first, second) == [100_000, 100_000]
        assert not store.processes
        await put(store, *photo(3))

    assert kept(store) == dict(map(photo, (1, 2, 3)))


async def test_a_process_that_died_has_a_successor(store: LocalStore, monkeypatch: pytest.MonkeyPatch):
    """Else a server that runs for months would write alone, and be slower, from its first accident on."""
    monkeypatch.setattr(processes, "AGAIN_AFTER_S", 0.05)
    # The first successor cannot be started: the system has no room for it.
    places = iter([processes._start, _refuse, processes._start])
    monkeypatch.setattr(processes, "_start", lambda *told: next(places)(*told))
    async with store.with_processes(1, ""):
        program = store.processes._all[0].program
        program.kill()
        while not store.processes or store.processes._all[0].program is program:
            await asyncio.sleep(0.01)
        successor = store.processes._all[0].program
        await put(store, *photo(1))
        assert is_alive(successor.pid)

    assert successor.returncode == 0
    assert kept(store) == dict([photo(1)])


async def test_a_process_that_dies_at_the_end_has_none(store: LocalStore, monkeypatch: pytest.MonkeyPatch):
    """Nobody would end it."""
    monkeypatch.setattr(processes, "AGAIN_AFTER_S", 0.05)
    async with store.with_processes(2, "photo.synced=sleep:60000"):
        putting = asyncio.create_task(put(store, *photo(1)))
        program = (await the_asked(store)).program
        asyncio.get_running_loop().call_later(0.2, program.kill)
    await putting
    await asyncio.sleep(0.3)

    assert not store.processes and not store.processes._again


def _refuse(*_told: object) -> processes._Process:
    raise OSError(errno.EAGAIN, "no room for another process")


async def test_more_photos_than_there_is_room_for_wait_their_turn(store: LocalStore):
    """A slow disk and a village of phones: the memory that is shared does not grow."""
    all_of_them = [photo(seed, 10) for seed in range(40)]
    async with store.with_processes(1, "photo.synced=sleep:1000@1"):
        await asyncio.gather(*(put(store, *each) for each in all_of_them))

    assert kept(store) == dict(all_of_them)


async def test_the_end_waits_for_what_is_under_way(store: LocalStore):
    """A server that is told to end finishes what it began, and leaves nobody behind."""
    async with store.with_processes(1, "photo.synced=sleep:300"):
        putting = asyncio.create_task(put(store, *photo(1)))
        program = (await the_asked(store)).program

    assert kept(store) == dict([photo(1)])
    assert program.returncode == 0
    assert await putting == 100_000


async def test_the_end_does_not_wait_for_a_process_that_dies_meanwhile(store: LocalStore):
    """The server does what it had begun, and ends."""
    async with asyncio.timeout(20):
        async with store.with_processes(1, "photo.synced=sleep:60000"):
            putting = asyncio.create_task(put(store, *photo(1)))
            program = (await the_asked(store)).program
            asyncio.get_running_loop().call_later(0.2, program.kill)
        assert await putting == 100_000

    assert kept(store) == dict([photo(1)])


async def test_signals_to_everybody_leave_the_server_its_helpers(store: LocalStore):
    """Ctrl-C and systemd tell all processes at once: one that was started a moment ago, or in the middle of a photo."""
    async with store.with_processes(1, "photo.synced=sleep:500"):
        program = store.processes._all[0].program
        for told in (signal.SIGINT, signal.SIGTERM):
            program.send_signal(told)
        putting = asyncio.create_task(put(store, *photo(1)))
        while not unfinished(store):
            await asyncio.sleep(0.01)
        for told in (signal.SIGINT, signal.SIGTERM):
            program.send_signal(told)
        assert await putting == 100_000
        assert program.poll() is None


def test_a_server_that_is_killed_leaves_nobody_behind(tmp_path: Path):
    """They would hold the disk, and the next server would start its own beside them."""
    server = LiveServer(tmp_path, f"sqlite:///{tmp_path / 'yanshou.sqlite'}", demo=False)
    server.start()
    assert server.process is not None
    helpers = descendants(server.process.pid)
    server.kill()

    assert len(helpers) == 2
    give_up_at = time.monotonic() + 10
    while helpers and time.monotonic() < give_up_at:
        time.sleep(0.02)
        helpers = [helper for helper in helpers if is_alive(helper)]
    assert helpers == []
