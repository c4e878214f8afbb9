"""
Processes beside the server that write photos, so that the server's own threads need not.

A photo is a dozen calls to the system. In a thread each of them gives the interpreter's lock away and waits in line
for it behind the event loop, and the event loop behind the thread (docs/decisions/0017-disk-processes.md). Nothing
depends on these processes: what one of them could not finish is done by the server itself.
"""

import asyncio
import contextlib
import json
import logging
import mmap
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import server
from server.disk.files import WrongDigest
from server.disk.process import DURABLE, REQUEST_BYTES, WRONG_DIGEST
from server.failpoints import EXIT_STATUS

logger = logging.getLogger("yanshou.disk")

SLOT_BYTES = 1024 * 1024
SLOTS = 16
END_WITHIN_S = 10.0
# Not at once: what ended one, a full memory or a failing program, may end the next.
AGAIN_AFTER_S = 60.0
# Isolated, and without the site's packages: it needs none, and starts in half the time.
PROGRAM = """
import sys
root, door, memory, slot_bytes, failpoints = sys.argv[1:]
sys.path.append(root)
from server.disk.process import serve
serve(int(door), int(memory), int(slot_bytes), failpoints)
"""


class ProcessLost(Exception):
    """The process ended before it answered: nobody knows how far it came."""


@dataclass(eq=False, slots=True)
class _Process:
    """One of them, and the photos it was asked to keep, by their slots."""

    program: subprocess.Popen[bytes]
    line: socket.socket
    asked: dict[int, asyncio.Future[None]] = field(default_factory=dict)


class DiskProcesses:
    """Those of one server; before `running` and after it there are none."""

    def __init__(self) -> None:
        self._all: list[_Process] = []
        self._free: asyncio.LifoQueue[int] = asyncio.LifoQueue()
        self._memory: mmap.mmap | None = None
        self._start: Callable[[], _Process] | None = None
        self._again: set[asyncio.TimerHandle] = set()

    def __bool__(self) -> bool:
        """Whether there is one to ask."""
        return bool(self._all)

    @contextlib.asynccontextmanager
    async def running(self, count: int, failpoints: str = "") -> AsyncIterator[None]:
        """
        Keep so many running for the length of a block; none where the system cannot share memory this way.

        Args:
            count: How many.
            failpoints: What is armed in the server.
        """
        if not count or not hasattr(os, "memfd_create"):
            yield
            return
        with _shared() as (descriptor, memory):
            self._memory, self._free = memory, asyncio.LifoQueue()
            for slot in range(SLOTS):
                self._free.put_nowait(slot)
            self._start = start = partial(_start, descriptor, failpoints, self._hear)
            # The hits of a failpoint are counted in one place.
            self._all = [start() for _ in range(1 if failpoints else count)]
            try:
                yield
            finally:
                await self._end()

    async def keep(self, pieces: Sequence[bytes], sha256: str, unfinished: Path, name: Path) -> None:
        """
        Keep a photo: return when its bytes and its name are durable.

        Args:
            pieces: Its bytes, at most `SLOT_BYTES`.
            sha256: What they hash to.
            unfinished: The temporary file, in a folder that is there.
            name: Its name.

        Raises:
            ValueError: It is larger.
            WrongDigest: They hash to something else.
            OSError: The disk's.
            ProcessLost: It is not known whether it was kept.
        """
        size_bytes = sum(map(len, pieces))
        if size_bytes > SLOT_BYTES:
            raise ValueError(f"{size_bytes} bytes are more than a process is given")
        slot = await self._free.get()
        if not self._all:
            self._free.put_nowait(slot)
            raise ProcessLost
        assert self._memory is not None
        end = slot * SLOT_BYTES
        for piece in pieces:
            self._memory[end : end + len(piece)] = piece
            end += len(piece)
        process = min(self._all, key=lambda each: len(each.asked))
        done = process.asked[slot] = asyncio.get_running_loop().create_future()
        request = json.dumps([slot, size_bytes, str(unfinished), str(name), sha256]).encode()
        try:
            process.line.send(request)
        except OSError:
            self._lose(process)
        # Whoever asked may go away; the slot is free when the answer is there.
        await asyncio.shield(done)

    def _hear(self, process: _Process) -> None:
        try:
            answer = process.line.recv(REQUEST_BYTES)
        except BlockingIOError:
            return
        except OSError:
            answer = b""
        if not answer:
            self._lose(process)
            return
        slot, number, text = json.loads(answer)
        if number == DURABLE:
            self._settle(process, slot, None)
        else:
            self._settle(process, slot, WrongDigest() if number == WRONG_DIGEST else OSError(number, text))

    def _settle(self, process: _Process, slot: int, error: Exception | None) -> None:
        done = process.asked.pop(slot)
        self._free.put_nowait(slot)
        if done.done():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def _lose(self, process: _Process) -> None:
        """It ended by itself. The others, or the server, do what it did until there is another."""
        self._all = [each for each in self._all if each is not process]
        self._hang_up(process)
        process.program.kill()
        status = process.program.wait()
        if status == EXIT_STATUS:
            os._exit(EXIT_STATUS)  # A failpoint: the server dies there.
        logger.error("a process that writes photos ended with %s", status)
        for slot in list(process.asked):
            self._settle(process, slot, ProcessLost())
        if self._start is not None:
            self._start_later(self._start)

    def _start_later(self, start: Callable[[], _Process]) -> None:
        def try_to() -> None:
            self._again.discard(timer)
            try:
                self._all.append(start())
            except OSError as error:
                logger.error("a process that writes photos could not be started: %s", error)
                self._start_later(start)
            else:
                logger.info("a process that writes photos was started again")

        timer = asyncio.get_running_loop().call_later(AGAIN_AFTER_S, try_to)
        self._again.add(timer)

    def _hang_up(self, process: _Process) -> None:
        if process.line.fileno() < 0:
            return
        asyncio.get_running_loop().remove_reader(process.line.fileno())
        process.line.close()

    async def _end(self) -> None:
        """Let them finish, and see that they end."""
        self._start = None
        for timer in self._again:
            timer.cancel()
        self._again.clear()
        processes, self._all = self._all, []
        for process in processes:
            while process.asked:
                await asyncio.wait(list(process.asked.values()))
            self._hang_up(process)
        for process in processes:
            try:
                await asyncio.to_thread(process.program.wait, END_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.program.kill()
                process.program.wait()


def _start(memory: int, failpoints: str, hear: Callable[[_Process], None]) -> _Process:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        numbers = (str(number) for number in (theirs.fileno(), memory, SLOT_BYTES))
        root = str(Path(server.__file__).parents[1])
        # Ctrl-C and systemd tell everybody; the server finishes what is under way and then hangs up. What is blocked
        # here stays so in the process, from before its first instruction.
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
        try:
            program = subprocess.Popen(  # noqa: S603 - our own program, and no words of anybody's.
                [sys.executable, "-I", "-S", "-c", PROGRAM, root, *numbers, failpoints],
                pass_fds=(theirs.fileno(), memory),
                stdin=subprocess.DEVNULL,
            )
        except OSError:
            ours.close()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    ours.setblocking(False)
    process = _Process(program, ours)
    asyncio.get_running_loop().add_reader(ours.fileno(), hear, process)
    return process


@contextlib.contextmanager
def _shared() -> Iterator[tuple[int, mmap.mmap]]:
    """Memory that other processes can be given, and its descriptor."""
    descriptor = os.memfd_create("photos")
    try:
        os.ftruncate(descriptor, SLOTS * SLOT_BYTES)
        with mmap.mmap(descriptor, SLOTS * SLOT_BYTES) as memory:
            yield descriptor, memory
    finally:
        os.close(descriptor)
