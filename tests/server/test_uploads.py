"""A photo in parts, as docs/protocol.md states it: each part durable, none mixed, the whole or nothing."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Litestar

from server import failpoints, newest_sender
from server.actions.receive_part import MAX_PART_BYTES
from server.upload_expiry import sweep
from tests.server.world import bearer, encoded, five_pictures, manifest
from tests.support.stores import everything_in

DATA = five_pictures()["tree"] * 20
SHA256 = hashlib.sha256(DATA).hexdigest()
HALF = len(DATA) // 2
LAST, MORE = "?1", "?0"


class Sender:
    """An inspector's phone with one photo to send."""

    def __init__(self, client: httpx.AsyncClient, who: dict[str, str], submission_id: UUID, sha256: str) -> None:
        self.client, self.who, self.sha256 = client, who, sha256
        self.url = f"/api/submissions/{submission_id}/photos/{sha256}/upload"

    async def head(self) -> tuple[int, str]:
        answer = await self.client.head(self.url, headers=self.who)
        assert answer.status_code == 204 and answer.content == b""
        return int(answer.headers["upload-offset"]), answer.headers["upload-complete"]

    async def patch(self, offset: int, data: bytes, complete: str, **changes: str) -> httpx.Response:
        return await self.client.patch(self.url, content=data, headers=self.headers(offset, data, complete, **changes))

    def headers(self, offset: int, data: bytes, complete: str, **changes: str) -> dict[str, str]:
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
        wanted = {
            "Content-Type": "application/partial-upload",
            "Upload-Offset": str(offset),
            "Upload-Complete": complete,
            "Content-Digest": f"sha-256=:{digest}:",
            **{name.replace("_", "-").title(): value for name, value in changes.items()},
        }
        return {**self.who, **{name: value for name, value in wanted.items() if value}}


async def announce(client: httpx.AsyncClient, who: dict[str, str], data: bytes) -> Sender:
    """Store a manifest that announces the photo."""
    submission_id = uuid4()
    body = encoded(manifest(submission_id, {**five_pictures(), "tree": data}))
    stored = await client.put(f"/api/submissions/{submission_id}", content=body, headers=who)
    assert stored.status_code == 201
    return Sender(client, who, submission_id, hashlib.sha256(data).hexdigest())


@pytest.fixture
async def phone(client: httpx.AsyncClient) -> Sender:
    return await announce(client, await bearer(client, "inspector"), DATA)


@pytest.fixture
def stored(app: Litestar) -> Any:
    return app.state.photos


def without_receipt(status: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in status.items() if name not in {"receipt", "server_time_at", "submission_id"}}


async def test_a_photo_in_parts_ends_as_one_sent_whole(phone: Sender, stored: Any):
    """Offset, limits, and the receipt that the last part brings."""
    first = await phone.client.head(phone.url, headers=phone.who)
    begun = await phone.patch(0, DATA[:HALF], MORE)
    between = await phone.head()
    ended = await phone.patch(HALF, DATA[HALF:], LAST)

    assert first.headers["upload-offset"] == "0" and first.headers["upload-length"] == str(len(DATA))
    assert f"max-append-size={MAX_PART_BYTES}" in first.headers["upload-limit"]
    assert "max-age=2592000" in first.headers["upload-limit"]
    assert first.headers["cache-control"] == "no-store"
    assert (begun.status_code, begun.headers["upload-offset"]) == (204, str(HALF))
    assert between == (HALF, "?0")
    assert ended.status_code == 201 and SHA256 in ended.json()["received"] and ended.json()["receipt"]
    assert await phone.head() == (len(DATA), "?1")
    assert await stored.read(SHA256) == DATA
    assert not [path for path in await everything_in(stored) if path.startswith("parts")]
    whole = await phone.client.put(phone.url.removesuffix("/upload"), content=DATA, headers=phone.who)
    assert whole.status_code == 200
    assert without_receipt(whole.json()) == without_receipt(ended.json())


async def test_a_lost_last_answer_is_asked_for_again(phone: Sender):
    """The same last part, or an empty one at the end: 200 and the status, as a whole photo sent twice."""
    await phone.patch(0, DATA[:HALF], MORE)
    await phone.patch(HALF, DATA[HALF:], LAST)

    again = await phone.patch(HALF, DATA[HALF:], LAST)
    empty = await phone.patch(len(DATA), b"", LAST)
    astray = await phone.patch(0, DATA[:10], MORE)

    assert (again.status_code, empty.status_code) == (200, 200)
    assert again.json()["received"] == [SHA256]
    assert (astray.status_code, astray.headers["upload-offset"]) == (409, str(len(DATA)))


async def test_the_end_may_be_told_after_all_bytes(phone: Sender):
    """An empty last part completes what came before."""
    await phone.patch(0, DATA, MORE)

    assert (await phone.patch(len(DATA), b"", LAST)).status_code == 201


@pytest.mark.parametrize("offset", [0, HALF - 1, HALF + 1, len(DATA)])
async def test_a_wrong_offset_is_told_the_right_one(phone: Sender, offset: int):
    """Before or beyond: nothing changes, and the phone goes on from there."""
    await phone.patch(0, DATA[:HALF], MORE)

    answer = await phone.patch(offset, DATA[:10], MORE)

    assert (answer.status_code, answer.json()["code"]) == (409, "upload_offset_mismatch")
    assert (answer.json()["expected_offset"], answer.json()["provided_offset"]) == (HALF, offset)
    assert answer.headers["upload-offset"] == str(HALF)
    assert await phone.head() == (HALF, "?0")


async def test_a_damaged_part_is_not_kept(phone: Sender):
    """Nor one without a digest: only what is known to be right is acknowledged."""
    damaged = await phone.patch(0, DATA[:HALF], MORE, content_digest="sha-256=:" + "A" * 43 + "=:")
    nonsense = await phone.patch(0, DATA[:HALF], MORE, content_digest="sha-256=:AAA:")
    missing = await phone.patch(0, DATA[:HALF], MORE, content_digest="md5=:AAAA:")

    assert (damaged.status_code, damaged.json()["code"]) == (400, "part_digest_mismatch")
    assert (nonsense.status_code, nonsense.json()["code"]) == (400, "part_digest_mismatch")
    assert (missing.status_code, missing.json()["code"]) == (400, "part_digest_missing")
    assert await phone.head() == (0, "?0")


async def test_more_than_announced_or_allowed_is_refused(phone: Sender):
    """Neither the manifest's size nor the server's memory is exceeded."""
    await phone.patch(0, DATA[:HALF], MORE)

    beyond = await phone.patch(HALF, DATA[HALF:] + b"x", LAST)
    huge = await phone.patch(HALF, bytes(MAX_PART_BYTES + 1), MORE)

    assert (beyond.status_code, beyond.json()["code"]) == (413, "body_too_large")
    assert (huge.status_code, huge.json()["code"]) == (413, "body_too_large")
    assert await phone.head() == (HALF, "?0")


@pytest.mark.parametrize("last", [bytes(len(DATA) - HALF), DATA[HALF:-1]], ids=["other bytes", "too short"])
async def test_a_whole_that_is_wrong_begins_anew(phone: Sender, stored: Any, last: bytes):
    """Nothing of it is kept, and the right bytes are taken afterwards."""
    await phone.patch(0, DATA[:HALF], MORE)

    wrong = await phone.patch(HALF, last, LAST)

    assert (wrong.status_code, wrong.json()["code"]) == (422, "photo_digest_mismatch")
    assert await phone.head() == (0, "?0")
    assert await everything_in(stored) == []
    assert (await phone.patch(0, DATA, LAST)).status_code == 201


async def test_an_upload_can_be_dropped_and_a_photo_cannot(phone: Sender, stored: Any):
    """DELETE forgets parts; what was acknowledged as received stays."""
    await phone.patch(0, DATA[:HALF], MORE)
    dropped = await phone.client.delete(phone.url, headers=phone.who)
    after = await phone.head()
    await phone.patch(0, DATA, LAST)
    late = await phone.client.delete(phone.url, headers=phone.who)

    assert (dropped.status_code, late.status_code) == (204, 204)
    assert after == (0, "?0")
    assert await phone.head() == (len(DATA), "?1")
    assert await stored.read(SHA256) == DATA


async def test_ten_parts_at_once_for_one_offset(phone: Sender, stored: Any):
    """One is stored; the others are told where to go on. Different bytes never mix."""
    bodies = [DATA[:HALF] if number % 2 else DATA[: HALF // 2] for number in range(10)]

    answers = await asyncio.gather(*(phone.patch(0, body, MORE) for body in bodies))

    [winner] = [number for number, answer in enumerate(answers) if answer.status_code == 204]
    offset, _ = await phone.head()
    assert offset == len(bodies[winner])
    assert {answer.json()["expected_offset"] for answer in answers if answer.status_code == 409} == {offset}
    assert (await phone.patch(offset, DATA[offset:], LAST)).status_code == 201
    assert await stored.read(SHA256) == DATA


async def test_ten_last_parts_at_once(phone: Sender, stored: Any):
    """The photo is there once, on record once, and nobody is told a fault."""
    await phone.patch(0, DATA[:HALF], MORE)

    answers = await asyncio.gather(*(phone.patch(HALF, DATA[HALF:], LAST) for _ in range(10)))

    statuses = [answer.status_code for answer in answers]
    assert statuses.count(201) == 1
    assert set(statuses) <= {200, 201, 409}
    assert {answer.json()["expected_offset"] for answer in answers if answer.status_code == 409} <= {len(DATA)}
    assert await phone.head() == (len(DATA), "?1")
    assert await everything_in(stored) == [f"{SHA256[:2]}/{SHA256}"]


async def half_sent(phone: Sender, go_on: asyncio.Event) -> asyncio.Task[httpx.Response]:
    """Begin to send the first half of the photo and stand still in its middle, until told to go on."""
    there = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield DATA[: HALF // 2]
        there.set()
        await go_on.wait()
        yield DATA[HALF // 2 : HALF]

    headers = phone.headers(0, DATA[:HALF], MORE)
    sending = asyncio.create_task(phone.client.patch(phone.url, content=pieces(), headers=headers))
    await there.wait()
    return sending


async def test_a_stalled_request_blocks_nobody(phone: Sender, stored: Any):
    """The phone lost its line in the middle of a part and comes back by another; the old one is refused."""
    line_back = asyncio.Event()
    old = await half_sent(phone, line_back)
    async with asyncio.timeout(5):
        new = await phone.patch(0, DATA[:HALF], MORE)
        line_back.set()
        late = await old
        ended = await phone.patch(HALF, DATA[HALF:], LAST)

    assert (new.status_code, late.status_code, ended.status_code) == (204, 409, 201)
    assert await stored.read(SHA256) == DATA


async def test_a_newer_request_ends_a_stalled_older_one(phone: Sender, stored: Any, monkeypatch):
    """Its connection and memory are free again; it is told where to go on, and stored nothing."""
    monkeypatch.setattr(newest_sender, "STALLED_AFTER_S", 0.05)
    old = await half_sent(phone, asyncio.Event())
    await asyncio.sleep(0.1)
    async with asyncio.timeout(5):
        new = await phone.patch(0, DATA[:HALF], MORE)
        ended = await old

    assert (new.status_code, ended.status_code) == (204, 409)
    assert ended.json()["code"] == "upload_offset_mismatch"
    assert (await phone.patch(HALF, DATA[HALF:], LAST)).status_code == 201
    assert await stored.read(SHA256) == DATA


async def test_what_came_of_a_stalled_request_is_kept_when_the_phone_asks(phone: Sender, stored: Any, monkeypatch):
    """The line broke without a word to the server: the phone asks where to go on, and need not send it all again."""
    monkeypatch.setattr(newest_sender, "STALLED_AFTER_S", 0.05)
    came = HALF // 2
    old = await half_sent(phone, asyncio.Event())
    await asyncio.sleep(0.1)
    async with asyncio.timeout(5):
        offset, complete = await phone.head()
        ended = await old

    assert (offset, complete, ended.status_code) == (came, "?0", 409)
    assert (await phone.patch(came, DATA[came:], LAST)).status_code == 201
    assert await stored.read(SHA256) == DATA


async def test_a_request_that_still_moves_is_not_ended_by_a_question(phone: Sender, stored: Any):
    """A second tab may ask: the part under way goes to its end."""
    go_on = asyncio.Event()
    sending = await half_sent(phone, go_on)
    offset, _complete = await phone.head()
    go_on.set()

    assert (offset, (await sending).status_code) == (0, 204)


async def test_what_came_before_the_line_broke_is_kept(phone: Sender, app: Litestar, stored: Any):
    """A break every few seconds would else make the phone send the same bytes over and over."""
    came = HALF // 2
    await broken_off(app, phone, DATA[:came], claimed=DATA[:HALF])

    assert await phone.head() == (came, "?0")
    assert (await phone.patch(came, DATA[came:], LAST)).status_code == 201
    assert await stored.read(SHA256) == DATA


async def test_a_damaged_beginning_ends_in_no_photo(phone: Sender, app: Litestar, stored: Any):
    """What broke off has no digest of its own: the photo's finds it out, and the upload begins anew."""
    await broken_off(app, phone, b"x" * HALF, claimed=DATA)

    assert (await phone.patch(HALF, DATA[HALF:], LAST)).json()["code"] == "photo_digest_mismatch"
    assert await phone.head() == (0, "?0")
    assert (await phone.patch(0, DATA, LAST)).status_code == 201
    assert await stored.read(SHA256) == DATA


async def broken_off(app: Litestar, phone: Sender, came: bytes, *, claimed: bytes, offset: int = 0) -> None:
    """Send the beginning of a part and be gone."""
    told = iter([{"type": "http.request", "body": came, "more_body": True}, {"type": "http.disconnect"}])
    headers = {**phone.headers(offset, claimed, MORE), "Host": "test", "Content-Length": str(len(claimed))}

    async def receive() -> dict[str, Any]:
        return next(told)

    async def send(_message: dict[str, Any]) -> None:
        """Nobody is there to hear it."""

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "PATCH", "scheme": "http",
        "path": phone.url, "raw_path": phone.url.encode(), "query_string": b"", "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1), "server": ("test", 80), "extensions": {}, "state": {},
    }  # fmt: skip
    await app(scope, receive, send)  # type: ignore[arg-type]


async def test_two_live_senders_do_not_end_each_other(phone: Sender):
    """Two open tabs, say: both go on, the first to be durable wins, the other is told the offset."""
    started = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        for start in range(0, HALF, HALF // 10 + 1):
            yield DATA[:HALF][start : start + HALF // 10 + 1]
            started.set()
            await asyncio.sleep(0.01)

    headers = phone.headers(0, DATA[:HALF], MORE)
    old = asyncio.create_task(phone.client.patch(phone.url, content=slow(), headers=headers))
    await started.wait()
    other = await phone.client.patch(phone.url, content=slow(), headers=headers)

    assert sorted([(await old).status_code, other.status_code]) == [204, 409]


async def test_a_full_disk_keeps_the_parts_that_were_acknowledged(phone: Sender):
    """507, and the phone goes on where it was when there is room again."""
    await phone.patch(0, DATA[:HALF], MORE)
    failpoints.arm("photo.begin=ENOSPC@1,part.begin=ENOSPC@1")
    try:
        part, last = await phone.patch(HALF, DATA[HALF:], MORE), await phone.patch(HALF, DATA[HALF:], LAST)
    finally:
        failpoints.arm("")

    assert [(one.status_code, one.json()["code"]) for one in (part, last)] == [(507, "storage_refused")] * 2
    assert await phone.head() == (HALF, "?0")
    assert (await phone.patch(HALF, DATA[HALF:], LAST)).status_code == 201


@pytest.mark.parametrize("place", ["parts.joined", "row.begin", "row.written", "row.committed", "parts.dropped"])
async def test_a_fault_after_the_bytes_loses_nothing(phone: Sender, place: str):
    """Durable bytes without a row are asked for again, and the second time it is on record once."""
    await phone.patch(0, DATA[:HALF], MORE)
    failpoints.arm(f"{place}=ENOSPC@1")
    try:
        failed = await phone.patch(HALF, DATA[HALF:], LAST)
    finally:
        failpoints.arm("")
    again = await phone.patch(HALF, DATA[HALF:], LAST)

    # A group of photos that fails is tried one by one, so a fault that passes may go unnoticed.
    assert failed.status_code in {201, 507}
    assert again.status_code in {200, 201}
    assert again.json()["received"] == [SHA256]


async def test_unfinished_uploads_are_forgotten_after_thirty_days(phone: Sender, stored: Any):
    """Not a day sooner."""
    await phone.patch(0, DATA[:HALF], MORE)
    now = datetime.now(UTC)

    assert await sweep(stored, at=now + timedelta(days=29)) == 0
    assert await phone.head() == (HALF, "?0")
    assert await sweep(stored, at=now + timedelta(days=31)) == 1
    assert await phone.head() == (0, "?0")


async def test_the_upload_of_a_stranger_is_not_there(phone: Sender):
    """Another township, another photo: 404, whatever the method."""
    strangers = await bearer(phone.client, "west_inspector")
    unknown = phone.url.replace(SHA256, "0" * 64)
    parts = phone.headers(0, b"x", MORE)

    answers = [
        await phone.client.head(phone.url, headers=strangers),
        await phone.client.delete(phone.url, headers=strangers),
        await phone.client.patch(phone.url, content=b"x", headers={**parts, **strangers}),
        await phone.client.head(unknown, headers=phone.who),
        await phone.client.patch(unknown, content=b"x", headers=parts),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert answers[2].json()["code"] == "submission_not_found"
    assert answers[4].json()["code"] == "photo_not_in_manifest"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"upload_offset": "-1"}, 400),
        ({"upload_offset": "x"}, 400),
        ({"upload_offset": ""}, 400),
        ({"upload_complete": "yes"}, 400),
        ({"upload_complete": ""}, 400),
        ({"content_type": "application/octet-stream"}, 415),
    ],
)
async def test_a_part_that_does_not_say_what_it_is_is_refused(phone: Sender, changes: dict[str, str], status: int):
    """Nothing is guessed about evidence."""
    answer = await phone.patch(0, DATA[:HALF], MORE, **changes)

    assert answer.status_code == status
    assert await phone.head() == (0, "?0")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["go on", "go on", "go on", "end", "repeat", "damage", "jump", "break", "break", "drop"]),
        st.integers(1, len(DATA)),
        st.integers(0, len(DATA)),
    ),
    max_size=16,
)


@given(steps=STEPS)
@settings(max_examples=30, suppress_health_check=list(HealthCheck))
async def test_whatever_way_the_parts_take_the_photo_is_whole_or_not_there(
    phone: Sender, app: Litestar, stored: Any, steps: list[tuple[str, int, int]]
):
    """Any splits, repetitions, damage and disorder; afterwards an honest phone always gets to the end."""
    data = uuid4().bytes + DATA[16:]
    phone = await announce(phone.client, phone.who, data)
    sent: list[tuple[int, bytes, str]] = []
    promised = 0
    for what, length, elsewhere in steps:
        offset, complete = await phone.head()
        assert offset >= promised, "an acknowledged byte was forgotten"
        assert await stored.exists(phone.sha256) == (complete == LAST)
        begin = elsewhere if what == "jump" else offset
        body = data[begin:] if what == "end" else data[begin : begin + length]
        part = (begin, bytes(len(body)) if what == "damage" else body, LAST if begin + len(body) >= len(data) else MORE)
        if what == "repeat" and sent:
            part = sent[elsewhere % len(sent)]
        if what == "break":
            # The line carried half of it.
            await broken_off(app, phone, body[: len(body) // 2], claimed=body, offset=begin)
            continue
        if what == "drop":
            await phone.client.delete(phone.url, headers=phone.who)
            promised = 0
            continue
        sent.append(part)
        answer = await phone.patch(*part)
        assert answer.status_code in {200, 201, 204, 409, 422}
        promised = 0 if answer.status_code == 422 else int(answer.headers["upload-offset"])
    # Damage with a digest of its own is found when the photo should be whole; then it begins anew.
    for _ in range(2):
        offset, complete = await phone.head()
        if complete == MORE:
            await phone.patch(offset, data[offset:], LAST)

    assert await phone.head() == (len(data), LAST)
    assert await stored.read(phone.sha256) == data
    assert not [path for path in await everything_in(stored) if path.startswith("part")]
