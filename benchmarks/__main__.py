"""Run the benchmarks: `python -m benchmarks [ingest] [queue] … [--quick]`; all of them when none is named."""

import argparse
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from benchmarks.geo_speed import measure_geo
from benchmarks.ingest import measure_ingest
from benchmarks.lighthouse import measure_lighthouse
from benchmarks.phone import measure_phone
from benchmarks.queue import measure_queue
from benchmarks.walks_table import measure_walks
from tests.support.idle import wait_until_idle
from tests.support.live_server import LiveServer, live_server
from tests.support.postgres import private_cluster

MEGABYTE = 1_000_000


def ingest(quick: bool) -> None:
    """Complete inspections a second on both databases, photos of 0.4 MB and 3 MB."""
    cells = [(400_000, 8), (3 * MEGABYTE, 4)] if quick else [(400_000, 200), (3 * MEGABYTE, 48)]
    with ExitStack() as folders:
        # On PostgreSQL an installation runs several servers (docs/operations.md); on SQLite one.
        for engine, count in (("sqlite", 1), ("postgres", 1), ("postgres", 2)):
            # Removed at the very end: ext4 without a journal makes files slowly for minutes after many were deleted.
            folder = _folder(folders)
            with ExitStack() as stack:
                servers = [_server(stack, folder, engine)]
                for _ in range(1, count):
                    servers.append(
                        stack.enter_context(live_server(folder / "data", servers[0].database_url, demo=False))
                    )
                measure_ingest(servers, folder, engine, cells)


def queue(quick: bool) -> None:
    """The review queue's pages with few and with many submissions."""
    with ExitStack() as stack:
        server = _server(stack, _folder(stack), "sqlite")
        measure_queue(server, *(((100, 400), 0.3) if quick else ((1_000, 20_000), 2.0)))


PARTS: dict[str, Callable[[bool], None]] = {
    "ingest": ingest,
    "queue": queue,
    "geo": measure_geo,
    "walks": measure_walks,
    "phone": measure_phone,
    "lighthouse": measure_lighthouse,
}


def main() -> None:
    """Measure on servers and databases of our own, and leave nothing behind."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure; prints JSON lines.")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="what to measure; everything when left out")
    parser.add_argument("--quick", action="store_true", help="smaller counts: is it all still running?")
    chosen = parser.parse_args()
    for name in chosen.parts or PARTS:
        PARTS[name](chosen.quick)


def _folder(stack: ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yanshou-bench-")))


def _server(stack: ExitStack, folder: Path, engine: str) -> LiveServer:
    if engine == "postgres":
        url = stack.enter_context(private_cluster()).fresh()
    else:
        url = f"sqlite:///{folder / 'data' / 'yanshou.sqlite'}"
    server = LiveServer(folder / "data", url)
    stack.callback(server.stop)
    server.start()
    wait_until_idle(url)
    # Anew, as an installation runs: making the demonstration's pictures takes memory that serving does not.
    server.stop()
    server.demo = False
    server.start()
    return server


if __name__ == "__main__":
    main()
