"""
A small county on a migrated database, and the application over it.

Each test runs on SQLite with photos in a folder, and on PostgreSQL with photos in a bucket of an S3 server.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from server import sqlite_engine
from server.app import create_app, state_of
from server.database import make_engine, opened
from server.settings import Settings
from tests.server.world import World, build_world
from tests.support.s3 import S3Server


@pytest.fixture
def settings(migrated_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    photos_url, endpoint = f"file://{tmp_path / 'photos'}", ""
    if not migrated_url.startswith("sqlite"):
        server: S3Server = request.getfixturevalue("s3")
        photos_url, endpoint = server.fresh(), server.endpoint
    return Settings(
        data=tmp_path, database_url=migrated_url, photos_url=photos_url, s3_endpoint=endpoint, secret_key="k" * 40
    )


@pytest.fixture
def with_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite with its write-ahead log, whatever the version here."""
    monkeypatch.setattr(sqlite_engine, "safe_journal", lambda _version: ("WAL", "FULL"))


@pytest.fixture
def without_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite as it runs where its version is older."""
    monkeypatch.setattr(sqlite_engine, "safe_journal", lambda _version: ("TRUNCATE", "EXTRA"))


@pytest.fixture(params=["with_log", "without_log"])
def either_journal(request: pytest.FixtureRequest) -> None:
    """SQLite with its write-ahead log, and without."""
    request.getfixturevalue(request.param)


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    """The database open and filled, without an application."""
    async with opened(make_engine(settings.database_url)):
        yield await build_world(settings)


@pytest.fixture(scope="session")
def applications() -> dict[object, Litestar]:
    """Applications by what their parts are built from: all else a handler finds in the state."""
    return {}


@pytest.fixture
def app(world: World, applications: dict[object, Litestar]) -> Litestar:
    """The application over the open database, without its background worker: tests say when jobs run."""
    settings = world.settings
    parts = (settings.secure_cookies, settings.origin, settings.schema_open)
    if parts not in applications:
        applications[parts] = create_app(settings, work=False)
    app = applications[parts]
    app.state = state_of(settings)
    return app


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application in the test's own event loop, nobody signed in."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:
        yield client
