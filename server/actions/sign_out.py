"""End a session; its token is worth nothing afterwards."""

from datetime import datetime

from server.database import transaction
from server.events import record
from server.roles import Identity
from server.tables import SessionTable


async def sign_out(identity: Identity, *, at: datetime) -> None:
    """End the session this request came with."""
    async with transaction():
        await SessionTable.delete().where(SessionTable.token_sha256 == identity.session_sha256).run()
        await record(
            "session.ended",
            "user",
            identity.user_id,
            actor=identity.user_id,
            before={"kind": identity.session_kind},
            after=None,
            at=at,
        )
