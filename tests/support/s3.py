"""A server that speaks the S3 protocol, on loopback, in this process; nothing of it outlives the tests."""

import logging
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import pytest

BUCKET = "photos"


@dataclass(frozen=True, slots=True)
class S3Server:
    """Where it listens."""

    endpoint: str

    def fresh(self) -> str:
        """Address of a place in the bucket where nothing is yet."""
        return f"s3://{BUCKET}/{uuid4().hex}"


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Run the server, with a bucket and with the keys in the environment, for the length of a block."""
    from moto.server import ThreadedMotoServer  # Here, because it takes a second that most tests need not wait.

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        with urllib.request.urlopen(urllib.request.Request(f"{endpoint}/{BUCKET}", method="PUT")):
            pass
        with pytest.MonkeyPatch.context() as environment:
            for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
                environment.setenv(name, "tests")
            environment.setenv("AWS_REGION", "us-east-1")
            yield S3Server(endpoint)
    finally:
        server.stop()
