"""Sites to be tortured. The nursery and the prepared worlds serve the whole run (each worker's)."""

from collections.abc import Iterator

import pytest

from tests.support.postgres import Cluster
from tests.torture.servers import Nursery, Site, Sites


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


@pytest.fixture(scope="session")
def sites(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory, postgres_cluster: Cluster) -> Sites:
    return Sites(nursery, tmp_path_factory.mktemp("models"), postgres_cluster)


@pytest.fixture(autouse=True)
def _swept(request: pytest.FixtureRequest) -> Iterator[None]:
    """No server outlives its test."""
    yield
    if "nursery" in request.fixturenames:
        request.getfixturevalue("nursery").sweep()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def site(request: pytest.FixtureRequest, sites: Sites, tmp_path) -> Site:
    """An installation on each of the two databases."""
    return sites.fresh(request.param, tmp_path)


@pytest.fixture
def sqlite_site(sites: Sites, tmp_path) -> Site:
    return sites.fresh("sqlite", tmp_path)
