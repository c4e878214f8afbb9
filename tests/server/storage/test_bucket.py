"""Photos in a bucket of an S3 service: what is sent along with them, and a service that is not there."""

import base64
import hashlib
import threading
from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from server.errors import StorageFailed
from server.storage import StoreUnusable, Upload, open_photo_store
from tests.support.s3 import S3Server
from tests.support.stores import DATA, SHA256, chunks, settings_for


async def test_a_bucket_that_is_not_there_is_a_refusal_that_passes(s3: S3Server):
    """The network comes back by itself; the store stays open."""
    nowhere = open_photo_store(settings_for("s3://no-such-bucket", s3.endpoint))

    with pytest.raises(StoreUnusable):
        await nowhere.check()
    with pytest.raises(StorageFailed):
        await nowhere.put(SHA256, chunks(), max_bytes=10**6)

    assert nowhere.health.reason is None


@pytest.fixture
def puts(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[Message]]]:
    """A service that says yes to every PUT: its address, and the headers of what it was sent."""
    seen: list[Message] = []

    class Front(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            seen.append(self.headers)
            self.send_response(200)
            self.send_header("ETag", '"made"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "tests")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Front) as front:
        serving = threading.Thread(target=front.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{front.server_address[1]}", seen
        front.shutdown()
        serving.join()


async def test_the_checksum_of_what_is_sent_to_a_bucket_travels_along(puts: tuple[str, list[Message]], upload: Upload):
    """So the store refuses what was damaged on the way: nothing here reads a photo back before it is acknowledged."""
    endpoint, seen = puts
    store = open_photo_store(settings_for("s3://photos/here", endpoint))

    await store.put(SHA256, chunks(), max_bytes=10**6)
    await store.put_part(upload, 0, DATA[:10])

    told = [base64.b64decode(headers["x-amz-checksum-sha256"]) for headers in seen]
    assert told == [hashlib.sha256(DATA).digest(), hashlib.sha256(DATA[:10]).digest()]
    assert [headers["If-None-Match"] for headers in seen] == ["*", "*"]
