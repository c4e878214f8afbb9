"""Whoever answers in the server's place: a hotel's sign-in page, an operator's notice, a forger."""

import asyncio
import hashlib
import json
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

KINDS = (
    "page_200",
    "redirect_302",
    "sign_in_511",
    "wrong_json",
    "empty_200",
    "forged_receipt",
    "borrowed_receipt",
    "unsigned_receipt",
)
PAGE = b"<!doctype html><title>Welcome</title><p>Please accept the terms to go online."


class Portal:
    """Answers every request in the way `kind` says; use as an async context manager."""

    def __init__(self, borrowed: dict[str, Any], kid: str) -> None:
        self.kind = KINDS[0]
        self.borrowed, self.kid = borrowed, kid
        self.forger = ec.generate_private_key(ec.SECP256R1())
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        assert self._server
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> "Portal":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(
                (int(x.split(":")[1]) for x in head.lower().split("\r\n") if x.startswith("content-length")), 0
            )
            body = await reader.readexactly(length)
            status, headers, content = self._answer(head.split(" ")[1], body)
            lines = [f"HTTP/1.1 {status} -", f"Content-Length: {len(content)}", "Connection: close", *headers, "", ""]
            writer.write("\r\n".join(lines).encode() + content)
            await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()

    def _answer(self, path: str, body: bytes) -> tuple[int, list[str], bytes]:
        match self.kind:
            case "page_200":
                return 200, ["Content-Type: text/html"], PAGE
            case "redirect_302":
                return 302, ["Location: http://portal.example/terms"], b""
            case "sign_in_511":
                return 511, ["Content-Type: text/html"], PAGE
            case "wrong_json":
                return 200, ["Content-Type: application/json"], b'{"status": "ok", "complete": true}'
            case "empty_200":
                return 200, [], b""
            case "borrowed_receipt":
                return 200, ["Content-Type: application/json"], json.dumps(self.borrowed).encode()
        return 201, ["Content-Type: application/json"], json.dumps(self._forged(path, body)).encode()

    def _forged(self, path: str, body: bytes) -> dict[str, Any]:
        """Everything right but the signature: the forger has seen the manifest go by."""
        submission_id = path.split("/")[3]
        photos = sorted(photo["sha256"] for photo in json.loads(body)["photos"])
        claims = {
            "iss": "yanshou",
            "sub": submission_id,
            "content_sha256": hashlib.sha256(body).hexdigest(),
            "photos": photos,
            "complete": True,
            "receipt_no": 1,
            "received_at": "2026-04-02T03:04:05Z",
            "iat": 1_775_098_245,
        }
        if self.kind == "unsigned_receipt":
            receipt = jwt.encode(claims, None, algorithm="none", headers={"kid": self.kid, "typ": "receipt+jwt"})
        else:
            receipt = jwt.encode(
                claims, self.forger, algorithm="ES256", headers={"kid": self.kid, "typ": "receipt+jwt"}
            )
        status = {"submission_id": submission_id, "content_sha256": claims["content_sha256"], "complete": True}
        return {**status, "received": photos, "missing": [], "state": "awaiting_review", "receipt": receipt}
