"""Loading the demonstration into the database: once, in one transaction, with the event of every row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from piccolo.table import Table

from server.database import transaction
from server.demo.accounts import ACCOUNTS, DEMO_PASSWORD
from server.demo.chance import identity
from server.demo.history import load_history
from server.demo.landscape import COUNTY, YEAR, Landscape, make_landscape
from server.demo.policy import POLICY_VERSION, PROGRAMME_CODE, PROGRAMME_NAME, demo_policy, demo_policy_json
from server.events import record
from server.passwords import hash_password
from server.settings import Settings
from server.storage import open_photo_store
from server.store.cells import cell_of
from server.tables import (
    HouseholdTable,
    PlotTable,
    PolicyTable,
    ProgrammeTable,
    RegionTable,
    RoleGrantTable,
    SubmissionTable,
    TaskTable,
    UserTable,
)

# asyncpg binds at most 32 767 parameters a statement.
MAX_PARAMETERS = 30_000
# The ledger is said to be older than the first visit to its plots.
LEDGER_AGE = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What a person who loaded the demonstration is told."""

    created: bool
    plots: int
    submissions: int

    def text(self, address: str) -> str:
        """Addresses, accounts and the password, in both languages; columns line up in a terminal of 100 characters."""
        accounts = "\n".join(f"  {account.name:<11}{account.note_en} · {account.note_zh}" for account in ACCOUNTS)
        loaded = "已载入演示项目 loaded" if self.created else "演示项目已在 already loaded"
        return (
            f"{loaded}: {self.plots} 地块 plots, {self.submissions} 上报 submissions\n"
            f"\n"
            f"  手机 phone    {address}/m/\n"
            f"  审核 desk     {address}/desk/\n"
            f"  档案 archive  {address}/archive/\n"
            f"\n"
            f"演示账号 demo accounts, 密码 password: {DEMO_PASSWORD}\n"
            f"{accounts}\n"
        )


async def load_demo(seed: int, *, settings: Settings, at: datetime) -> DemoSummary:
    """
    Load the demonstration unless its programme is there; the database must be migrated and open.

    Args:
        seed: The same seed makes the same demonstration.
        settings: Where the photo store is.
        at: Now; tasks fall due some days later, and the history lies some days back.
    """
    land = make_landscape(seed)
    created = await _load_ledger(seed, land, at)
    loaded = await PolicyTable.select(PolicyTable.id, PolicyTable.published_at).where(
        (PolicyTable.programme == PROGRAMME_CODE) & (PolicyTable.version == POLICY_VERSION)
    )
    # A demonstration of another seed has other plots; it keeps the history it has.
    if loaded[0]["id"] == _policy_id(seed):
        began_at = loaded[0]["published_at"]
        await load_history(seed, land, photos=open_photo_store(settings), at=began_at + LEDGER_AGE)
    return DemoSummary(
        created=created,
        plots=await PlotTable.count().where(PlotTable.programme == PROGRAMME_CODE),
        submissions=await SubmissionTable.count(),
    )


async def _load_ledger(seed: int, land: Landscape, at: datetime) -> bool:
    """Write everything an inspection needs; return False when it is there already."""
    if await ProgrammeTable.exists().where(ProgrammeTable.code == PROGRAMME_CODE):
        return False
    password_hash = await hash_password(DEMO_PASSWORD)
    async with transaction():
        regions = [RegionTable(code=region.code, name=region.name, level=region.level) for region in land.regions]
        created = await RegionTable.insert(*regions).on_conflict(target=RegionTable.code, action="DO NOTHING")
        # Of two processes that load at once the second has waited for the first at the line above.
        if await ProgrammeTable.exists().where(ProgrammeTable.code == PROGRAMME_CODE):
            return False
        for code in sorted(row["code"] for row in created):
            await record(
                "region.added", "region", code, actor=None, before=None, after={"code": code}, at=at - LEDGER_AGE
            )
        await _load_programme(seed, at - LEDGER_AGE)
        await _load_accounts(seed, password_hash, at - LEDGER_AGE)
        await _load_plots(land, at)
    return True


def _policy_id(seed: int) -> UUID:
    return identity(seed, "policy", POLICY_VERSION)


async def _load_programme(seed: int, at: datetime) -> None:
    code = PROGRAMME_CODE
    await ProgrammeTable.insert(
        ProgrammeTable(code=code, name=PROGRAMME_NAME, year=YEAR, region=COUNTY[0], policy_version=POLICY_VERSION)
    ).run()
    await PolicyTable.insert(
        PolicyTable(
            id=_policy_id(seed),
            programme=code,
            version=POLICY_VERSION,
            # Encoded again: what is stored is what the rules understood, without the file's line breaks.
            data=msgspec.json.encode(demo_policy()).decode(),
            published_at=at,
        )
    ).run()
    facts = {"name": PROGRAMME_NAME, "year": YEAR, "region": COUNTY[0], "policy_version": POLICY_VERSION, "seed": seed}
    await record("programme.created", "programme", code, actor=None, before=None, after=facts, at=at)
    policy = {"version": POLICY_VERSION, "data": msgspec.json.decode(demo_policy_json())}
    await record("policy.published", "programme", code, actor=None, before=None, after=policy, at=at)


async def _load_accounts(seed: int, password_hash: str, at: datetime) -> None:
    users, grants = [], []
    for account in ACCOUNTS:
        # One hash for all: they share one public password, and hashing is slow by design.
        users.append(
            UserTable(
                id=account.id(seed),
                name=account.name,
                display_name=account.display_name,
                password_hash=password_hash,
                active=True,
                created_at=at,
            )
        )
        for grant in account.grants:
            key = identity(seed, "grant", account.name, grant.role)
            grants.append(
                RoleGrantTable(id=key, user=account.id(seed), role=grant.role.value, region=grant.region_code)
            )
    await _insert(UserTable, users)
    await _insert(RoleGrantTable, grants)
    for account in ACCOUNTS:
        facts = {
            "name": account.name,
            "display_name": account.display_name,
            "grants": [{"role": grant.role.value, "region": grant.region_code} for grant in account.grants],
        }
        await record("user.added", "user", account.id(seed), actor=None, before=None, after=facts, at=at)


async def _load_plots(land: Landscape, at: datetime) -> None:
    since = at - LEDGER_AGE
    await _insert(
        HouseholdTable,
        [
            HouseholdTable(
                id=household.id,
                code=household.code,
                head_name=household.head_name,
                group_name=household.group_name,
                village=household.village_code,
                person_count=household.person_count,
            )
            for household in land.households
        ],
    )
    await _insert(
        PlotTable,
        [
            PlotTable(
                id=plot.id,
                programme=PROGRAMME_CODE,
                household=plot.household_id,
                number=plot.number,
                village_code=plot.village_code,
                land_type=plot.land_type,
                declared_mu=plot.declared_mu,
                boundary=msgspec.json.encode({"type": "Polygon", "coordinates": [plot.ring]}).decode(),
                centre_lon=plot.centre[0],
                centre_lat=plot.centre[1],
                cell=cell_of(*plot.centre),
            )
            for plot in land.plots
        ],
    )
    await _insert(
        TaskTable,
        [
            TaskTable(
                id=task.id,
                plot=task.plot_id,
                village_code=task.village_code,
                state="open",
                due_on=(at + timedelta(days=task.due_in_days)).date(),
                return_reason=None,
                updated_at=since,
            )
            for task in land.tasks
        ],
    )
    for household in land.households:
        known = {"code": household.code, "head_name": household.head_name, "person_count": household.person_count}
        await record("household.registered", "household", household.id, actor=None, before=None, after=known, at=since)
    for plot in land.plots:
        known = {"household": plot.household_id, "land_type": plot.land_type, "declared_mu": plot.declared_mu}
        await record("plot.registered", "plot", plot.id, actor=None, before=None, after=known, at=since)
    for task in land.tasks:
        opened = {"plot": task.plot_id, "state": "open"}
        await record("task.opened", "task", task.id, actor=None, before=None, after=opened, at=since)


async def _insert(table: type[Table], rows: Sequence[Table]) -> None:
    """Insert many rows in as few statements as the driver allows."""
    size = MAX_PARAMETERS // len(table._meta.columns)
    for start in range(0, len(rows), size):
        await table.insert(*rows[start : start + size]).run()
