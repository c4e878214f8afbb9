"""What a phone is told about backups."""

from pathlib import Path

import httpx

from server.backup.take import take_backup
from tests.server.backup.visits import send_photo, send_visit
from tests.server.world import World, bearer, picture


async def test_a_phone_learns_which_of_its_submissions_are_in_a_checked_backup(
    world: World, client: httpx.AsyncClient, tmp_path: Path
):
    """At or above its receipt number: the phone may let go. Never for photos that came after the backup."""
    headers = await bearer(client, "inspector")
    whole = await send_visit(world, salt="1")
    partial = await send_visit(world, salt="2", photos_sent=4)

    async def mark(path: str) -> int | None:
        answer = (await client.get(path, headers=headers)).json()
        told: int | None = answer["backup_watermark"]
        return told

    assert await mark("/api/ledger") is None
    assert await mark(f"/api/submissions/{whole}") is None

    await take_backup(world.settings, world.photos, tmp_path / "backup")
    await send_photo(world, partial, picture("household") + b"2")

    assert await mark(f"/api/submissions/{whole}") == 1
    assert await mark(f"/api/submissions/{partial}") == 1  # Its own number is 2.
    assert await mark("/api/ledger") == 1
