"""
A small county: two townships, three villages, two plots side by side, and the people of the tests.

Names are written out, so that a test reads like the case it tells.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx
from argon2 import PasswordHasher

from server.actions.sign_in import sign_in
from server.database import transaction
from server.demo.policy import demo_policy_json
from server.roles import Grant, Identity, Role
from server.settings import Settings
from server.storage import PhotoStore, open_photo_store
from server.store.cells import cell_of
from server.store.sessions import find_identity
from server.tables import (
    HouseholdTable,
    PlotTable,
    PolicyTable,
    ProgrammeTable,
    RegionTable,
    RoleGrantTable,
    TaskTable,
    UserTable,
)

AT = datetime(2026, 4, 2, 3, 4, 5, tzinfo=UTC)
PROGRAMME = "RA-2026-TEST"
PASSWORD = "a password of the tests"
# The server's own is slow on purpose. What a hash costs stands in it, so to sign in with this one costs nothing.
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
COUNTY, EAST, WEST = "450224", "450224101", "450224102"
EAST_VILLAGE, EAST_OTHER, WEST_VILLAGE = "450224101201", "450224101202", "450224102201"
_NAMES = UUID("11d2a6b0-7d3c-4f0c-9a53-0f7a5b0d9c11")

# About 60 m by 45 m at 25.2° N: 4 mu.
RING = [[109.4, 25.2], [109.4006, 25.2], [109.4006, 25.2004], [109.4, 25.2004], [109.4, 25.2]]
NEXT_RING = [[109.4006, 25.2], [109.4012, 25.2], [109.4012, 25.2004], [109.4006, 25.2004], [109.4006, 25.2]]
WEST_RING = [[109.45, 25.22], [109.4506, 25.22], [109.4506, 25.2204], [109.45, 25.2204], [109.45, 25.22]]

PEOPLE: dict[str, tuple[Grant, ...]] = {
    "inspector": (Grant(Role.INSPECTOR, EAST),),
    "colleague": (Grant(Role.INSPECTOR, EAST),),
    "west_inspector": (Grant(Role.INSPECTOR, WEST),),
    "reviewer": (Grant(Role.REVIEWER, EAST),),
    "west_reviewer": (Grant(Role.REVIEWER, WEST),),
    "both": (Grant(Role.INSPECTOR, EAST), Grant(Role.REVIEWER, EAST)),
    "county": (Grant(Role.COUNTY_OFFICE, COUNTY),),
    "clerk": (Grant(Role.VILLAGE_CLERK, EAST_VILLAGE),),
}


def named(name: str) -> UUID:
    """An id that is the same in every test."""
    return uuid5(_NAMES, name)


HOUSEHOLD, NEIGHBOUR, WEST_HOUSEHOLD = named("household"), named("neighbour"), named("west household")
PLOT, NEXT_PLOT, WEST_PLOT = named("plot"), named("next plot"), named("west plot")
TASK, NEXT_TASK, WEST_TASK = named("task"), named("next task"), named("west task")


@dataclass(frozen=True, slots=True)
class World:
    """What a test on actions needs at hand."""

    settings: Settings
    photos: PhotoStore

    async def person(self, name: str) -> Identity:
        """Sign one of PEOPLE in and return who that is."""
        token, _expires_at = await sign_in(name, PASSWORD, kind="bearer", device_id=None, address="", at=AT)
        identity = await find_identity(token, "bearer", at=AT)
        assert identity is not None
        return identity


async def build_world(settings: Settings) -> World:
    """Fill an empty, migrated database."""
    # Each commit waits for the disk.
    async with transaction():
        await _fill(PASSWORD_HASH)
    return World(settings, open_photo_store(settings))


async def _fill(password_hash: str) -> None:
    names = {
        COUNTY: "融安县",
        EAST: "东镇",
        WEST: "西镇",
        EAST_VILLAGE: "东村",
        EAST_OTHER: "中村",
        WEST_VILLAGE: "西村",
    }
    levels = {6: "county", 9: "township", 12: "village"}
    await RegionTable.insert(
        *[RegionTable(code=code, name=name, level=levels[len(code)]) for code, name in names.items()]
    ).run()
    for name, grants in PEOPLE.items():
        await UserTable.insert(
            UserTable(
                id=named(name), name=name, display_name=name, password_hash=password_hash, active=True, created_at=AT
            )
        ).run()
        await RoleGrantTable.insert(
            *[
                RoleGrantTable(id=uuid4(), user=named(name), role=one.role.value, region=one.region_code)
                for one in grants
            ]
        ).run()
    await ProgrammeTable.insert(
        ProgrammeTable(code=PROGRAMME, name="金桔", year=2026, region=COUNTY, policy_version=1)
    ).run()
    await PolicyTable.insert(
        PolicyTable(id=uuid4(), programme=PROGRAMME, version=1, data=demo_policy_json().decode(), published_at=AT)
    ).run()
    await _household(HOUSEHOLD, "H-1", "李四", EAST_VILLAGE, PLOT, TASK, RING)
    await _household(NEIGHBOUR, "H-2", "王五", EAST_VILLAGE, NEXT_PLOT, NEXT_TASK, NEXT_RING)
    await _household(WEST_HOUSEHOLD, "H-3", "赵六", WEST_VILLAGE, WEST_PLOT, WEST_TASK, WEST_RING)


async def _household(
    household: UUID, code: str, head: str, village: str, plot: UUID, task: UUID, ring: list[list[float]]
) -> None:
    await HouseholdTable.insert(
        HouseholdTable(id=household, code=code, head_name=head, group_name="一屯", village=village, person_count=4)
    ).run()
    lon, lat = ring[0][0] + 0.0003, ring[0][1] + 0.0002
    await PlotTable.insert(
        PlotTable(
            id=plot,
            programme=PROGRAMME,
            household=household,
            number=1,
            village_code=village,
            land_type="paddy",
            declared_mu=4.0,
            boundary=json.dumps({"type": "Polygon", "coordinates": [ring]}),
            centre_lon=lon,
            centre_lat=lat,
            cell=cell_of(lon, lat),
        )
    ).run()
    await TaskTable.insert(
        TaskTable(id=task, plot=plot, village_code=village, state="open", due_on=date(2026, 5, 15), updated_at=AT)
    ).run()


def picture(text: str) -> bytes:
    """Bytes that stand for a photo where nothing looks at the picture."""
    return b"\xff\xd8\xff" + text.encode() * 50


def manifest(submission_id: UUID, pictures: dict[str, bytes] | None = None, **changes: Any) -> dict[str, Any]:
    """
    A manifest of PLOT that is accepted; `changes` replace members.

    Args:
        submission_id: Its id.
        pictures: Bytes by photo kind; five by default.
    """
    pictures = five_pictures() if pictures is None else pictures
    photos = [
        {
            "sha256": hashlib.sha256(data).hexdigest(),
            "size_bytes": len(data),
            "media_type": "image/jpeg",
            "kind": kind,
            "taken_at": f"2026-04-02T02:00:{index:02}.000Z",
            "clock_offset_ms": 120,
            "position": {"lon": 109.4003, "lat": 25.2002, "accuracy_m": 4.0, "fixed_at": "2026-04-02T02:00:00.000Z"},
            "source": "file",
            "width": 4000,
            "height": 3000,
        }
        for index, (kind, data) in enumerate(pictures.items())
    ]
    return {
        "schema": 1,
        "submission_id": str(submission_id),
        "task_id": str(TASK),
        "plot_id": str(PLOT),
        "programme_code": PROGRAMME,
        "policy_version": 1,
        "app_version": "0.1.0",
        "device_id": str(named("phone")),
        "started_at": "2026-04-02T01:50:00.000Z",
        "finished_at": "2026-04-02T02:10:00.000Z",
        "clock_offset_ms": 120,
        "boundary": {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [RING]},
            "properties": {
                "plot_id": str(PLOT),
                "household_id": str(HOUSEHOLD),
                "datum": "WGS84",
                "capture": "vertices",
                "accuracy_m": [[3.0] * 5],
                "timestamps_s": [[0, 30, 60, 90, 120]],
            },
        },
        "tree_counts": {"live": 240, "dead": 6, "missing": 4},
        "photos": photos,
        "remark": "",
        **changes,
    }


def five_pictures() -> dict[str, bytes]:
    """Bytes for the five shots the policy requires."""
    return {kind: picture(kind) for kind in ("panorama", "spacing", "groundwork", "tree", "household")}


def encoded(content: dict[str, Any]) -> bytes:
    """The bytes as a phone would freeze them."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


async def bearer(client: httpx.AsyncClient, name: str) -> dict[str, str]:
    """Sign in over HTTP and return the header that says so."""
    answer = await client.post(
        "/api/session", json={"name": name, "password": PASSWORD, "device_id": str(named("phone"))}
    )
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}
