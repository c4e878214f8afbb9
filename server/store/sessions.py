"""Sessions and the people behind them."""

import hashlib
from datetime import datetime

from server.roles import Grant, Identity, Role
from server.statements import ask
from server.tables import SessionTable, UserTable


def token_hash(token: str) -> str:
    """Hash a token as the session table stores it; a leaked table opens no session."""
    return hashlib.sha256(token.encode()).hexdigest()


_IDENTITY = """
SELECT u.id, u.name, u.display_name, g.role, g.region
FROM user_session s JOIN app_user u ON u.id = s."user" LEFT JOIN role_grant g ON g."user" = u.id
WHERE s.token_sha256 = {} AND s.kind = {} AND s.expires_at > {} AND u.active
"""


async def find_identity(token: str, kind: str, *, at: datetime) -> Identity | None:
    """
    Find the person a token stands for, in one query: it is asked at every request.

    Args:
        token: As the browser or phone sent it.
        kind: `cookie` or `bearer`; one is never taken for the other.
        at: Now; an expired session is none.
    """
    digest = token_hash(token)
    rows = await ask(_IDENTITY, digest, kind, at)
    if not rows:
        return None
    return Identity(
        user_id=rows[0]["id"],
        name=rows[0]["name"],
        display_name=rows[0]["display_name"],
        grants=tuple(Grant(Role(row["role"]), row["region"]) for row in rows if row["role"]),
        session_sha256=digest,
        session_kind=kind,
    )


async def find_user(name: str) -> UserTable | None:
    """Return the account of that name, switched off or not."""
    return await UserTable.objects().where(UserTable.name == name).first()


async def session_expiry(identity: Identity) -> datetime:
    """Return when the session of this request ends."""
    row = (
        await SessionTable.select(SessionTable.expires_at)
        .where(SessionTable.token_sha256 == identity.session_sha256)
        .first()
    )
    assert row is not None  # The identity was read from this row.
    expires_at: datetime = row["expires_at"]
    return expires_at
