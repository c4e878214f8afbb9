"""The signed receipt (回执): the only thing that lets a phone say "received"."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import jwt
import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from jwt.utils import der_to_raw_signature

from server.keys import KeyPair


class _DeterministicES256(ECAlgorithm):
    """ES256 whose signature follows from key and content alone (RFC 6979): one receipt for ever, stored nowhere."""

    def sign(self, msg: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
        der = key.sign(msg, ec.ECDSA(self.hash_alg(), deterministic_signing=True))
        return der_to_raw_signature(der, key.curve)


_JWS = jwt.PyJWS(algorithms=[])
_JWS.register_algorithm("ES256", _DeterministicES256(hashes.SHA256))


def sign_receipt(
    key: KeyPair,
    *,
    submission_id: UUID,
    content_sha256: str,
    photos: Iterable[str],
    complete: bool,
    receipt_no: int,
    received_at: datetime,
    at: datetime,
    mended_from: str | None = None,
) -> str:
    """
    State what the server durably holds of a submission; the same facts give the same bytes.

    Args:
        key: The installation's key.
        submission_id: Whose receipt it is.
        content_sha256: Digest of the manifest's bytes.
        photos: SHA-256 of every photo held.
        complete: Whether that is every photo the manifest names.
        receipt_no: The submission's number, without gaps.
        received_at: When the manifest was stored.
        at: When it became so: the instant it was complete, or that of the manifest.
        mended_from: Digest of what the phone sent, where a person at the desk mended it; the original is kept as well.

    Returns:
        A compact JWS, ES256 (RFC 7515, RFC 7518 section 3.4).
    """
    claims = {
        "iss": "yanshou",
        "sub": str(submission_id),
        "content_sha256": content_sha256,
        "photos": sorted(photos),
        "complete": complete,
        "receipt_no": receipt_no,
        "received_at": received_at,
        "iat": int(at.timestamp()),
    }
    if mended_from is not None:
        claims["mended_from"] = mended_from
    headers = {"kid": key.kid, "typ": "receipt+jwt"}
    return _JWS.encode(msgspec.json.encode(claims), key.private, algorithm="ES256", headers=headers)
