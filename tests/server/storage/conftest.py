"""Empty photo stores of each kind."""

from pathlib import Path
from uuid import uuid4

import pytest

from server.storage import PhotoStore, Upload, open_photo_store
from server.storage.local import LocalStore
from tests.support.s3 import S3Server
from tests.support.stores import SHA256, settings_for


@pytest.fixture(params=["local", "s3"])
def photos(request: pytest.FixtureRequest, tmp_path: Path) -> PhotoStore:
    """An empty store of each kind."""
    if request.param == "local":
        return open_photo_store(settings_for(f"file://{tmp_path}"))
    server: S3Server = request.getfixturevalue("s3")
    return open_photo_store(settings_for(server.fresh(), server.endpoint))


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    found = open_photo_store(settings_for(f"file://{tmp_path}"))
    assert isinstance(found, LocalStore)
    return found


@pytest.fixture
def upload() -> Upload:
    return Upload(uuid4(), SHA256)
