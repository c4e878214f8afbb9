"""
The installation's secret and the keys that are derived from it.

`YANSHOU_SECRET_KEY` wins; without it a key file is made in the data folder at the first start. Several servers of one
installation must share the secret, or their receipts would name different keys.
"""

import base64
import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.settings import Settings

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
MIN_SECRET_CHARS = 32


class SecretUnusable(Exception):
    """The secret is too short, or its file cannot be read."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A key on P-256 with its JWK thumbprint as `kid` (RFC 7638)."""

    private: ec.EllipticCurvePrivateKey
    kid: str
    public_jwk: dict[str, Any]


def read_secret(settings: Settings) -> bytes:
    """Return the installation's secret, making the key file if this is the first start."""
    if settings.secret_key:
        if len(settings.secret_key) < MIN_SECRET_CHARS:
            raise SecretUnusable(f"YANSHOU_SECRET_KEY must have at least {MIN_SECRET_CHARS} characters")
        return settings.secret_key.encode()
    file = settings.data / "secret.key"
    try:
        return _secret_in(file)
    except FileNotFoundError:
        settings.data.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:  # Another process was quicker.
        return _secret_in(file)
    with os.fdopen(handle, "w") as out:
        out.write(secrets.token_urlsafe(48))
        out.flush()
        os.fsync(out.fileno())
    return _secret_in(file)


def _secret_in(file: Path) -> bytes:
    secret = file.read_text().strip()
    if len(secret) < MIN_SECRET_CHARS:
        raise SecretUnusable(f"the key file {file.name} is empty or cut short; restore it from the backup")
    return secret.encode()


def receipt_key(secret: bytes) -> KeyPair:
    """Derive the key that signs receipts; the same secret gives the same key on every server."""
    return _derived(secret, b"yanshou receipt key 1", {"alg": "ES256", "use": "sig"})


def courier_key(secret: bytes) -> KeyPair:
    """Derive the key that courier files are sealed for (ECDH); only this installation can open them."""
    return _derived(secret, b"yanshou courier key 1", {"alg": "ECDH-ES", "use": "enc"})


def _derived(secret: bytes, purpose: bytes, described: dict[str, str]) -> KeyPair:
    seed = HKDF(algorithm=hashes.SHA256(), length=48, salt=None, info=purpose).derive(secret)
    private = ec.derive_private_key(int.from_bytes(seed, "big") % (P256_ORDER - 1) + 1, ec.SECP256R1())
    numbers = private.public_key().public_numbers()
    members = {"crv": "P-256", "kty": "EC", "x": _b64(numbers.x), "y": _b64(numbers.y)}
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
    kid = base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode()
    return KeyPair(private, kid, {**members, "kid": kid, **described})


def _b64(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()
