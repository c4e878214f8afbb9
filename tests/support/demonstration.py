"""
The demonstration, prepared once and copied for every server that is to begin with it.

Loading it takes seconds, and judging its visits and making their pictures many more: a server that has yet to do so is
slow in the journeys' first minute, and each of thirty servers would do the same work.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.idle import wait_until_idle
from tests.support.live_server import LiveServer, live_server
from tests.support.postgres import Cluster


class Demonstration:
    """What `yanshou serve --demo` makes of an empty folder and database of either kind, its jobs done."""

    def __init__(self, folder: Path, cluster: Callable[[], Cluster]) -> None:
        self.folder = folder
        self.cluster = cluster
        self.models: dict[str, LiveServer] = {}

    @contextmanager
    def server(self, engine: str, folder: Path) -> Iterator[LiveServer]:
        """A running server with a copy of its own in `folder`, for the length of a block."""
        model = self.models.get(engine) or self._prepare(engine)
        data = folder / "data"
        shutil.copytree(model.data, data, ignore=shutil.ignore_patterns(model.log.name))
        if engine == "sqlite":
            with live_server(data, _embedded(data)) as server:
                yield server
            return
        url = self.cluster().fresh(like=model.database_url)
        with live_server(data, url) as server:
            yield server
        self.cluster().drop(url)

    def _prepare(self, engine: str) -> LiveServer:
        data = self.folder / engine
        url = _embedded(data) if engine == "sqlite" else self.cluster().fresh()
        with live_server(data, url) as server:
            assert wait_until_idle(url), "the demonstration's jobs were not done in time"
        self.models[engine] = server
        return server


def _embedded(data: Path) -> str:
    return f"sqlite:///{data / 'yanshou.sqlite'}"
