"""
Fixtures for every test.

`database_url` makes a test run twice, on the embedded SQLite and on a private PostgreSQL, each time on an empty
database. There is no switch to leave PostgreSQL out: what has not run on both is not known to work on both.
"""

import asyncio
import gc
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from server.database import make_engine, migrate, opened
from tests.support.demonstration import Demonstration
from tests.support.postgres import Cluster, Lent, PostgresMissing, private_cluster
from tests.support.s3 import S3Server, s3_server

# How long an example takes tells of the machine and what else it does.
settings.register_profile("yanshou", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("yanshou")


def pytest_collection_finish() -> None:
    """Leave all that was imported and collected out of every garbage collection to come: 7 % of the whole run."""
    gc.collect()
    gc.freeze()


SQLITE_AND_POSTGRES = [pytest.param("sqlite"), pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """One PostgreSQL server for the whole run (one for each worker)."""
    try:
        with private_cluster() as cluster:
            yield cluster
    except PostgresMissing as missing:
        pytest.fail(str(missing), pytrace=False)


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """One server of the S3 protocol for the whole run (one for each worker)."""
    with s3_server() as server:
        yield server


@pytest.fixture(params=SQLITE_AND_POSTGRES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of an empty database, of either kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'yanshou.sqlite'}"
        return
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    url = cluster.fresh()
    yield url
    cluster.drop(url)


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Demonstration:
    """The demonstration of the whole run (one for each worker), for servers of either kind."""
    folder = tmp_path_factory.mktemp("demonstration")
    return Demonstration(folder, lambda: request.getfixturevalue("postgres_cluster"))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database with the tables and nothing in them."""
    path = tmp_path_factory.mktemp("migrated") / "yanshou.sqlite"
    asyncio.run(_migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_cluster: Cluster) -> Lent:
    """The same on PostgreSQL, to be lent."""
    url = postgres_cluster.fresh()
    asyncio.run(_migrate(url))
    return Lent(postgres_cluster, url)


async def _migrate(url: str) -> None:
    async with opened(make_engine(url)):
        await migrate()


@pytest.fixture(params=SQLITE_AND_POSTGRES)
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of a database of either kind, with the tables: copied, or put back as it was before the last test."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated"), tmp_path / "yanshou.sqlite")
        yield f"sqlite:///{tmp_path / 'yanshou.sqlite'}"
        return
    lent: Lent = request.getfixturevalue("migrated_postgres")
    yield lent.lend()
    lent.put_back()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Address of an empty SQLite database."""
    return f"sqlite:///{tmp_path / 'yanshou.sqlite'}"


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """Address of an empty PostgreSQL database."""
    url = postgres_cluster.fresh()
    yield url
    postgres_cluster.drop(url)
