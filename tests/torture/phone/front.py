"""
What stands in front of the server: it counts, can serve another build of the app, and can be as slow as a far server.

A request from a page and one from a service worker look the same here, so nothing is missed.
"""

import http.client
import mimetypes
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

Headers = list[tuple[str, str]]
# Status, headers, body.
Answer = tuple[int, Headers, bytes]
# Run in each page before the app: its requests name it.
NAME_PAGES = """
(() => {
  const page = String(Math.random())
  const send = window.fetch
  window.fetch = (what, how) => {
    if (how) how.headers = new Headers(how.headers)
    how?.headers.set('X-Page', page)
    return send(what, how)
  }
})()
"""
_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One request: when it began and ended (seconds, monotonic), the bytes of its body, and which page sent it."""

    method: str
    path: str
    began: float
    ended: float
    body_bytes: int
    status: int
    user_agent: str
    page: str


class Front:
    """A front on a port of its own; `build` is the folder of another build of `/m/`, or None for the server's own."""

    def __init__(self, server_url: str) -> None:
        self.target = urlsplit(server_url)
        self.build: Path | None = None
        self.delay_s = 0.0
        self.seen: list[Seen] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def uploads(self) -> list[Seen]:
        """Requests that carry evidence."""
        return [each for each in self.seen if each.method in ("PUT", "PATCH") and "/submissions/" in each.path]

    def most_photos_at_once(self) -> int:
        """How many photos were under way at the same time, at most."""
        return max((sum("/photos/" in seen.path for seen in each) for each in self._moments()), default=0)

    def most_senders_at_once(self) -> int:
        """How many pages had such requests under way at the same time, at most; see `NAME_PAGES`."""
        return max((len({seen.page for seen in each}) for each in self._moments()), default=0)

    def most_of_one_upload_at_once(self) -> int:
        """How many of these requests were about the same thing at the same time, at most."""
        return max((max(Counter(seen.path for seen in each).values()) for each in self._moments()), default=0)

    def _moments(self) -> list[list[Seen]]:
        """What was under way whenever one of these requests began."""
        uploads = self.uploads()
        return [[seen for seen in uploads if seen.began <= each.began < seen.ended] for each in uploads]

    def pass_on(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Ask the server; return status, headers, body."""
        line = http.client.HTTPConnection(self.target.hostname or "", self.target.port or 0, timeout=60)
        try:
            line.request(method, path, body or None, headers)
            answer = line.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            line.close()

    def from_build(self, path: str, said: Headers) -> Answer:
        """Answer from the other build, with the headers the server gives its own pages."""
        assert self.build is not None
        file = self.build / (path[3:] or "index.html")
        if not file.is_file():
            return 404, [], b""
        media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        own = [("Content-Type", media_type), ("Cache-Control", "no-cache")]
        kept = [(name, value) for name, value in said if name.lower() not in ("content-type", "cache-control", "etag")]
        return 200, own + kept, file.read_bytes()

    def _handler(front) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - two selves.
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _any(self) -> None:
                began = time.monotonic()
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
                # So that what comes back can be replaced.
                headers["Accept-Encoding"] = "identity"
                time.sleep(front.delay_s)
                path = urlsplit(self.path).path
                other = front.build is not None and path.startswith("/m/")
                status, said, content = front.pass_on(self.command, "/m/" if other else self.path, headers, body)
                if other:
                    status, said, content = front.from_build(path, said)
                front.seen.append(
                    Seen(
                        self.command,
                        path,
                        began,
                        time.monotonic(),
                        len(body),
                        status,
                        headers.get("User-Agent", ""),
                        # Asked of the message itself: the browser writes the name in small letters.
                        self.headers.get("X-Page", "worker"),
                    )
                )
                try:
                    self.send_response(status)
                    for name, value in said:
                        if name.lower() not in (*_HOP, "etag") or (
                            name.lower() == "etag" and not path.startswith("/m/")
                        ):
                            self.send_header(name, value)
                    if status not in (204, 304):
                        self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    if self.command != "HEAD":
                        self.wfile.write(content)
                except OSError:
                    # The phone went away while it was answered.
                    self.close_connection = True

            do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = _any  # noqa: N815 - http.server's names.

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler

    def start(self) -> None:
        """Listen in a thread of its own."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def front_of(server_url: str) -> Iterator[Front]:
    """A front for the length of a block."""
    front = Front(server_url)
    front.start()
    try:
        yield front
    finally:
        front.stop()
