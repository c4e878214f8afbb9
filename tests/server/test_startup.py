"""A server that could not keep its promise does not start, and says why in both languages."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from piccolo.apps.migrations.tables import Migration

from server import startup
from server.database import make_engine, migrate, opened, transaction
from server.demo.accounts import ACCOUNTS, DEMO_PASSWORD
from server.events import record
from server.passwords import hash_password
from server.startup import Finding, UnsafeToStart, check_start
from server.storage import StoreUnusable
from server.tables import EventTable, UserTable
from tests.server.world import AT, World
from tests.support.live_server import LiveServer

NOW = datetime(2026, 12, 1, tzinfo=UTC)


async def all_of(found: AsyncIterator[Finding]) -> list[Finding]:
    return [finding async for finding in found]


async def test_a_sound_installation_starts(world: World):
    """The negative control of every test below: nothing is found where nothing is wrong."""
    await check_start(world.settings, world.photos, at=NOW)


async def test_everything_that_is_wrong_is_named_at_once(world: World):
    """Nobody mends a server one start at a time; each line says what to do."""
    broken = replace(world.settings, secret_key="short")

    with pytest.raises(UnsafeToStart) as refused:
        await check_start(broken, world.photos, at=datetime(1970, 1, 1, tzinfo=UTC))

    assert len(refused.value.findings) == 2
    text = str(refused.value)
    assert "YANSHOU_SECRET_KEY" in text and "校准时钟" in text and "Set the clock" in text


async def test_a_key_file_everybody_can_read_is_refused(world: World):
    """Whoever has the key can write receipts."""
    settings = replace(world.settings, secret_key="")
    assert await all_of(startup.check_secret(settings)) == []

    (settings.data / "secret.key").chmod(0o644)

    [(zh, en)] = await all_of(startup.check_secret(settings))
    assert "chmod 600" in zh and "chmod 600" in en


async def test_a_key_file_cut_short_is_refused(world: World):
    """Another key would sign receipts that no phone can check."""
    settings = replace(world.settings, secret_key="")
    (settings.data / "secret.key").write_text("cut")

    [(_, en)] = await all_of(startup.check_secret(settings))

    assert "restore secret.key" in en


async def test_a_clock_behind_its_own_records_is_refused(world: World):
    """A flat battery; five minutes are left to the correction of a clock that ran fast."""
    async with transaction():
        await record("test.written", "test", uuid4(), actor=None, before=None, after=None, at=NOW)

    assert await all_of(startup.check_clock(NOW - timedelta(minutes=4))) == []
    [(zh, en)] = await all_of(startup.check_clock(NOW - timedelta(minutes=6)))
    assert "2026-12-01 00:00" in zh and "newest record" in en


async def test_a_clock_before_the_program_was_made_is_refused(world: World):
    """Also on a database without any record."""
    [(_, en)] = await all_of(startup.check_clock(datetime(2020, 1, 1, tzinfo=UTC)))

    assert "2026" in en


async def test_a_clock_that_leapt_years_ahead_is_refused_unless_somebody_looked(world: World):
    """What is written in 2099 is never due before, and every right clock after it would be refused."""
    late = NOW + timedelta(days=500)
    async with transaction():
        await record("test.written", "test", uuid4(), actor=None, before=None, after=None, at=NOW)

    assert await all_of(startup.check_clock(NOW + timedelta(days=300))) == []
    [(zh, en)] = await all_of(startup.check_clock(late))
    assert "--accept-clock" in zh and "--accept-clock" in en
    [_, (_, beyond)] = await all_of(startup.check_clock(datetime(2099, 1, 1, tzinfo=UTC)))
    assert "2046" in beyond
    await check_start(world.settings, world.photos, at=late, accept_clock=True)


async def test_another_key_is_refused_unless_the_old_one_is_given_up(world: World):
    """The same submission would get another receipt, and no phone could check the earlier ones."""
    await check_start(world.settings, world.photos, at=NOW)
    other = replace(world.settings, secret_key="another secret of more than thirty-two signs")

    with pytest.raises(UnsafeToStart, match="--new-key"):
        await check_start(other, world.photos, at=NOW)
    await check_start(other, world.photos, at=NOW, new_key=True)

    await check_start(other, world.photos, at=NOW)
    with pytest.raises(UnsafeToStart):
        await check_start(world.settings, world.photos, at=NOW)
    named = await EventTable.select(EventTable.before, EventTable.after).where(EventTable.action == "key.named")
    assert len(named) == 2


async def test_another_photo_store_is_refused_unless_it_was_changed_on_purpose(world: World):
    """An empty folder may be a disk that is not mounted: what it took would be hidden once the disk is back."""
    await check_start(world.settings, world.photos, at=NOW)
    await check_start(world.settings, world.photos, at=NOW)
    async with transaction():
        await record("store.named", "store", "another disk", actor=None, before=None, after=None, at=NOW)

    with pytest.raises(UnsafeToStart, match="--new-photos"):
        await check_start(world.settings, world.photos, at=NOW)
    await check_start(world.settings, world.photos, at=NOW, new_photos=True)

    await check_start(world.settings, world.photos, at=NOW)
    named = await EventTable.select(EventTable.subject_id).where(EventTable.action == "store.named")
    name = await world.photos.name()
    assert [row["subject_id"] for row in named] == [name, "another disk", name]


async def test_a_database_that_lacks_a_migration_is_refused(world: World):
    """A second process started without migrating would answer 500 to whatever names a newer column."""
    newest = await Migration.objects().order_by(Migration.name, ascending=False).first()
    assert newest is not None
    await Migration.delete().where(Migration.name == newest.name)

    [(zh, en)] = await all_of(startup.check_schema())

    assert "yanshou migrate" in zh and "yanshou migrate" in en


async def test_a_full_disk_is_refused_before_the_first_photo(world: World, monkeypatch):
    """Said in the morning, not in the field."""
    await world.photos.check()
    monkeypatch.setattr(startup, "MIN_FREE_BYTES", 2**62)

    [(zh, en)] = await all_of(startup.check_space(world.settings, world.photos))

    assert "MB" in zh and "Make room" in en


async def test_a_store_that_does_not_keep_what_it_is_given_is_refused(world: World, monkeypatch):
    """The store's own words stand in the sentence."""

    async def fail(_self: object) -> None:
        raise StoreUnusable("fsync: Input/output error")

    monkeypatch.setattr(type(world.photos), "check", fail)

    [(zh, en)] = await all_of(startup.check_photos(world.photos))

    assert "fsync" in zh and "YANSHOU_PHOTOS_URL" in en


async def test_the_password_everybody_knows_is_refused_in_public(world: World):
    """On one's own machine the demonstration starts; behind a public address it does not."""
    await UserTable.insert(
        UserTable(
            id=uuid4(),
            name=ACCOUNTS[0].name,
            display_name="x",
            password_hash=await hash_password(DEMO_PASSWORD),
            active=True,
            created_at=AT,
        )
    ).run()
    public = replace(world.settings, origin="https://yanshou.example")

    assert await all_of(startup.check_demo_password(world.settings)) == []
    [(zh, en)] = await all_of(startup.check_demo_password(public))
    assert ACCOUNTS[0].name in zh and "yanshou user password" in en
    await UserTable.update({UserTable.active: False}).where(UserTable.name == ACCOUNTS[0].name).run()
    assert await all_of(startup.check_demo_password(public)) == []


@pytest.mark.parametrize(("kind", "faults"), [("writer", 1), ("reader", 4)])
async def test_sqlite_that_does_not_sync_is_found_on_every_kind_of_connection(sqlite_url: str, kind: str, faults: int):
    """Measured: with synchronous = NORMAL in WAL mode a power cut lost every acknowledged row."""
    async with opened(make_engine(sqlite_url)) as engine:
        await migrate()
        readers = [engine.readers.get_nowait() for _ in range(engine.readers.qsize())]
        for connection in [engine.writer] if kind == "writer" else readers:
            await connection.execute("PRAGMA synchronous=NORMAL")
        for connection in readers:
            engine.readers.put_nowait(connection)

        found = await all_of(startup.check_database())

    assert len(found) == faults
    assert all(kind in zh and "synchronous = 1" in en for zh, en in found)


async def test_postgres_that_does_not_wait_for_its_disk_is_found(postgres_url: str):
    """synchronous_commit = off answers before anything is written."""
    async with opened(make_engine(postgres_url)) as engine:
        await engine._run_in_new_connection(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$"
        )
    async with opened(make_engine(postgres_url)):
        [(zh, en)] = await all_of(startup.check_database())

    assert "synchronous_commit" in zh and "power cut" in en


def test_the_command_refuses_to_serve_and_says_so(tmp_path: Path):
    """Before it listens, with a status that a service manager sees."""
    server = LiveServer(tmp_path, f"sqlite:///{tmp_path / 'yanshou.sqlite'}", demo=False)
    (tmp_path / "secret.key").write_text("k" * 40)
    (tmp_path / "secret.key").chmod(0o644)

    with pytest.raises(RuntimeError, match="chmod 600"):
        server.start()

    assert "ready on" not in server.output()
