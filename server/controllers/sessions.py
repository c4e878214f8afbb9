"""Signing in and out over the API, for the phone app and for programs."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, post
from litestar.datastructures import State
from litestar.params import JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from server.actions.sign_in import sign_in
from server.actions.sign_out import sign_out
from server.guards import PUBLIC, SIGNED_IN
from server.roles import Identity
from server.store.sessions import find_identity, session_expiry
from server.tables import RegionTable


class Credentials(Struct, forbid_unknown_fields=True):
    """What a phone sends to sign in."""

    name: Annotated[str, Meta(min_length=1, max_length=40)]
    password: Annotated[str, Meta(min_length=1, max_length=200)]
    device_id: UUID


class GrantOut(Struct):
    """A role in a region."""

    role: str
    region_code: str
    region_name: str


class UserOut(Struct):
    """The person who is signed in."""

    id: UUID
    name: str
    display_name: str
    grants: list[GrantOut]


class Session(Struct):
    """A session; `token` is given once, when it begins."""

    expires_at: datetime
    server_time_at: datetime
    user: UserOut
    receipt_keys: dict[str, list[dict[str, Any]]]
    courier_key: dict[str, Any]
    token: str | UnsetType = UNSET


class SessionController(Controller):
    """The session of the caller."""

    path = "/api/session"
    tags = ["session"]

    @post(operation_id="signIn", status_code=201, opt={"policy": PUBLIC})
    async def begin(self, data: JSONBody[Credentials], request: Request[Any, Any, State]) -> Session:
        """Sign in; 401 `bad_credentials`, 429 `too_many_attempts`."""
        now = datetime.now(UTC)
        address = request.client.host if request.client else ""
        token, expires_at = await sign_in(
            data.name, data.password, kind="bearer", device_id=data.device_id, address=address, at=now
        )
        identity = await find_identity(token, "bearer", at=now)
        assert identity is not None  # It began a moment ago.
        return msgspec.structs.replace(await self._session(identity, expires_at, request), token=token)

    @get(operation_id="readSession", opt={"policy": SIGNED_IN})
    async def read(self, request: Request[Identity, Any, State]) -> Session:
        """Say who is signed in."""
        expires_at = await session_expiry(request.user)
        return await self._session(request.user, expires_at, request)

    @delete(operation_id="signOut", status_code=204, opt={"policy": SIGNED_IN})
    async def end(self, request: Request[Identity, Any, State]) -> None:
        """Sign out; the token is worth nothing afterwards."""
        await sign_out(request.user, at=datetime.now(UTC))

    async def _session(self, identity: Identity, expires_at: datetime, request: Request[Any, Any, State]) -> Session:
        codes = list(identity.scope())
        rows = (
            await RegionTable.select(RegionTable.code, RegionTable.name).where(RegionTable.code.is_in(codes))
            if codes
            else []
        )
        names = {row["code"]: row["name"] for row in rows}
        return Session(
            expires_at=expires_at,
            server_time_at=datetime.now(UTC),
            user=UserOut(
                id=identity.user_id,
                name=identity.name,
                display_name=identity.display_name,
                grants=[
                    GrantOut(grant.role, grant.region_code, names.get(grant.region_code, ""))
                    for grant in identity.grants
                ],
            ),
            receipt_keys={"keys": [request.app.state.receipt_key.public_jwk]},
            courier_key=request.app.state.courier_key.public_jwk,
        )
