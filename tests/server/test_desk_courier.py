"""A courier file brought to the desk: sealed for this server, credited to who made it, taken in like a phone's own."""

import base64
import hashlib
import hmac
import json
import os
import struct
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from litestar import Litestar

from server.tables import AttemptTable, EventTable, FoundPlotTable, PhotoTable, SubmissionTable, UserTable
from tests.server.test_field_notes import attempt, found, put
from tests.server.test_queue import PAGE, enter, see
from tests.server.world import (
    NEXT_TASK,
    WEST_PLOT,
    WEST_TASK,
    World,
    bearer,
    encoded,
    five_pictures,
    manifest,
    named,
)

MIB, INSPECTOR = 1024 * 1024, named("inspector")


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Phone:
    """What writes the file: an account, a token, and the server's key as the session named it."""

    key: dict[str, Any]
    account: UUID = INSPECTOR
    token: str = "a token of no session"
    entries: list[tuple[dict[str, Any], bytes]] = field(default_factory=list)

    def add(self, submission_id: UUID, pictures: dict[str, bytes] | None = None, **changes: Any) -> None:
        """A submission with its photos."""
        pictures = five_pictures() if pictures is None else pictures
        body = encoded(manifest(submission_id, pictures, **changes))
        self._entry("manifest", submission_id, body, content_sha256=hashlib.sha256(body).hexdigest())
        for data in pictures.values():
            digest = hashlib.sha256(data).hexdigest()
            self._entry("photo", submission_id, data, sha256=digest, media_type="image/jpeg")

    def add_note(self, kind: str, note_id: UUID, content: dict[str, Any], *, sha256: str = "") -> None:
        """A visit or a plot, as the phone froze it."""
        body = encoded(content)
        said = {"kind": kind, "id": str(note_id), "size_bytes": len(body)}
        said["content_sha256"] = sha256 or hashlib.sha256(body).hexdigest()
        self.entries.append((said, body))

    def _entry(self, kind: str, submission_id: UUID, data: bytes, **members: str) -> None:
        said = {"kind": kind, "submission_id": str(submission_id), "size_bytes": len(data), **members}
        self.entries.append((said, data))

    def write(self, *, end: bool = True, kid: str = "") -> bytes:
        """The file of docs/protocol.md, byte for byte."""
        ephemeral = ec.generate_private_key(ec.SECP256R1())
        numbers, salt = ephemeral.public_key().public_numbers(), os.urandom(32)
        header = {
            "account_id": str(self.account),
            "account_name": "inspector",
            "device_id": str(named("phone")),
            "created_at": "2026-04-02T03:00:00.000Z",
            "app_version": "0.1.0",
            "kid": kid or self.key["kid"],
            "ephemeral": {
                "kty": "EC",
                "crv": "P-256",
                "x": b64(numbers.x.to_bytes(32, "big")),
                "y": b64(numbers.y.to_bytes(32, "big")),
            },
            "salt": b64(salt),
        }
        text = json.dumps(header).encode()
        preamble = b"YANSHOUC\x01" + struct.pack(">I", len(text)) + text
        digest = hashlib.sha256(preamble).digest()
        x, y = (int.from_bytes(base64.urlsafe_b64decode(self.key[name] + "=="), "big") for name in ("x", "y"))
        point = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        shared = ephemeral.exchange(ec.ECDH(), point)
        secret = HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=b"yanshou courier 1").derive(shared)
        proof = hmac.new(hashlib.sha256(self.token.encode()).digest(), digest, "sha256").hexdigest()
        last = {"kind": "end", "submission_count": 1, "photo_count": len(self.entries) - 1, "left_out": []}
        rows = [({"kind": "sender", "proof": proof}, b""), *self.entries, *([(last, b"")] if end else [])]
        plain = b"".join(
            struct.pack(">I", len(said)) + said + data
            for said, data in ((json.dumps(one).encode(), data) for one, data in rows)
        )
        pieces = [plain[at : at + MIB] for at in range(0, len(plain), MIB)]
        out = [preamble]
        for number, piece in enumerate(pieces):
            nonce = number.to_bytes(11, "big") + (b"\x01" if number == len(pieces) - 1 else b"\x00")
            sealed = AESGCM(secret).encrypt(nonce, piece, digest)
            out.append(struct.pack(">I", len(sealed)) + sealed)
        return b"".join(out)


@pytest.fixture
async def phone(app: Litestar, client: httpx.AsyncClient) -> Phone:
    """A phone whose inspector is signed in, as its session told it."""
    session = await client.post(
        "/api/session",
        json={"name": "inspector", "password": "a password of the tests", "device_id": str(named("phone"))},
    )
    return Phone(session.json()["courier_key"], token=session.json()["token"])


async def bring(client: httpx.AsyncClient, data: bytes, **form: str) -> httpx.Response:
    return await client.post("/desk/courier", files={"file": ("a.yanshou", data)}, data=form, headers=PAGE)


async def test_what_the_file_holds_comes_in_under_the_inspectors_name(
    world: World, client: httpx.AsyncClient, phone: Phone
):
    """Manifest and photos, complete, with a receipt for the phone when it is back; who carried it is on record."""
    submission_id, large = uuid4(), os.urandom(3 * MIB)
    phone.add(submission_id, {**five_pictures(), "panorama": large})
    await enter(client, "reviewer")

    page = await bring(client, phone.write())

    assert page.status_code == 200 and "文件已全部读完" in page.text and "已入库 5" in page.text
    row = await SubmissionTable.select().first()
    assert (row["inspector"], row["state"], row["received_photos"]) == (named("inspector"), "awaiting_review", 5)
    assert await world.photos.read(hashlib.sha256(large).hexdigest()) == large
    carried = await EventTable.select().where(EventTable.action == "submission.couriered").first()
    assert (carried["actor"], carried["subject_id"]) == (named("reviewer"), str(submission_id))
    status = await client.get(f"/api/submissions/{submission_id}", headers=await bearer(client, "inspector"))
    assert status.json()["complete"] is True


async def test_a_file_imported_twice_stores_once(world: World, client: httpx.AsyncClient, phone: Phone):
    """Nobody has to remember which memory stick was read."""
    phone.add(uuid4())
    await enter(client, "reviewer")

    await bring(client, phone.write())
    again = await bring(client, phone.write())

    assert "以前已收" in again.text and "以前已收 5" in again.text
    assert (await SubmissionTable.count(), await PhotoTable.count()) == (1, 5)


async def test_visits_and_plots_come_in_before_the_submissions_about_them(
    world: World, client: httpx.AsyncClient, phone: Phone
):
    """A plot no list has, a visit in vain to it and its inspection travel in one file; each is its inspector's."""
    plot_id, visit_id, submission_id, plot = uuid4(), uuid4(), uuid4(), found()
    phone.add_note("plot", plot_id, plot)
    phone.add_note("attempt", visit_id, attempt(plot_id=str(plot_id), task_id=plot["task_id"]))
    boundary = manifest(submission_id, {})["boundary"]
    boundary["properties"] |= {"plot_id": str(plot_id), "household_id": plot["household"]["id"]}
    phone.add(submission_id, plot_id=str(plot_id), task_id=plot["task_id"], boundary=boundary)
    await enter(client, "reviewer")

    page = (await bring(client, phone.write())).text

    assert "文件已全部读完" in page and "转入隔离" not in page
    assert "计划外的地块" in page and "覃新" in page and "来访记录" in page and "家中无人" in page
    for table, name in ((AttemptTable, "attempt"), (FoundPlotTable, "plot")):
        row = await table.select(table.inspector).first()
        assert row["inspector"] == named("inspector"), name
    assert (await SubmissionTable.select(SubmissionTable.plot).first())["plot"] == plot_id
    carried = await EventTable.select().where(EventTable.action == "plot.couriered")
    assert {(row["actor"], row["subject_id"]) for row in carried} == {(named("reviewer"), str(plot_id))}
    imported = await EventTable.select(EventTable.after).where(EventTable.action == "courier.imported").first()
    assert json.loads(imported["after"])["notes"] == {str(plot_id): "stored", str(visit_id): "stored"}


async def test_a_note_that_came_by_hand_is_known_when_its_phone_sends_it(client: httpx.AsyncClient, phone: Phone):
    """And the other way round: the digest is the same, so it is stored once and the phone may rest."""
    visit_id, content = uuid4(), attempt()
    phone.add_note("attempt", visit_id, content)
    await enter(client, "reviewer")

    await bring(client, phone.write())
    sent = await put(client, await bearer(client, "inspector"), f"/api/attempts/{visit_id}", content)
    again = await bring(client, phone.write())

    assert (sent.status_code, sent.json()["content_sha256"]) == (200, phone.entries[0][0]["content_sha256"])
    assert "以前已收" in again.text and await AttemptTable.count() == 1


async def test_a_note_that_cannot_be_taken_in_says_why_and_stops_nothing(
    world: World, client: httpx.AsyncClient, phone: Phone
):
    """One of another region, one that is no note, one that was damaged, and a good one after them."""
    good = uuid4()
    phone.add_note("attempt", uuid4(), attempt(task_id=str(WEST_TASK), plot_id=str(WEST_PLOT)))
    phone.add_note("plot", uuid4(), {"what": "is this"})
    phone.add_note("attempt", uuid4(), attempt(), sha256="0" * 64)
    phone.add_note("attempt", good, attempt())
    await enter(client, "reviewer")

    page = (await bring(client, phone.write())).text

    assert page.count("未接收") == 2 and "格式不对" in page and page.count("已损坏") == 1
    assert [row["id"] for row in await AttemptTable.select(AttemptTable.id)] == [good]
    assert await FoundPlotTable.count() == 0


async def test_each_item_has_its_own_fate(world: World, client: httpx.AsyncClient, phone: Phone):
    """A damaged photo or a manifest that is put in quarantine does not stop those after it."""
    good, odd = uuid4(), uuid4()
    phone.add(odd, task_id=str(NEXT_TASK))
    phone.add(good)
    said, data = phone.entries[-1]
    phone.entries[-1] = (said, data[:-1] + b"?")
    await enter(client, "reviewer")

    page = (await bring(client, phone.write())).text

    assert "转入隔离" in page and "未接收 5" in page
    assert "已入库 4" in page and "已损坏 1" in page
    assert (await SubmissionTable.select(SubmissionTable.received_photos).first())["received_photos"] == 4


@pytest.mark.parametrize("at", [0, 8, 30, -5], ids=["magic", "version", "header", "last chunk"])
async def test_a_file_with_one_changed_byte_is_refused(world: World, client: httpx.AsyncClient, phone: Phone, at: int):
    """And nothing of it is taken in."""
    phone.add(uuid4())
    data = bytearray(phone.write())
    data[at] ^= 1
    await enter(client, "reviewer")

    page = await bring(client, bytes(data))

    assert page.status_code == 422 and 'id="file-error"' in page.text
    assert await SubmissionTable.count() == 0


async def test_a_file_cut_short_gives_what_stands_before_the_cut(world: World, client: httpx.AsyncClient, phone: Phone):
    """And says that it is not whole."""
    phone.add(uuid4(), {**five_pictures(), "panorama": os.urandom(2 * MIB)})
    await enter(client, "reviewer")

    cut = await bring(client, phone.write()[: 3 * MIB // 2])
    without_end = await bring(client, phone.write(end=False))

    assert "文件不完整" in cut.text and "文件不完整" in without_end.text
    assert (await SubmissionTable.select(SubmissionTable.received_photos).first())["received_photos"] == 5


async def test_a_file_for_another_server_is_told_so(world: World, client: httpx.AsyncClient, phone: Phone):
    """A county's file does not open in the next county."""
    phone.add(uuid4())
    await enter(client, "reviewer")

    assert "另一台服务器" in (await bring(client, phone.write(kid="other"))).text


async def test_a_sender_nobody_proves_is_confirmed_by_somebody_else(
    world: World, client: httpx.AsyncClient, phone: Phone
):
    """The public key is public: without a session's proof anybody could write in anybody's name."""
    phone.token = "signed out since"
    phone.add(uuid4())
    data = phone.write()

    await enter(client, "inspector")
    himself = await bring(client, data, confirmed="yes")
    await enter(client, "reviewer")
    asked = await bring(client, data)
    count = await SubmissionTable.count()
    confirmed = await bring(client, data, confirmed="yes")

    assert himself.status_code == 422 and 'name="confirmed"' not in himself.text
    assert asked.status_code == 422 and 'name="confirmed"' in asked.text and count == 0
    assert confirmed.status_code == 200 and "发送人由您确认" in confirmed.text
    assert await SubmissionTable.count() == 1


async def test_an_account_elsewhere_or_switched_off_does_not_send(
    world: World, client: httpx.AsyncClient, phone: Phone
):
    """The file says whose it is; whether that person may send is the server's to say."""
    phone.add(uuid4())
    await enter(client, "west_reviewer")
    elsewhere = await bring(client, phone.write())
    await enter(client, "reviewer")
    unknown = await bring(client, Phone(phone.key, account=uuid4()).write())
    await UserTable.update({UserTable.active: False}).where(UserTable.id == named("inspector"))
    off = await bring(client, phone.write())

    assert [answer.status_code for answer in (elsewhere, unknown, off)] == [422, 422, 422]
    assert "不在您的管辖范围内" in elsewhere.text and "已停用" in off.text
    assert await SubmissionTable.count() == 0


async def test_no_file_and_a_too_large_one_are_told_beside_the_field(world: World, client: httpx.AsyncClient):
    """The limit is checked before a byte is read."""
    await enter(client, "reviewer")

    nothing = await client.post("/desk/courier", files={"file": ("", b"")}, headers=PAGE)
    large = await client.post(
        "/desk/courier", content=b"x", headers={**PAGE, "content-length": "600000000", "content-type": "text/plain"}
    )

    assert (nothing.status_code, large.status_code) == (422, 422)
    assert "请选择应急文件" in nothing.text and "500 MB" in large.text
    assert "enctype" in (await see(client, "/desk/courier")).text
