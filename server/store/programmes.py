"""Programmes and their policy versions."""

from functools import lru_cache

from inspections.plots import Programme
from inspections.policy import Policy, read_policy
from server.statements import ask
from server.tables import ProgrammeTable


@lru_cache(maxsize=64)
def parsed_policy(data: str) -> Policy:
    """Read a stored policy; the same text is read once, for rows of this table never change."""
    return read_policy(data.encode())


async def policies_of(programme_code: str) -> dict[int, Policy]:
    """Return every policy version of a programme."""
    rows = await ask("SELECT version, data FROM policy WHERE programme = {}", programme_code)
    return {row["version"]: parsed_policy(row["data"]) for row in rows}


async def find_programme(code: str) -> Programme | None:
    """Return a programme with the policy in force."""
    row = await ProgrammeTable.select().where(ProgrammeTable.code == code).first()
    if row is None:
        return None
    policies = await policies_of(code)
    return Programme(
        code=row["code"],
        name=row["name"],
        year=row["year"],
        region_code=row["region"],
        policy_version=row["policy_version"],
        policy=policies[row["policy_version"]],
    )


async def newest_programme_code(region_codes: tuple[str, ...]) -> str | None:
    """Return the newest programme whose county holds one of these regions."""
    counties = sorted({code[:6] for code in region_codes})
    row = (
        await ProgrammeTable.select(ProgrammeTable.code)
        .where(ProgrammeTable.region.is_in(counties))
        .order_by(ProgrammeTable.year, ascending=False)
        .first()
        if counties
        else None
    )
    return None if row is None else str(row["code"])
