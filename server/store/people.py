"""Accounts as others meet them: whose work is accepted or brought in on their behalf."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from server.roles import Grant, Identity, Role
from server.store.scope import within
from server.tables import RoleGrantTable, UserTable


@dataclass(frozen=True, slots=True)
class Person:
    """An account with what it may do, whether it is signed in or not."""

    identity: Identity
    active: bool


async def find_person(user_id: UUID) -> Person | None:
    """Return the account of that id, switched off or not."""
    user = await UserTable.objects().where(UserTable.id == user_id).first()
    if user is None:
        return None
    rows = await RoleGrantTable.select(RoleGrantTable.role, RoleGrantTable.region).where(RoleGrantTable.user == user_id)
    grants = tuple(Grant(Role(row["role"]), row["region"]) for row in rows)
    return Person(Identity(user.id, user.name, user.display_name, grants, "", "on behalf"), user.active)


async def works_within(user_id: UUID, scope: Sequence[str]) -> bool:
    """Whether somebody has a role in one of these regions or below."""
    return await RoleGrantTable.exists().where((RoleGrantTable.user == user_id) & within(RoleGrantTable.region, scope))
