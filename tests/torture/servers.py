"""Server processes that are there to be killed, and the prepared world they start from."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from server.settings import Settings
from server.storage import PhotoStore, open_photo_store
from tests.support.postgres import Cluster, free_port
from tests.support.processes import descendants, freeze, kill_frozen
from tests.support.s3 import S3Server
from tests.support.source import ROOT

SECRET = "a secret for servers that are killed all day long"
READY_WITHIN_S = 30


class Nursery:
    """The other end of `tests.torture.nursery`."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.nursery"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.running: set[int] = set()
        assert self._answer()["ready"]

    def start(self, argv: Sequence[str], env: dict[str, str], log: Path, faults: Sequence[str] = ()) -> int:
        """Start a command of the program; return its process id."""
        asked = {"do": "start", "argv": list(argv), "env": env, "log": str(log), "faults": list(faults)}
        pid = int(self._ask(asked)["pid"])
        self.running.add(pid)
        return pid

    def wait(self, pid: int) -> int:
        """Wait for a child's end; return its exit code, negative for a signal."""
        code = int(self._ask({"do": "wait", "pid": pid})["code"])
        self.running.discard(pid)
        return code

    def poll(self, pid: int) -> int | None:
        """Exit code of a child that has ended, else None; once told, the child is forgotten."""
        code: int | None = self._ask({"do": "poll", "pid": pid})["code"]
        if code is not None:
            self.running.discard(pid)
        return code

    def sweep(self) -> None:
        """Kill what a failed test has left running."""
        for pid in list(self.running):
            os.kill(pid, signal.SIGKILL)
            self.wait(pid)

    def close(self) -> None:
        """End it; children that still run die with it."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(timeout=10)

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


@dataclass(slots=True)
class Site:
    """An installation: a data folder and a database, filled with the small county; photos in the folder or a bucket."""

    nursery: Nursery
    engine: str
    data: Path
    database_url: str
    port: int = field(default_factory=free_port)
    logs: Path | None = None
    photos_url: str = ""
    s3_endpoint: str = ""

    @property
    def photos(self) -> Path:
        """Folder of the photo store, where that is a folder."""
        return self.data / "photos"

    def keep_photos_in(self, bucket: S3Server) -> None:
        """From now on a place in a bucket is the photo store."""
        self.photos_url, self.s3_endpoint = bucket.fresh(), bucket.endpoint

    def store(self) -> PhotoStore:
        """The photo store as its servers have it."""
        photos_url = self.photos_url or f"file://{self.photos}"
        return open_photo_store(Settings(self.data, self.database_url, photos_url, s3_endpoint=self.s3_endpoint))

    @property
    def token(self) -> str:
        """Bearer token of the inspector."""
        return (self.data / "inspector.token").read_text()

    @property
    def environment(self) -> dict[str, str]:
        """What its commands are started with."""
        return {
            "YANSHOU_DATA": str(self.data),
            "YANSHOU_DATABASE_URL": self.database_url,
            "YANSHOU_SECRET_KEY": SECRET,
            "PORT": str(self.port),
            "YANSHOU_PHOTOS_URL": self.photos_url,
            "YANSHOU_S3_ENDPOINT": self.s3_endpoint,
            # The bucket's keys, where it has some; the nursery is older than the bucket.
            **{name: value for name, value in os.environ.items() if name.startswith("AWS_")},
        }

    def run(self, *argv: str) -> int:
        """Run a command to its end; return its exit code."""
        return self.nursery.wait(self.nursery.start(argv, self.environment, self.log))

    @property
    def log(self) -> Path:
        """Output of every process of the site; outside the data folder, whose disk may be cut off or full."""
        return (self.logs or self.data.parent) / f"{self.data.name}.log"

    def server(self, *faults: str, port: int | None = None, failpoints: str = "") -> "KillableServer":
        """A server of this site, not started."""
        return KillableServer(self, faults, port or self.port, failpoints)


class KillableServer:
    """`yanshou serve --no-migrate` of a site."""

    def __init__(self, site: Site, faults: Sequence[str], port: int, failpoints: str) -> None:
        self.site, self.faults, self.port, self.failpoints = site, faults, port, failpoints
        self.pid: int | None = None
        self.code: int | None = None
        self.frozen: list[int] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start and wait until it is ready."""
        env = {**self.site.environment, "PORT": str(self.port), "YANSHOU_FAILPOINTS": self.failpoints}
        self.pid = self.site.nursery.start(["serve", "--no-migrate"], env, self.site.log, self.faults)
        give_up_at = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < give_up_at:
            if self.health() == 200:
                return
            if self.has_ended():
                raise RuntimeError(f"the server ended with {self.code}:\n{self.output()}")
            time.sleep(0.01)
        raise RuntimeError(f"the server was not ready in {READY_WITHIN_S} s:\n{self.output()}")

    def health(self) -> int | None:
        """Status of its answer to /healthz; None without an answer."""
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code
        except OSError:
            return None

    def has_ended(self) -> bool:
        """Whether the process is gone; then `code` says how."""
        if self.pid is not None:
            self.code = self.site.nursery.poll(self.pid)
            if self.code is not None:
                self.pid = None
        return self.pid is None

    def freeze(self) -> None:
        """Stop the process and those beside it where they stand."""
        if self.pid is not None:
            self.frozen = freeze(self.pid)

    def kill_helper(self, chance: random.Random) -> int:
        """SIGKILL one of the processes beside it; how many that were."""
        helpers = descendants(self.pid) if self.pid is not None else []
        for pid in chance.sample(helpers, k=min(1, len(helpers))):
            os.kill(pid, signal.SIGKILL)
        return min(1, len(helpers))

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end in good order."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.pid is not None and not self.has_ended():
            os.kill(self.pid, how)
            self.code = self.site.nursery.wait(self.pid)
            self.pid = None
        # Those beside it end when it does, but not while they stand still.
        kill_frozen(self.frozen)
        self.frozen = []

    def output(self) -> str:
        """The end of the site's log."""
        return self.site.log.read_text(errors="replace")[-3000:] if self.site.log.exists() else ""


class Sites:
    """Makes sites from a world that is prepared once for each database."""

    def __init__(self, nursery: Nursery, folder: Path, cluster: Cluster) -> None:
        self.nursery, self.folder, self.cluster = nursery, folder, cluster
        self.models: dict[str, Site] = {}

    def fresh(self, engine: str, folder: Path, logs: Path | None = None) -> Site:
        """A site of its own in a folder, its database a copy of the prepared one; `logs` if not beside it."""
        return self.copy(self.models.get(engine) or self._model(engine), folder, logs)

    def copy(self, model: Site, folder: Path, logs: Path | None = None) -> Site:
        """Copy a site that nobody has open into a folder."""
        engine, data = model.engine, folder / f"data-{model.engine}-{uuid4().hex[:6]}"
        shutil.copytree(model.data, data)
        if engine == "sqlite":
            return Site(self.nursery, engine, data, f"sqlite:///{data / 'yanshou.sqlite'}", logs=logs)
        return Site(self.nursery, engine, data, self.cluster.fresh(like=model.database_url))

    def empty(self, engine: str, folder: Path) -> Site:
        """A site whose database is empty: no table yet."""
        data = folder / f"empty-{engine}-{uuid4().hex[:6]}"
        data.mkdir(parents=True)
        url = f"sqlite:///{data / 'yanshou.sqlite'}" if engine == "sqlite" else self.cluster.fresh()
        return Site(self.nursery, engine, data, url)

    def _model(self, engine: str) -> Site:
        site = self.empty(engine, self.folder)
        assert site.run("prepare") == 0, site.log.read_text()
        self.models[engine] = site
        return site
