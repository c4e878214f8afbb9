"""Accounts from the command line: add, change a password, switch off."""

from datetime import datetime
from uuid import UUID, uuid4

from server.database import transaction
from server.errors import AccountRefused
from server.events import record
from server.passwords import hash_password
from server.roles import Role
from server.store.sessions import find_user
from server.tables import RegionTable, RoleGrantTable, SessionTable, UserTable


async def add_user(name: str, display_name: str, password: str, role: Role, region_code: str, *, at: datetime) -> None:
    """
    Add an account with one role in one region.

    Raises:
        AccountRefused: The name is taken, or there is no such region.
        PasswordTooWeak: See `hash_password`.
    """
    phc = await hash_password(password)
    async with transaction():
        if await find_user(name) is not None:
            raise AccountRefused(f"工号 {name} 已存在。", f"There is an account {name} already.")
        if not await RegionTable.exists().where(RegionTable.code == region_code):
            raise AccountRefused(f"没有区划 {region_code}。", f"There is no region {region_code}.")
        user = UserTable(
            id=uuid4(), name=name, display_name=display_name, password_hash=phc, active=True, created_at=at
        )
        await UserTable.insert(user).run()
        await RoleGrantTable.insert(RoleGrantTable(id=uuid4(), user=user.id, role=role.value, region=region_code)).run()
        after = {"name": name, "role": role.value, "region": region_code}
        await record("user.added", "user", user.id, actor=None, before=None, after=after, at=at)


async def set_password(name: str, password: str, *, at: datetime) -> None:
    """
    Set a new password; whoever was signed in with the old one is not any more.

    Raises:
        AccountRefused: There is no such account.
        PasswordTooWeak: See `hash_password`.
    """
    phc = await hash_password(password)
    async with transaction():
        user_id = await _known(name)
        await UserTable.update({UserTable.password_hash: phc}).where(UserTable.id == user_id).run()
        await _end_sessions(user_id)
        await record("user.password_changed", "user", user_id, actor=None, before=None, after=None, at=at)


async def switch_off(name: str, *, at: datetime) -> None:
    """
    Switch an account off; what it did stays on record.

    Raises:
        AccountRefused: There is no such account.
    """
    async with transaction():
        user_id = await _known(name)
        await UserTable.update({UserTable.active: False}).where(UserTable.id == user_id).run()
        await _end_sessions(user_id)
        await record(
            "user.switched_off", "user", user_id, actor=None, before={"active": True}, after={"active": False}, at=at
        )


async def _known(name: str) -> UUID:
    user = await find_user(name)
    if user is None:
        raise AccountRefused(f"没有工号 {name}。", f"There is no account {name}.")
    return user.id


async def _end_sessions(user_id: UUID) -> None:
    await SessionTable.delete().where(SessionTable.user == user_id).run()
