"""Sign a person in: check the password, slow down guessing, begin a session with a new token."""

import secrets
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

from piccolo.columns import Varchar

from server.database import transaction
from server.errors import BadCredentials, TooManyAttempts
from server.events import record
from server.passwords import password_matches
from server.store.sessions import find_user, token_hash
from server.tables import SessionTable, SignInFailureTable
from server.text import plain

SessionKind = Literal["cookie", "bearer"]

LIFETIME: dict[str, timedelta] = {"cookie": timedelta(hours=12), "bearer": timedelta(days=30)}
FAILURE_WINDOW = timedelta(minutes=15)
MAX_FAILURES = 8
# A township's office is one address on the network; a machine that tries one password on every name is one too.
MAX_FAILURES_OF_ADDRESS = 60


async def sign_in(
    name: str, password: str, *, kind: SessionKind, device_id: UUID | None, address: str, at: datetime
) -> tuple[str, datetime]:
    """
    Begin a session.

    Args:
        name: The account's name (工号).
        password: As typed.
        kind: `cookie` for the desk, `bearer` for the phone.
        device_id: The phone's own id, if a phone asks.
        address: Where the request comes from; failures are counted by name and by address.
        at: Now.

    Returns:
        The token, never stored and never shown again, and when it expires.

    Raises:
        TooManyAttempts: Eight failures for this name, or sixty from this address, in a quarter of an hour.
        BadCredentials: Unknown name, wrong password or an account switched off.
    """
    name, address = plain(name)[:40], address[:45]
    if (
        await _failures(SignInFailureTable.name, name, at) >= MAX_FAILURES
        or await _failures(SignInFailureTable.address, address, at) >= MAX_FAILURES_OF_ADDRESS
    ):
        wait_s = int(FAILURE_WINDOW.total_seconds())
        raise TooManyAttempts(
            "登录失败次数过多，请 15 分钟后再试，或请管理员重置密码。",
            "Too many failed sign-ins. Try again in 15 minutes, or ask the administrator to reset the password.",
            retry_after_s=wait_s,
        )
    user = await find_user(name)
    matches = await password_matches(user.password_hash if user else None, password)
    if user is None or not matches or not user.active:
        await SignInFailureTable.insert(SignInFailureTable(id=uuid4(), name=name, address=address, at=at)).run()
        raise BadCredentials("工号或密码不正确。", "The name or the password is not right.")
    token, expires_at = secrets.token_urlsafe(32), at + LIFETIME[kind]
    async with transaction():
        await SessionTable.insert(
            SessionTable(
                token_sha256=token_hash(token),
                user=user.id,
                kind=kind,
                device_id=device_id,
                created_at=at,
                expires_at=expires_at,
            )
        ).run()
        await record(
            "session.began",
            "user",
            user.id,
            actor=user.id,
            before=None,
            after={"kind": kind, "device_id": device_id},
            at=at,
        )
    return token, expires_at


async def _failures(column: Varchar, value: str, at: datetime) -> int:
    recent = (column == value) & (SignInFailureTable.at > at - FAILURE_WINDOW)
    count: int = await SignInFailureTable.count().where(recent)
    return count


async def forget_old_sign_ins(*, at: datetime) -> None:
    """
    Delete sessions that have expired, and failures that count no more.

    The event table keeps that a session began; the address of a failure is kept no longer than it is needed.
    """
    await SessionTable.delete().where(SessionTable.expires_at <= at).run()
    await SignInFailureTable.delete().where(SignInFailureTable.at <= at - FAILURE_WINDOW).run()
