"""
Reading a courier file (应急文件): what a phone could not send, carried by hand and sealed for this server.

The format is in docs/protocol.md. It is read as a stream: at no time is more than a photo's piece in memory, and what
stands before a damaged place can still be used.
"""

import base64
import hashlib
import hmac
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, BinaryIO, Literal
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Meta, Struct

from inspections.wire import Instant, Sha256
from server.errors import CourierRefused
from server.keys import KeyPair

MAGIC = b"YANSHOUC"
VERSION = 1
MAX_TEXT_BYTES = 64 * 1024
CHUNK_BYTES = 1024 * 1024
TAG_BYTES = 16

Size = Annotated[int, Meta(ge=0)]


class PublicKey(Struct, frozen=True):
    """The ephemeral key of one file."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: str
    y: str


class Header(Struct, frozen=True):
    """Who wrote the file, and for which key of the server."""

    account_id: UUID
    account_name: str
    device_id: UUID
    created_at: Instant
    app_version: str
    kid: str
    ephemeral: PublicKey
    salt: str


class Sender(Struct, frozen=True, tag_field="kind", tag="sender"):
    """The first entry: proof that the phone held a session of the account."""

    proof: str


class ManifestEntry(Struct, frozen=True, tag_field="kind", tag="manifest"):
    """A manifest, exactly as frozen; its bytes follow."""

    submission_id: UUID
    content_sha256: Sha256
    size_bytes: Size


class PhotoEntry(Struct, frozen=True, tag_field="kind", tag="photo"):
    """A photo of a manifest before it; its bytes follow."""

    submission_id: UUID
    sha256: Sha256
    media_type: str
    size_bytes: Size


class NoteEntry(Struct, frozen=True):
    """A field note, exactly as frozen; its bytes follow."""

    id: UUID
    content_sha256: Sha256
    size_bytes: Size


class AttemptEntry(NoteEntry, frozen=True, tag_field="kind", tag="attempt"):
    """A visit that brought no inspection."""


class FoundEntry(NoteEntry, frozen=True, tag_field="kind", tag="plot"):
    """A plot no list has."""


class LeftOut(Struct, frozen=True):
    """A photo that is not in the file."""

    submission_id: UUID
    sha256: str


class End(Struct, frozen=True, tag_field="kind", tag="end"):
    """The last entry: without it the file is not whole."""

    submission_count: int
    photo_count: int
    left_out: list[LeftOut]
    note_count: int = 0


Entry = Sender | AttemptEntry | FoundEntry | ManifestEntry | PhotoEntry | End


@dataclass(slots=True)
class CourierReader:
    """A courier file being read, from its preamble on."""

    header: Header
    preamble_sha256: bytes
    _file: BinaryIO
    _cipher: AESGCM
    _number: int = 0
    _plain: bytes = b""
    _ended: bool = False

    def next_entry(self) -> Entry | None:
        """
        Read the next description; the bytes it announces must be read before the one after it. None at the end.

        Raises:
            CourierRefused: The file is damaged or cut short here.
        """
        if self._ended and not self._plain:
            return None
        (length,) = struct.unpack(">I", self.read(4))
        if length > MAX_TEXT_BYTES:
            raise _damaged()
        try:
            entry: Entry = msgspec.json.decode(self.read(length), type=Entry)
        except msgspec.DecodeError as error:
            raise _damaged() from error
        return entry

    def read(self, size: int) -> bytes:
        """Read exactly so many bytes of plaintext."""
        pieces, wanted = [], size
        while wanted:
            if not self._plain:
                self._next_chunk()
            piece, self._plain = self._plain[:wanted], self._plain[wanted:]
            pieces.append(piece)
            wanted -= len(piece)
        return b"".join(pieces)

    def _next_chunk(self) -> None:
        if self._ended:
            raise _damaged()
        (length,) = struct.unpack(">I", _exactly(self._file, 4))
        if not TAG_BYTES <= length <= CHUNK_BYTES + TAG_BYTES:
            raise _damaged()
        sealed = _exactly(self._file, length)
        # The last chunk is told from the others by its nonce, and by nothing following it.
        following = self._file.read(1)
        if following:
            self._file.seek(-1, 1)
        self._ended = not following
        nonce = self._number.to_bytes(11, "big") + (b"\x01" if self._ended else b"\x00")
        try:
            self._plain = self._cipher.decrypt(nonce, sealed, self.preamble_sha256)
        except InvalidTag as error:
            raise _damaged() from error
        if not self._plain and not self._ended:
            raise _damaged()
        self._number += 1


def open_courier(file: BinaryIO, key: KeyPair) -> CourierReader:
    """
    Read the preamble and derive the file's key.

    Raises:
        CourierRefused: No courier file, of another version, damaged, or sealed for another server.
    """
    start = _exactly(file, len(MAGIC) + 5)
    if start[:8] != MAGIC:
        raise CourierRefused("这不是应急文件。", "This is not a courier file.")
    (length,) = struct.unpack(">I", start[9:])
    if start[8] != VERSION or length > MAX_TEXT_BYTES:
        raise CourierRefused(
            "应急文件的版本本服务器不识别。", "This server does not read this version of courier files."
        )
    text = _exactly(file, length)
    try:
        header = msgspec.json.decode(text, type=Header)
        if header.kid != key.kid:
            raise CourierRefused("这个应急文件是给另一台服务器的。", "This courier file is sealed for another server.")
        point = ec.EllipticCurvePublicNumbers(
            int.from_bytes(_unbase64(header.ephemeral.x), "big"),
            int.from_bytes(_unbase64(header.ephemeral.y), "big"),
            ec.SECP256R1(),
        ).public_key()
        salt = _unbase64(header.salt)
    except (msgspec.DecodeError, ValueError) as error:
        raise _damaged() from error
    shared = key.private.exchange(ec.ECDH(), point)
    secret = HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=b"yanshou courier 1").derive(shared)
    return CourierReader(header, hashlib.sha256(start + text).digest(), file, AESGCM(secret))


def is_proven(proof: str, preamble_sha256: bytes, token_hashes: Iterable[str]) -> bool:
    """Whether a proof was made with one of these sessions, each as the server keeps it (SHA-256 of its token)."""
    return any(
        hmac.compare_digest(
            proof.encode(), hmac.new(bytes.fromhex(one), preamble_sha256, "sha256").hexdigest().encode()
        )
        for one in token_hashes
    )


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise _damaged()
    return data


def _unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _damaged(*_: Any) -> CourierRefused:
    return CourierRefused(
        "应急文件已损坏或不完整，请从手机重新导出。",
        "The courier file is damaged or cut short; export it from the phone again.",
    )
