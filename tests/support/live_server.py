"""The real server in a process of its own, started by its own command as an installation starts it."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.postgres import free_port
from tests.support.source import ROOT

READY_WITHIN_S = 60


class LiveServer:
    """`yanshou serve` on a free port, with a data folder and a database of its own; `source` is where its code is."""

    def __init__(
        self, data: Path, database_url: str, *, demo: bool = True, port: int | None = None, source: Path = ROOT
    ) -> None:
        self.data = data
        self.source = source
        self.database_url = database_url
        self.demo = demo
        self.port = port or free_port()
        self.log = data / "server.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What its commands are started with."""
        ours = {"YANSHOU_DATA": str(self.data), "YANSHOU_DATABASE_URL": self.database_url, "PORT": str(self.port)}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("YANSHOU_")}
        return {**kept, **ours, "PYTHONUNBUFFERED": "1"}

    def start(self) -> None:
        """
        Start and wait until it says that it is well.

        Raises:
            RuntimeError: It ended, or was not ready in time; the text holds the end of its output.
        """
        self.data.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "server.cli", "serve", *(["--demo"] if self.demo else [])]
        # Output into a file: a pipe nobody reads would stop the server when it is full.
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.source, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        give_up_at = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < give_up_at:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}:\n{self.output()[-3000:]}")
            if self._is_well():
                return
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"the server was not ready in {READY_WITHIN_S} s:\n{self.output()[-3000:]}")

    def stop(self) -> int:
        """Ask it to end as Ctrl-C does, and return its exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        code = self.process.returncode
        self.process = None
        return code

    def kill(self) -> None:
        """End it as a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def output(self) -> str:
        """Everything it has printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def _is_well(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


@contextmanager
def live_server(data: Path, database_url: str, *, demo: bool = True, source: Path = ROOT) -> Iterator[LiveServer]:
    """A running server for the length of a block."""
    server = LiveServer(data, database_url, demo=demo, source=source)
    try:
        server.start()
        yield server
    finally:
        server.stop()
