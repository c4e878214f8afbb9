"""An empty database beside the one of `world`, of the same kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres import Cluster


@pytest.fixture
def empty_url(migrated_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    if migrated_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'restored' / 'yanshou.sqlite'}"
        return
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    url = cluster.fresh()
    yield url
    cluster.drop(url)
