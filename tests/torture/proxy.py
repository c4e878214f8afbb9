"""
A bad network: a TCP proxy with latency, bandwidth, small slices, resets, cut answers and dead times.

Toxiproxy's vocabulary, as far as a phone at the edge of coverage meets it. What a phone sends is read no faster than
the line carries it, so the bytes counted are those that a mobile operator would bill.
"""

import asyncio
import contextlib
import random
import socket
import struct
import time
from dataclasses import dataclass

SLICE_BYTES = 4_096
AT_ONCE_S = 0.003


@dataclass(frozen=True, slots=True)
class Weather:
    """
    What the line is like.

    Attributes:
        latency_s: Of each direction: a new connection takes once round, and so does each answer on it.
        bytes_per_s: Of each direction of the whole line, shared by its connections; 0: unlimited.
        slice_bytes: Largest piece passed on at once.
        reset_after_bytes: A connection is reset after so many bytes from the phone, drawn from this range.
        cut_answers: Share of answers that the server sent and the phone never gets.
        online_s, cycle_s: Coverage for the first `online_s` of every `cycle_s`; 0: always.
        seed: Of chance.
    """

    latency_s: float = 0
    bytes_per_s: float = 0
    slice_bytes: int = SLICE_BYTES
    reset_after_bytes: tuple[int, int] | None = None
    cut_answers: float = 0
    online_s: float = 0
    cycle_s: float = 0
    seed: int = 1


class Proxy:
    """Listens on a port of its own; use as an async context manager."""

    def __init__(self, target_port: int, weather: Weather) -> None:
        self.target_port, self.weather = target_port, weather
        self.chance = random.Random(weather.seed)
        self.sent_bytes = self.answered_bytes = 0
        self.connections = self.resets = self.cut = 0
        self.began = time.monotonic()
        self._free_at = {"up": 0.0, "down": 0.0}
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where the phone is to send."""
        assert self._server
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> "Proxy":
        listener = socket.socket()
        # A small window: else the kernel takes in what the line would not yet have carried.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_192)
        listener.bind(("127.0.0.1", 0))
        self._server = await asyncio.start_server(self._serve, sock=listener, limit=SLICE_BYTES)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def is_online(self) -> bool:
        """Whether there is coverage now."""
        return not self.weather.cycle_s or self._into_cycle() < self.weather.online_s

    def _into_cycle(self) -> float:
        return (time.monotonic() - self.began) % self.weather.cycle_s

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        server_writer = None
        try:
            # The kernel has taken the connection long since; on the line its making goes once round.
            if self.weather.latency_s:
                await asyncio.sleep(2 * self.weather.latency_s)
            if not self.is_online():
                return
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
            limit = self.chance.randint(*self.weather.reset_after_bytes) if self.weather.reset_after_bytes else None
            ways = [
                asyncio.create_task(self._carry("up", reader, server_writer, limit)),
                asyncio.create_task(self._carry("down", server_reader, writer, None)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except (OSError, asyncio.CancelledError):
            pass  # Cancelled only by __aexit__, which waits for nothing more of it.
        finally:
            _reset(writer)
            if server_writer is not None:
                # Not reset as well: what the line has carried must not be taken back from the server's hands.
                server_writer.close()

    async def _carry(
        self, way: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int | None
    ) -> None:
        """Pass on until an end, a reset or the edge of coverage."""
        passed = 0
        with contextlib.suppress(OSError):
            while True:
                asked = time.monotonic()
                data = await reader.read(self.weather.slice_bytes)
                if not data:
                    return
                # It lay there while the piece before it travelled: the line has stood still only because we came late.
                queued = passed > 0 and time.monotonic() - asked < AT_ONCE_S
                if limit is not None and passed + len(data) >= limit:
                    data = data[: limit - passed]
                passed += len(data)
                if way == "up":
                    self.sent_bytes += len(data)
                else:
                    self.answered_bytes += len(data)
                    # An answer begins here; the server has committed before it said so.
                    if data.startswith(b"HTTP/1.") and self.chance.random() < self.weather.cut_answers:
                        self.cut += 1
                        return
                begins = way == "down" and data.startswith(b"HTTP/1.")
                await self._travel(way, len(data), begins=begins, queued=queued)
                if not self.is_online():
                    return
                writer.write(data)
                await writer.drain()
                if limit is not None and passed >= limit:
                    self.resets += 1
                    return

    async def _travel(self, way: str, count: int, *, begins: bool, queued: bool) -> None:
        # A request waits for its answer once round the line; pieces that follow each other do not wait again.
        wait_s = 2 * self.weather.latency_s if begins else 0.0
        if self.weather.bytes_per_s:
            now = time.monotonic()
            begun = self._free_at[way] if queued else max(now, self._free_at[way])
            self._free_at[way] = begun + count / self.weather.bytes_per_s
            wait_s += self._free_at[way] - now
        if wait_s > 0:
            await asyncio.sleep(wait_s)


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with RST: the phone learns of it at once and does not believe in a good end."""
    sock = writer.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
