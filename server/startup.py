"""
What must hold before the first request is taken; the server does not start where it could not keep its promise.

Each refusal says what is wrong and what to do, in both languages.
"""

import asyncio
import pkgutil
import shutil
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from piccolo.apps.migrations.tables import Migration

from server.actions.name_store import is_another, name_store
from server.database import is_postgres, transaction
from server.demo.accounts import ACCOUNTS, DEMO_PASSWORD
from server.errors import StorageFailed
from server.events import record
from server.keys import SecretUnusable, read_secret, receipt_key
from server.passwords import password_matches
from server.settings import Settings
from server.sqlite_engine import READERS, safe_journal
from server.sqlite_library import sqlite3
from server.storage import PhotoStore, StoreUnusable
from server.tables import EventTable, UserTable, piccolo_migrations
from server.tiles import PackUnusable, open_tiles

BUILD_YEAR, LAST_YEAR = 2026, 2046
CLOCK_TOLERANCE = timedelta(minutes=5)
# Longer than any winter in which nobody inspects.
CLOCK_LEAP = timedelta(days=400)
MIN_FREE_BYTES = 256 * 1024 * 1024
SYNCHRONOUS = {"OFF": 0, "NORMAL": 1, "FULL": 2, "EXTRA": 3}

Finding = tuple[str, str]


class UnsafeToStart(Exception):
    """Something does not hold; the text has a line in Chinese and one in English for each."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        super().__init__("\n".join(f"{zh}\n{en}" for zh, en in findings))


async def check_start(
    settings: Settings,
    photos: PhotoStore,
    *,
    at: datetime,
    accept_clock: bool = False,
    new_key: bool = False,
    new_photos: bool = False,
) -> None:
    """
    Look at everything and name all that is wrong at once; then put on record which key signs and where photos are.

    Args:
        settings: Where everything is.
        photos: The store.
        at: Now.
        accept_clock: Start whatever the clock says: somebody looked at it.
        new_key: Sign with another key than before from now on.
        new_photos: Keep photos in another store than before from now on.

    Raises:
        UnsafeToStart: What does not hold.
    """
    # Alone and first: the other questions are asked in the newest schema.
    findings = [finding async for finding in check_schema()]
    if not findings:
        checks: list[AsyncIterator[Finding]] = [
            check_secret(settings),
            *([] if new_key else [check_key(settings)]),
            check_database(),
            check_photos(photos),
            *([] if new_photos else [check_store(photos)]),
            check_space(settings, photos),
            *([] if accept_clock else [check_clock(at)]),
            check_demo_password(settings),
            check_tiles(settings),
        ]
        findings = [finding for check in checks async for finding in check]
    if findings:
        raise UnsafeToStart(findings)
    await name_key(settings, at=at)
    await name_store(photos, at=at)


async def check_schema() -> AsyncIterator[Finding]:
    """Every migration of this program was applied; later ones do no harm, they only ever add."""
    ours = {name for _, name, _ in pkgutil.iter_modules(piccolo_migrations.__path__)}
    known = {f"server_{one.lower().replace('-', '_').replace(':', '_')}" for one in await _applied()}
    if missing := sorted(ours - known):
        yield (
            f"数据库结构不是最新的，缺少 {len(missing)} 个更新（{missing[0]} 等）。请先执行 yanshou migrate。",
            f"The database lacks {len(missing)} of its migrations ({missing[0]} first). Run yanshou migrate before.",
        )


async def _applied() -> list[str]:
    if not await Migration.table_exists():
        return []
    return await Migration.get_migrations_which_ran(app_name="server")


async def check_secret(settings: Settings) -> AsyncIterator[Finding]:
    """The secret is there, long enough, and its file is not for everybody."""
    try:
        read_secret(settings)
    except (SecretUnusable, OSError) as error:
        yield (
            f"密钥不可用：{error}。请设置 YANSHOU_SECRET_KEY（至少 32 个字符），或从备份恢复 secret.key。",
            f"The secret is not usable: {error}. Set YANSHOU_SECRET_KEY (at least 32 signs), or restore secret.key.",
        )
        return
    file = settings.data / "secret.key"
    if not settings.secret_key and file.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
        yield (
            "本机任何人都能读取密钥文件。请执行 chmod 600 secret.key，并考虑更换密钥。",
            "Everybody on this machine can read the key file. Run chmod 600 secret.key, and consider a new key.",
        )


async def check_key(settings: Settings) -> AsyncIterator[Finding]:
    """The key is the one that signed so far: with another the same submission would get another receipt."""
    try:
        kid = receipt_key(read_secret(settings)).kid
    except (SecretUnusable, OSError):
        return  # Told by `check_secret`.
    named = await named_key()
    if named not in (None, kid):
        yield (
            f"密钥不是以前的那一个：回执一直由 {named} 签发，现在是 {kid}。请恢复 secret.key（或 YANSHOU_SECRET_KEY）；"
            "原密钥确已丢失时，用 yanshou serve --new-key 启动一次。",
            f"The secret is not the one used before: receipts were signed with {named}, now it is {kid}. Put "
            "secret.key (or YANSHOU_SECRET_KEY) back; if it is lost for good, start once with yanshou serve --new-key.",
        )


async def named_key() -> str | None:
    """The id of the key that signs receipts here, as put on record by the first start."""
    newest = EventTable.select(EventTable.subject_id).where(EventTable.subject_kind == "key")
    row = await newest.order_by(EventTable.seq, ascending=False).first()
    return row["subject_id"] if row else None


async def name_key(settings: Settings, *, at: datetime) -> None:
    """Put the key on record if it is not the one that is."""
    kid, named = receipt_key(read_secret(settings)).kid, await named_key()
    if named != kid:
        async with transaction():
            before = {"kid": named} if named else None
            await record("key.named", "key", kid, actor=None, before=before, after={"kid": kid}, at=at)


async def check_database() -> AsyncIterator[Finding]:
    """What is committed survives a power cut, asked on every connection the server will use."""
    found = _postgres_faults() if is_postgres() else _sqlite_faults()
    async for fault in found:
        yield (
            f"数据库设置不安全：{fault}。断电会丢失已确认的上报；请改正数据库设置后再启动。",
            f"The database is not safe: {fault}. A power cut would lose what was acknowledged: mend that first.",
        )


async def check_photos(photos: PhotoStore) -> AsyncIterator[Finding]:
    """The store keeps what it is given: fsync and link work, or the bucket honours If-None-Match."""
    try:
        await photos.check()
    except StoreUnusable as error:
        yield (
            f"照片存储不可用：{error}。请检查 YANSHOU_PHOTOS_URL、磁盘和权限。",
            f"The photo store cannot be used: {error}. Check YANSHOU_PHOTOS_URL, the disk and its permissions.",
        )


async def check_store(photos: PhotoStore) -> AsyncIterator[Finding]:
    """The store is the one that took photos so far: an empty folder may be a disk that is not mounted."""
    try:
        another = await is_another(photos)
    except (OSError, StorageFailed):
        return  # Told by `check_photos`.
    if another:
        yield (
            "照片存储不是以前的那一个，也许磁盘没有挂载。请检查 YANSHOU_PHOTOS_URL 和挂载；"
            "确实换了存储时，用 yanshou serve --new-photos 启动一次。",
            "The photo store is not the one used before; perhaps its disk is not mounted. Check YANSHOU_PHOTOS_URL and "
            "the mount; if it was replaced on purpose, start once with yanshou serve --new-photos.",
        )


async def check_space(settings: Settings, photos: PhotoStore) -> AsyncIterator[Finding]:
    """There is room for the work of some hours, for photos and in the data folder."""
    try:
        free = [shutil.disk_usage(settings.data).free, await photos.free_bytes()]
    except OSError:
        return  # The folder is not there; the check of the store says why.
    least = min(one for one in free if one is not None)
    if least < MIN_FREE_BYTES:
        yield (
            f"磁盘只剩 {least // 2**20} MB，至少需要 {MIN_FREE_BYTES // 2**20} MB。请清理或扩容后再启动。",
            f"Only {least // 2**20} MB of disk are free, {MIN_FREE_BYTES // 2**20} MB are needed. Make room first.",
        )


async def check_clock(at: datetime) -> AsyncIterator[Finding]:
    """The clock runs neither behind what it wrote itself nor years ahead of it: receipts carry its time for ever."""
    newest = await EventTable.select(EventTable.at).order_by(EventTable.seq, ascending=False).limit(1).first()
    if newest is not None and at < newest["at"] - CLOCK_TOLERANCE:
        yield (
            f"服务器时钟（{at:%Y-%m-%d %H:%M} UTC）早于最近一条记录（{newest['at']:%Y-%m-%d %H:%M} UTC）。"
            "请先校准时钟。",
            f"The clock says {at:%Y-%m-%d %H:%M} UTC, before the newest record of {newest['at']:%Y-%m-%d %H:%M} UTC. "
            "Set the clock first.",
        )
    elif newest is not None and at > newest["at"] + CLOCK_LEAP:
        yield (
            f"服务器时钟（{at:%Y-%m-%d %H:%M} UTC）比最近一条记录（{newest['at']:%Y-%m-%d %H:%M} UTC）晚一年多。"
            "请核对时钟；确实无误时，用 yanshou serve --accept-clock 启动一次。",
            f"The clock says {at:%Y-%m-%d %H:%M} UTC, more than a year after the newest record of "
            f"{newest['at']:%Y-%m-%d %H:%M} UTC. Check it; if it is right, "
            "start once with yanshou serve --accept-clock.",
        )
    if not BUILD_YEAR <= at.year <= LAST_YEAR:
        yield (
            f"服务器时钟是 {at.year} 年，而本程序用于 {BUILD_YEAR} 至 {LAST_YEAR} 年。请先校准时钟。",
            f"The clock says {at.year}; this program is for {BUILD_YEAR} to {LAST_YEAR}. Set the clock first.",
        )


async def check_demo_password(settings: Settings) -> AsyncIterator[Finding]:
    """Nobody signs in with the password of the demonstration where the public address is https."""
    if not settings.secure_cookies:
        return
    rows = await UserTable.select(UserTable.name, UserTable.password_hash).where(
        UserTable.name.is_in([account.name for account in ACCOUNTS]) & (UserTable.active == True)  # noqa: E712
    )
    matches = await asyncio.gather(*(password_matches(row["password_hash"], DEMO_PASSWORD) for row in rows))
    names = ", ".join(sorted(row["name"] for row, matched in zip(rows, matches, strict=True) if matched))
    if names:
        yield (
            f"以下账号仍在使用公开的演示密码：{names}。请用 yanshou user password 改密，或用 yanshou user off 停用。",
            f"These accounts have the demonstration's password, which everybody knows: {names}. "
            "Change it with yanshou user password, or switch them off with yanshou user off.",
        )


async def check_tiles(settings: Settings) -> AsyncIterator[Finding]:
    """The pack of the base map, if one is named, is there and holds pictures."""
    try:
        open_tiles(settings)
    except PackUnusable as unusable:
        yield unusable.finding


async def _sqlite_faults() -> AsyncIterator[str]:
    journal, synchronous = safe_journal(sqlite3.sqlite_version_info)
    asked = "SELECT sqlite_version() AS v, (SELECT synchronous FROM pragma_synchronous) AS s, "
    asked += "(SELECT journal_mode FROM pragma_journal_mode) AS j, (SELECT foreign_keys FROM pragma_foreign_keys) AS f"

    async def ask() -> Any:
        return (await EventTable.raw(asked).run())[0]

    async def ask_writer() -> Any:
        async with transaction():
            return await ask()

    # As many questions at once as there are readers: each takes another connection.
    kinds: list[tuple[str, Callable[[], Awaitable[Any]]]] = [("writer", ask_writer), *[("reader", ask)] * READERS]
    answers = await asyncio.gather(*(question() for _, question in kinds))
    for (kind, _), answer in zip(kinds, answers, strict=True):
        if answer["s"] < SYNCHRONOUS[synchronous]:
            yield f"SQLite {answer['v']}, {kind}: synchronous = {answer['s']}, {synchronous} needed"
        if answer["j"].upper() != journal:
            yield f"SQLite {answer['v']}, {kind}: journal_mode = {answer['j']}, {journal} needed"
        if not answer["f"]:
            yield f"SQLite {answer['v']}, {kind}: foreign_keys = off"


async def _postgres_faults() -> AsyncIterator[str]:
    asked = "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes')"
    pooled = await EventTable.raw(asked).run()
    async with transaction():
        in_transaction = await EventTable.raw(asked).run()
    for name in sorted({row["name"] for row in [*pooled, *in_transaction] if row["setting"] == "off"}):
        yield f"PostgreSQL: {name} = off"
