"""Roles (角色) and the regions they hold in: the only source of what a person may do."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What a person is trusted with, always within a region."""

    INSPECTOR = "inspector"  # 乡镇验收员
    VILLAGE_CLERK = "village_clerk"  # 村委会经办人
    REVIEWER = "reviewer"  # 乡镇审核员
    APPROVER = "approver"  # 乡镇审批人
    TOWNSHIP_FINANCE = "township_finance"  # 乡镇财务
    COUNTY_OFFICE = "county_office"  # 县业务办公室
    COUNTY_LEADER = "county_leader"  # 县分管领导
    COUNTY_FINANCE = "county_finance"  # 县财政
    AUDIT = "audit"  # 审计
    ADMIN = "admin"  # 系统管理员


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in a region and all below it."""

    role: Role
    region_code: str


@dataclass(frozen=True, slots=True)
class Identity:
    """The person behind a request, as known to the session table."""

    user_id: UUID
    name: str
    display_name: str
    grants: tuple[Grant, ...]
    session_sha256: str
    session_kind: str

    def holds(self, *roles: Role) -> bool:
        """Whether the person has one of the roles anywhere."""
        return any(grant.role in roles for grant in self.grants)

    def scope(self, *roles: Role) -> tuple[str, ...]:
        """
        Region codes in which the person holds one of the roles (any role when none is named).

        Every code stands for itself and for all codes that begin with it; an empty tuple sees nothing.
        """
        return tuple(sorted({grant.region_code for grant in self.grants if not roles or grant.role in roles}))

    def covers(self, region_code: str, *roles: Role) -> bool:
        """Whether a region lies within the person's scope for these roles."""
        return any(region_code.startswith(prefix) for prefix in self.scope(*roles))

    def may_send(self, village_code: str, sender_id: UUID) -> bool:
        """Whether evidence of a submission is taken from this person: its sender ends it wherever they work by now."""
        return sender_id == self.user_id or self.covers(village_code, Role.INSPECTOR)
