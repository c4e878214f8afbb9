"""Users, what they may do where, their sessions and their failed sign-ins."""

from piccolo.columns import UUID, Boolean, ForeignKey, OnDelete, Timestamptz, Varchar
from piccolo.table import Table

from server.tables.regions import RegionTable


class UserTable(Table, tablename="app_user"):
    """A person with an account (账号). Rows are switched off, never deleted: history names them."""

    id = UUID(primary_key=True, default=None)
    name = Varchar(length=40, default=None, unique=True, help_text="Staff number or short name used to sign in (工号).")
    display_name = Varchar(length=40, default=None)
    password_hash = Varchar(length=200, default=None, help_text="argon2id, PHC string.")
    active = Boolean(default=True)
    created_at = Timestamptz(default=None)


class RoleGrantTable(Table, tablename="role_grant"):
    """A role in a region (角色授权); it holds for the region and all below it."""

    id = UUID(primary_key=True, default=None)
    user = ForeignKey(UserTable, null=False, on_delete=OnDelete.restrict)
    role = Varchar(length=20, default=None)
    region = ForeignKey(RegionTable, null=False, on_delete=OnDelete.restrict, index=True)


class SessionTable(Table, tablename="user_session"):
    """A signed-in browser or phone. The token itself is never stored."""

    token_sha256 = Varchar(length=64, primary_key=True, default=None)
    user = ForeignKey(UserTable, null=False, on_delete=OnDelete.restrict, index=True)
    kind = Varchar(length=10, default=None, help_text="cookie (desk) or bearer (phone).")
    device_id = UUID(null=True, default=None, help_text="Made by the phone app at its first start.")
    created_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)


class SignInFailureTable(Table, tablename="sign_in_failure"):
    """A refused sign-in, counted to slow down guessing."""

    id = UUID(primary_key=True, default=None)
    name = Varchar(length=40, default=None, help_text="As typed, whether or not such a user exists.")
    address = Varchar(length=45, default=None)
    at = Timestamptz(default=None)
