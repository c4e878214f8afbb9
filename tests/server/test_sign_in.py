from datetime import timedelta
from uuid import uuid4

import pytest

from server.actions.manage_users import set_password, switch_off
from server.actions.sign_in import (
    FAILURE_WINDOW,
    LIFETIME,
    MAX_FAILURES,
    MAX_FAILURES_OF_ADDRESS,
    forget_old_sign_ins,
    sign_in,
)
from server.actions.sign_out import sign_out
from server.errors import BadCredentials, PasswordTooWeak, TooManyAttempts
from server.store.sessions import find_identity
from server.tables import SessionTable, SignInFailureTable, UserTable
from tests.server.world import AT, PASSWORD, World


async def signed_in(name: str = "inspector", *, password: str = PASSWORD, at=AT, kind="bearer"):
    return await sign_in(name, password, kind=kind, device_id=None, address="127.0.0.1", at=at)


async def test_neither_token_nor_password_can_be_read_from_the_database(world: World):
    """Whoever copies the database can sign in as nobody."""
    token, _ = await signed_in()

    rows = [*await SessionTable.select(), *await UserTable.select()]
    assert token not in str(rows)
    assert PASSWORD not in str(rows)
    assert all(row["password_hash"].startswith("$argon2id$") for row in await UserTable.select())


async def test_each_sign_in_has_a_token_of_its_own(world: World):
    """A session id that somebody planted before the sign-in opens nothing (session fixation)."""
    first, _ = await signed_in()
    second, _ = await signed_in()

    assert first != second


@pytest.mark.parametrize(("name", "password"), [("inspector", "wrong password"), ("nobody", PASSWORD), ("", "")])
async def test_a_wrong_name_and_a_wrong_password_look_alike(world: World, name: str, password: str):
    """The answer does not tell which names exist."""
    with pytest.raises(BadCredentials) as refused:
        await signed_in(name, password=password)

    assert "工号或密码" in refused.value.message_zh


async def test_guessing_is_stopped_and_the_right_person_gets_in_later(world: World):
    """Eight wrong passwords in a quarter of an hour are no typing errors; the lock ends by itself."""
    for _ in range(MAX_FAILURES):
        with pytest.raises(BadCredentials):
            await signed_in(password="guess")

    with pytest.raises(TooManyAttempts):
        await signed_in()
    token, _ = await signed_in(at=AT + FAILURE_WINDOW + timedelta(seconds=1))
    assert token


async def test_one_password_tried_on_every_name_is_stopped_too(world: World):
    """Whoever guesses at many names at once is known by their address; other addresses are not held up."""
    for number in range(MAX_FAILURES_OF_ADDRESS):
        failure = SignInFailureTable(id=uuid4(), name=f"name{number}", address="192.0.2.7", at=AT)
        await SignInFailureTable.insert(failure)

    with pytest.raises(TooManyAttempts):
        await sign_in("inspector", PASSWORD, kind="bearer", device_id=None, address="192.0.2.7", at=AT)
    token, _ = await signed_in()
    assert token


async def test_what_has_expired_is_forgotten(world: World):
    """Neither a session of last month nor the address of somebody who mistyped is kept; what still counts is."""
    old, _ = await signed_in(at=AT - LIFETIME["bearer"])
    new, _ = await signed_in()
    for at in (AT - FAILURE_WINDOW, AT):
        await SignInFailureTable.insert(SignInFailureTable(id=uuid4(), name="x", address="192.0.2.7", at=at))

    await forget_old_sign_ins(at=AT)

    assert await SessionTable.count() == await SignInFailureTable.count() == 1
    assert await find_identity(new, "bearer", at=AT) is not None
    assert await find_identity(old, "bearer", at=AT) is None


async def test_a_token_of_one_kind_is_not_taken_for_the_other(world: World):
    """A phone's token in a cookie would be sent by the browser on its own."""
    token, _ = await signed_in(kind="cookie")

    assert await find_identity(token, "cookie", at=AT) is not None
    assert await find_identity(token, "bearer", at=AT) is None


async def test_a_session_ends_by_itself_by_signing_out_by_a_new_password_and_by_switching_off(world: World):
    """Four ends, and after each the token is worth nothing."""
    expired, _ = await signed_in()
    assert await find_identity(expired, "bearer", at=AT + LIFETIME["bearer"]) is None

    left, _ = await signed_in()
    identity = await find_identity(left, "bearer", at=AT)
    assert identity is not None
    await sign_out(identity, at=AT)
    assert await find_identity(left, "bearer", at=AT) is None

    changed, _ = await signed_in()
    await set_password("inspector", "quite another password", at=AT)
    assert await find_identity(changed, "bearer", at=AT) is None

    off, _ = await signed_in(password="quite another password")
    await switch_off("inspector", at=AT)
    assert await find_identity(off, "bearer", at=AT) is None
    with pytest.raises(BadCredentials):
        await signed_in(password="quite another password")


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa"])
async def test_a_weak_password_is_refused(world: World, password: str):
    """The one thing that protects a desk in a county office."""
    with pytest.raises(PasswordTooWeak):
        await set_password("inspector", password, at=AT)
