"""
A phone without a screen: the outbox's rules (pwa/src/outbox) in Python, and a memory of everything acknowledged.

What is finished is frozen: the same bytes go out each time. Nothing counts as held but what a signed receipt says about
exactly those bytes; a status code alone proves nothing.
"""

import asyncio
import base64
import hashlib
import json
import random
import ssl
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import jwt

from tests.server.world import encoded, manifest
from tests.torture.sizes import size

KINDS = ("panorama", "spacing", "groundwork", "tree", "household", "problem")
JSON = {"Content-Type": "application/json"}
TIMEOUT_S = 60
PATIENCE_S = 30
# Made once: reading the authorities' certificates for each phone would take longer than a server lives.
PLAIN = ssl.create_default_context()


class NoAnswer(Exception):
    """No network, no server, a stranger in its place, or a server that asks for patience: try again later."""


class Refused(Exception):
    """The server will not take it: a fault of the test or of the server."""


@dataclass(frozen=True, slots=True)
class Item:
    """One finished submission."""

    submission_id: UUID
    body: bytes
    photos: dict[str, bytes]

    @property
    def digest(self) -> str:
        """SHA-256 of the frozen manifest."""
        return hashlib.sha256(self.body).hexdigest()


def make_item(chance: random.Random, photos: int | None = None, photo_bytes: int | None = None, **changes: Any) -> Item:
    """Finish a submission with photos nobody has sent before."""
    count = chance.randint(1, 4) if photos is None else photos
    weight = photo_bytes or size("PHOTO_BYTES")
    pictures = {kind: b"\xff\xd8\xff" + chance.randbytes(weight) for kind in KINDS[:count]}
    submission_id = UUID(int=chance.getrandbits(128), version=4)
    body = encoded(manifest(submission_id, pictures, **changes))
    return Item(submission_id, body, {hashlib.sha256(data).hexdigest(): data for data in pictures.values()})


@dataclass(slots=True)
class Memory:
    """
    What the server has put its name to, and every answer by its status.

    Attributes:
        offsets: Of each photo that went in parts, the bytes of which the server said that it has them for good.
        unanswered: Requests that were under way when the connection ended.
    """

    items: dict[UUID, Item] = field(default_factory=dict)
    manifests: dict[UUID, str] = field(default_factory=dict)
    photos: set[tuple[UUID, str]] = field(default_factory=set)
    offsets: dict[tuple[UUID, str], int] = field(default_factory=dict)
    receipt_numbers: dict[UUID, int] = field(default_factory=dict)
    complete: set[UUID] = field(default_factory=set)
    answers: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0
    contradictions: list[str] = field(default_factory=list)

    @property
    def acknowledged(self) -> int:
        """Manifests and photos acknowledged."""
        return len(self.manifests) + len(self.photos)

    async def photos_beyond(self, before: int) -> None:
        """Wait until there is something to lose: on a busy machine a fault could else come before the first answer."""
        give_up_at = time.monotonic() + PATIENCE_S
        while len(self.photos) <= before and time.monotonic() < give_up_at:
            await asyncio.sleep(0.02)

    @property
    def server_errors(self) -> int:
        """Answers of 5xx other than "my disk refuses" (507) and "not now" (503)."""
        return sum(count for status, count in self.answers.items() if status >= 500 and status not in (503, 507))

    def note(self, item: Item, receipt: dict[str, Any]) -> None:
        """Remember a verified receipt; two that contradict each other are a fault whatever the database says."""
        number = self.receipt_numbers.setdefault(item.submission_id, receipt["receipt_no"])
        if number != receipt["receipt_no"]:
            self.contradictions.append(f"{item.submission_id}: receipt {number}, then {receipt['receipt_no']}")
        self.items[item.submission_id] = item
        self.manifests[item.submission_id] = item.digest
        self.photos |= {(item.submission_id, sha256) for sha256 in receipt["photos"]}
        if receipt["complete"]:
            self.complete.add(item.submission_id)

    def note_offset(self, item: Item, sha256: str, answer: httpx.Response) -> int:
        """Remember, and return, how much of a photo an answer acknowledges."""
        offset = int(answer.headers["upload-offset"])
        self.offsets[item.submission_id, sha256] = max(offset, self.offsets.get((item.submission_id, sha256), 0))
        return offset


class Phone:
    """One phone; several may share a memory. Use as an async context manager."""

    def __init__(self, address: str, token: str, memory: Memory, keys: dict[str, Any] | None = None) -> None:
        self.memory = memory
        self.keys = keys or {}
        self.client = httpx.AsyncClient(
            base_url=address,
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_S,
            trust_env=False,
            verify=PLAIN,
        )

    async def __aenter__(self) -> "Phone":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()

    async def learn_keys(self) -> dict[str, Any]:
        """Read the keys that receipts are checked with, as a sign-in does."""
        answer = await self.client.get("/api/session")
        self.keys = {jwk["kid"]: jwt.PyJWK(jwk).key for jwk in answer.json()["receipt_keys"]["keys"]}
        return self.keys

    async def deliver(self, item: Item, part_bytes: int | None = None) -> None:
        """
        Send what the server lacks, in the outbox's order, until a receipt says complete.

        Args:
            item: What to send.
            part_bytes: Photos go in parts of this size; None: whole.

        Raises:
            NoAnswer: Try again later.
            Refused: Trying again will not help.
        """
        status = await self.announce(item)
        for sha256 in status["missing"]:
            if part_bytes is None:
                status = await self.send_photo(item, sha256)
            else:
                status = await self.send_in_parts(item, sha256, part_bytes)
        if not status["complete"]:
            raise NoAnswer("not complete yet")

    async def announce(self, item: Item) -> dict[str, Any]:
        """Send the manifest; return the status."""
        answer = await self.ask("PUT", f"/api/submissions/{item.submission_id}", content=item.body, headers=JSON)
        return self.status_in(item, answer)

    async def send_photo(self, item: Item, sha256: str) -> dict[str, Any]:
        """Send one photo whole; return the status."""
        path = f"/api/submissions/{item.submission_id}/photos/{sha256}"
        return self.status_in(item, await self.ask("PUT", path, content=item.photos[sha256]))

    async def send_in_parts(self, item: Item, sha256: str, part_bytes: int) -> dict[str, Any]:
        """Ask for the offset and send on from there, one part after the other; return the status."""
        offset, complete = await self.offset_of(item, sha256)
        if complete:
            return await self.announce(item)
        while True:
            answer = await self.send_part(item, sha256, offset, part_bytes)
            if answer.status_code in (200, 201):
                return self.status_in(item, answer)
            if answer.status_code not in (204, 409) or "upload-offset" not in answer.headers:
                self.status_in(item, answer)  # Says what kind of refusal this is.
                raise NoAnswer(f"{answer.status_code} to a part")
            offset = self.memory.note_offset(item, sha256, answer)

    async def offset_of(self, item: Item, sha256: str) -> tuple[int, bool]:
        """How much of a photo the server holds, and whether that is all."""
        answer = await self.ask("HEAD", upload_path(item, sha256))
        if answer.status_code != 204:
            raise NoAnswer(f"{answer.status_code} to HEAD")
        return self.memory.note_offset(item, sha256, answer), answer.headers["upload-complete"] == "?1"

    async def send_part(self, item: Item, sha256: str, offset: int, part_bytes: int) -> httpx.Response:
        """One PATCH."""
        data = item.photos[sha256]
        return await self.ask(
            "PATCH", upload_path(item, sha256), **part_request(data, offset, min(offset + part_bytes, len(data)))
        )

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request; NoAnswer when the connection breaks."""
        try:
            answer = await self.client.request(method, path, **more)
        except httpx.TransportError as error:
            self.memory.unanswered += not isinstance(error, httpx.ConnectError)
            raise NoAnswer(repr(error)) from error
        self.memory.answers[answer.status_code] += 1
        return answer

    def status_in(self, item: Item, answer: httpx.Response) -> dict[str, Any]:
        """The status in an answer, its receipt verified and remembered."""
        if answer.status_code in (401, 408, 425, 429) or answer.status_code >= 500 or answer.status_code < 200:
            raise NoAnswer(f"{answer.status_code} {answer.text[:300]}")
        try:
            body = answer.json()
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise NoAnswer("not JSON") from error
        if answer.status_code not in (200, 201):
            if not isinstance(body, dict) or "code" not in body:
                raise NoAnswer(f"a stranger's {answer.status_code}")
            raise Refused(f"{answer.status_code} {answer.text[:300]}")
        self.memory.note(item, self.receipt_in(item, body))
        return dict(body)

    def receipt_in(self, item: Item, body: Any) -> dict[str, Any]:
        """Verify as pwa/src/outbox/receipt.ts does; NoAnswer for anything that is not about exactly this item."""
        try:
            parts = jwt.api_jws.PyJWS().decode_complete(
                body["receipt"], self.keys[jwt.get_unverified_header(body["receipt"])["kid"]], algorithms=["ES256"]
            )
            receipt: dict[str, Any] = json.loads(parts["payload"])
        except (jwt.PyJWTError, KeyError, TypeError, AttributeError, ValueError) as error:
            raise NoAnswer(f"no receipt: {error!r}") from error
        about = (receipt["iss"], receipt["sub"], receipt["content_sha256"], parts["header"].get("typ"))
        if about != ("yanshou", str(item.submission_id), item.digest, "receipt+jwt"):
            raise NoAnswer("another's receipt")
        if receipt["complete"] and set(receipt["photos"]) != set(item.photos):
            raise NoAnswer("complete without every photo")
        if body["complete"] != receipt["complete"] or sorted(body["received"]) != sorted(receipt["photos"]):
            raise NoAnswer("status and receipt differ")
        return receipt


def upload_path(item: Item, sha256: str) -> str:
    """The upload resource of a photo."""
    return f"/api/submissions/{item.submission_id}/photos/{sha256}/upload"


def part_request(data: bytes, offset: int, end: int) -> dict[str, Any]:
    """Body and headers of a PATCH with the bytes from `offset` to `end`."""
    part = data[offset:end]
    digest = base64.b64encode(hashlib.sha256(part).digest()).decode()
    headers = {
        "Content-Type": "application/partial-upload",
        "Upload-Offset": str(offset),
        "Upload-Complete": "?1" if end == len(data) else "?0",
        "Content-Digest": f"sha-256=:{digest}:",
    }
    return {"content": part, "headers": headers}


class Crowd:
    """Phones at work at the same time on a server that comes and goes."""

    def __init__(
        self, address: str | Callable[[], str], token: str, *, clients: int, seed: int, photos: int | None = None
    ) -> None:
        self.address = address if callable(address) else lambda: address
        self.token, self.clients, self.photos = token, clients, photos
        self.chance = random.Random(seed)
        self.memory = Memory()
        self.up = asyncio.Event()
        self.ending = False
        self.refusals: list[str] = []
        self.finished = 0
        self.pause_s = 0.01
        # A photo goes in three parts, or whole.
        self.part_bytes: int | None = size("PHOTO_BYTES") // 3 + 1
        self.part_share = 0.5
        self.keys: dict[str, Any] = {}
        self.tasks: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        """Learn the keys and set out; the server must be there. Phones wait until `up` is set."""
        async with Phone(self.address(), self.token, self.memory) as phone:
            self.keys = await phone.learn_keys()
        self.tasks = [asyncio.create_task(self._work()) for _ in range(self.clients)]

    async def end(self, within_s: float = 60) -> None:
        """Let every phone bring what it has begun to its end."""
        self.ending = True
        self.up.set()
        try:
            await asyncio.wait_for(asyncio.gather(*self.tasks), within_s)
        finally:
            for task in self.tasks:
                task.cancel()

    async def lost_offsets(self, address: str) -> int:
        """Ask a server about each photo that is on its way: of how many it has less than was acknowledged."""
        lost = 0
        async with Phone(address, self.token, Memory(), self.keys) as phone:
            for (submission_id, sha256), acknowledged in list(self.memory.offsets.items()):
                if (submission_id, sha256) in self.memory.photos:
                    continue
                try:
                    held, complete = await phone.offset_of(self.memory.items[submission_id], sha256)
                except NoAnswer:  # A submission that is gone has no upload.
                    held, complete = -1, False
                lost += not complete and held < acknowledged
        return lost

    async def _work(self) -> None:
        while not self.ending:
            await self.up.wait()
            item = make_item(self.chance, self.photos)
            if await self._see_through(item):
                self.finished += 1

    async def _see_through(self, item: Item) -> bool:
        while True:
            await self.up.wait()
            try:
                async with Phone(self.address(), self.token, self.memory, self.keys) as phone:
                    in_parts = self.chance.random() < self.part_share
                    await phone.deliver(item, self.part_bytes if in_parts else None)
            except NoAnswer:
                await asyncio.sleep(self.pause_s)
            except Refused as refused:
                self.refusals.append(str(refused))
                return False
            else:
                return True
