"""
Complete inspections a second: one manifest and four photos, from the first byte sent to the last durable one.

Clients run in this process and share the machine with the server, so the figures are those of a whole small office.
Beside each stands the floor: one bare loop that reads the same bytes from a connection, hashes them and makes them
durable; and the same loop when it gives back the memory that holds what it wrote, as the server does, which no server
can be faster than here. They take turns, because a machine that others use is twice as fast in one second as in the
next.
"""

import hashlib
import json
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httptools

from benchmarks.figures import emit, spread_ms
from server.demo.accounts import DEMO_PASSWORD
from server.memory import forget_pages
from tests.support.idle import wait_until_idle
from tests.support.live_server import LiveServer
from tests.support.pictures import small_picture
from tests.support.processes import descendants
from tests.support.source import ROOT

PHOTOS = 4
READ_BYTES = 256 * 1024
CLIENTS = (1, 4, 16)
TURNS = 4
# Making pictures, and an office's other work, take the machine's breath for a while.
REST_S = 5
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
Inspection = tuple[str, bytes, list[tuple[str, bytes]]]


def measure_ingest(servers: Sequence[LiveServer], folder: Path, engine: str, cells: list[tuple[int, int]]) -> None:
    """
    Send inspections with 1, 4 and 16 clients for each photo size.

    Args:
        servers: Running on one database, with the demonstration loaded; phones come to them in turn.
        folder: Where the floor writes; on the same disk as the server's data.
        engine: Name of the database, for the output.
        cells: Pairs of photo size in bytes and number of inspections.
    """
    for photo_bytes, count in cells:
        template = small_picture(1, photo_bytes).body
        for clients in CLIENTS:
            # A phone signs in once in weeks, and that is made to cost a lot: it is no part of what is measured.
            phones = [_Phone(servers[number % len(servers)].url) for number in range(clients)]
            cpu_before = cpu_seconds(servers)
            seconds: list[float] = []
            floors_s: list[float] = []
            best_floors_s: list[float] = []
            turns_s: list[float] = []
            cpu_sending = 0.0
            for _ in range(TURNS):
                time.sleep(REST_S)
                for floors, forget in ((floors_s, False), (best_floors_s, True)):
                    inspections = [_inspection(template) for _ in range(count // TURNS)]
                    floors.append(_floor(folder / "floor", inspections, forget=forget))
                inspections = [_inspection(template) for _ in range(count // TURNS)]
                cpu_then, began = cpu_seconds(servers), time.perf_counter()
                seconds += _send_all(phones, inspections)
                turns_s.append(time.perf_counter() - began)
                cpu_sending += cpu_seconds(servers) - cpu_then
                wait_until_idle(servers[0].database_url, within_s=300)
            emit(
                "ingest",
                engine=engine,
                servers=len(servers),
                photo_bytes=photo_bytes,
                clients=clients,
                inspections=count,
                inspections_per_s=round(count / sum(turns_s), 1),
                best_turn_per_s=round(count / TURNS / min(turns_s), 1),
                floor_per_s=round(count / sum(floors_s), 1),
                share_of_floor=round(sum(floors_s) / sum(turns_s), 2),
                best_floor_per_s=round(count / sum(best_floors_s), 1),
                share_of_best_floor=round(sum(best_floors_s) / sum(turns_s), 2),
                **spread_ms(seconds),
                cpu_ms_each=round(cpu_sending / count * 1000, 1),
                cpu_ms_each_with_pictures=round((cpu_seconds(servers) - cpu_before) / count * 1000, 1),
                peak_memory_mb=peak_memory_mb(servers),
            )


def cpu_seconds(servers: Sequence[LiveServer]) -> float:
    """User and system time the servers and the processes beside it have used so far."""
    return sum(_cpu_ticks(pid) for pid in _processes(servers)) / CLOCK_TICKS


def peak_memory_mb(servers: Sequence[LiveServer]) -> int:
    """Most memory the servers and the processes beside them have held so far; what they share counts for each."""
    return round(sum(_most_kb(pid) for pid in _processes(servers)) / 1024)


def _processes(servers: Sequence[LiveServer]) -> Iterator[int]:
    for server in servers:
        assert server.process is not None
        yield from (server.process.pid, *descendants(server.process.pid))


def _cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _most_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def _inspection(template: bytes) -> Inspection:
    """The example of the README under a new id, with photos nobody has sent before."""
    manifest = json.loads((ROOT / "docs" / "examples" / "manifest.json").read_text())
    manifest["submission_id"] = str(uuid4())
    manifest["photos"] = manifest["photos"][:PHOTOS]
    bodies = []
    for photo in manifest["photos"]:
        # What follows a JPEG's end marker is no part of the picture, but it is part of the hash.
        body = template + uuid4().bytes
        photo["sha256"], photo["size_bytes"] = hashlib.sha256(body).hexdigest(), len(body)
        bodies.append((photo["sha256"], body))
    return manifest["submission_id"], json.dumps(manifest).encode(), bodies


def _send_all(phones: list["_Phone"], inspections: list[Inspection]) -> list[float]:
    waiting = iter(inspections)
    with ThreadPoolExecutor(len(phones)) as pool:
        runs = [pool.submit(phone.send, lambda: next(waiting, None)) for phone in phones]
        return [seconds for run in runs for seconds in run.result()]


class _Phone:
    """A phone that is signed in."""

    def __init__(self, address: str) -> None:
        self.netloc = urlsplit(address).netloc
        credentials = {"name": "yanshou01", "password": DEMO_PASSWORD, "device_id": str(uuid4())}
        body = json.dumps(credentials).encode()
        session = _Connection(self.netloc).call("POST", "/api/session", "application/json", body)
        self.token = json.loads(session)["token"]

    def send(self, take: Callable[[], Inspection | None]) -> list[float]:
        """Send inspections over one connection until none is left; seconds for each."""
        connection = _Connection(self.netloc, self.token)
        seconds = []
        while (inspection := take()) is not None:
            submission_id, manifest, bodies = inspection
            began = time.perf_counter()
            path = f"/api/submissions/{submission_id}"
            answer = connection.call("PUT", path, "application/json", manifest)
            for sha256, body in bodies:
                answer = connection.call("PUT", f"{path}/photos/{sha256}", "image/jpeg", body)
            seconds.append(time.perf_counter() - began)
            assert json.loads(answer)["complete"], answer[:300]
        return seconds


class _Connection:
    """A phone's connection, kept open. Phones are elsewhere: sending from here is to take as little as it can."""

    def __init__(self, netloc: str, token: str = "") -> None:
        host, port = netloc.split(":")
        self.netloc = netloc
        self.token = token
        self.socket = socket.create_connection((host, int(port)), timeout=60)
        self.pieces: list[bytes] = []
        self.whole = False

    def call(self, method: str, path: str, media_type: str, body: bytes) -> bytes:
        """Send a request and return what is answered."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self.netloc}\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.socket.send(head.encode(), socket.MSG_MORE)
        self.socket.sendall(body)
        self.pieces, self.whole = [], False
        parser = httptools.HttpResponseParser(self)
        while not self.whole:
            received = self.socket.recv(READ_BYTES)
            assert received, "the server hung up"
            parser.feed_data(received)
        content = b"".join(self.pieces)
        assert parser.get_status_code() == 201, content[:300]
        return content

    def on_body(self, piece: bytes) -> None:
        """What the parser calls with a piece of the answer."""
        self.pieces.append(piece)

    def on_message_complete(self) -> None:
        """What the parser calls at its end."""
        self.whole = True


def _floor(folder: Path, inspections: list[Inspection], *, forget: bool) -> float:
    """
    Read the same bytes from a connection, hash and make them durable.

    Args:
        folder: Where the files go.
        inspections: What to keep.
        forget: Whether to give back the memory of each file that is written.

    Returns:
        How long it took, in seconds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        door = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        sender = stack.enter_context(socket.create_connection(door.getsockname()))
        reader = stack.enter_context(door.accept()[0])
        sending = stack.enter_context(ThreadPoolExecutor(1)).submit(_pour, sender, inspections)
        began = time.perf_counter()
        for submission_id, manifest, bodies in inspections:
            for name, body in ((submission_id, manifest), *bodies):
                _keep_durably(folder, name, reader, len(body), forget=forget)
        elapsed = time.perf_counter() - began
        sending.result()
    return elapsed


def _pour(sender: socket.socket, inspections: list[Inspection]) -> None:
    for _, manifest, bodies in inspections:
        for body in (manifest, *(body for _, body in bodies)):
            sender.sendall(body)


def _keep_durably(folder: Path, name: str, reader: socket.socket, size_bytes: int, *, forget: bool) -> None:
    digest = hashlib.sha256()
    partial = folder / f"{name}.part"
    with partial.open("wb", buffering=0) as out:
        while size_bytes:
            piece = reader.recv(min(size_bytes, READ_BYTES))
            assert piece, "the sender went away"
            size_bytes -= len(piece)
            digest.update(piece)
            out.write(piece)
        os.fsync(out.fileno())
        if forget:
            forget_pages(out.fileno())
    partial.rename(folder / digest.hexdigest())
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(handle)
    os.close(handle)
