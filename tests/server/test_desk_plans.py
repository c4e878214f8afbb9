"""How PostgreSQL answers the lists: from an index that gives the order too, however many rows there are."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from piccolo.engine.postgres import PostgresEngine

from server.archive import PhotoFilter, find_households, find_photos
from server.database import engine, make_engine, migrate, opened
from server.settings import Settings
from server.store import queue
from server.store.keyset import Key
from server.store.queue import QueueFilter
from server.tables import SubmissionTable
from tests.server.test_decide_review import submitted
from tests.server.world import COUNTY, EAST, EAST_VILLAGE, HOUSEHOLD, PLOT, build_world, named

pytestmark = pytest.mark.postgres

# A photo and a submission of the small county, many times over, in other villages, states and instants.
MANY = (
    """INSERT INTO region (code, name, level)
        SELECT '450224' || lpad(t::text, 3, '0') || lpad(v::text, 3, '0'), 'V', 'village'
        FROM generate_series(301, 312) t, generate_series(201, 210) v""",
    """INSERT INTO household (id, code, head_name, group_name, village, person_count)
        SELECT gen_random_uuid(), 'M-' || n, chr(19968 + n % 500) || '某' || n, '一屯',
            '450224' || (301 + n % 12) || (201 + n % 10), 4 FROM generate_series(1, 6000) n""",
    """INSERT INTO submission (id, task, plot, inspector, township_code, village_code, policy_version, content_sha256,
            manifest, expected_photos, received_photos, receipt_no, state, finished_at, received_at, complete_at,
            evaluation_id, outcome, decided_at)
        SELECT gen_random_uuid(), task, plot, inspector, '450224' || (301 + n % 12),
            '450224' || (301 + n % 12) || (201 + n % 10), policy_version, content_sha256,
            '{{"photos": []}}', 5, 5, 1000 + n, s.state,
            finished_at, received_at, complete_at + n * interval '1 minute', evaluation_id, o.outcome,
            CASE WHEN s.state IN ('approved', 'returned', 'refused') THEN complete_at + n * interval '2 minutes' END
        FROM submission, generate_series(1, 8000) n,
            LATERAL (SELECT (ARRAY['awaiting_review', 'approved', 'approved', 'approved', 'returned', 'refused',
                'receiving'])[1 + n % 7] AS state) s,
            LATERAL (SELECT (ARRAY['passed', 'in_doubt', 'failed'])[1 + n % 3] AS outcome) o""",
    """INSERT INTO photo (id, submission, sha256, size_bytes, media_type, kind, source, taken_at, width, height,
            township_code, village_code, household, plot, received_at)
        SELECT gen_random_uuid(), s.id, md5(s.id::text), 1, 'image/jpeg',
            (ARRAY['panorama', 'spacing', 'tree'])[1 + s.receipt_no % 3], 'camera',
            s.received_at + s.receipt_no * interval '3 minutes', 1, 1, s.township_code, s.village_code,
            p.household, p.id, s.received_at
        FROM submission s CROSS JOIN LATERAL (SELECT household, id FROM plot WHERE id = s.plot) p
        WHERE s.receipt_no > 999""",
    """INSERT INTO quarantine (id, submission_id, "user", content_sha256, body, code, detail_zh, detail_en, received_at,
            state)
        SELECT gen_random_uuid(), gen_random_uuid(), (SELECT inspector FROM submission LIMIT 1), 'x', 'x', 'x', 'x',
            'x', now() + n * interval '1 minute', (ARRAY['open', 'accepted', 'rejected'])[1 + n % 3]
        FROM generate_series(1, 4000) n""",
    """INSERT INTO device_record (submission_id, device_id, "user", created_at, first_reported_at, last_listed_at,
            state)
        SELECT gen_random_uuid(), gen_random_uuid(), (SELECT inspector FROM submission LIMIT 1),
            now() + n * interval '1 minute', now(), now(),
            CASE WHEN n % 100 = 0 THEN 'queued' ELSE 'released' END
        FROM generate_series(1, 8000) n""",
    "ANALYZE",
)
GROWING = {"submission", "photo", "household", "quarantine", "event", "device_record"}
FEW = 200
TOWNSHIP, LATER = "450224301", Key.parse("2026-04-04T00:00:00+00:00_6ba7b810-9dad-11d1-80b4-00c04fd430c8")


@pytest.fixture(scope="module")
def full_url(postgres_cluster: Any) -> Iterator[str]:
    url = postgres_cluster.fresh()
    yield url
    postgres_cluster.drop(url)


@pytest.fixture
async def full(full_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[None]:
    """A county with thousands of rows, filled once for all tests here."""
    data = Path(tmp_path_factory.mktemp("plans"))
    settings = Settings(data=data, database_url=full_url, photos_url=f"file://{data / 'photos'}", secret_key="k" * 40)
    async with opened(make_engine(full_url)):
        await migrate()
        if not await SubmissionTable.exists():
            world = await build_world(settings)
            await submitted(world)
            for statement in MANY:
                await SubmissionTable.raw(statement).run()
        yield


@contextmanager
def queries() -> Iterator[list[Any]]:
    """Record what is asked of the database in a block."""
    asked: list[Any] = []
    run = PostgresEngine.run_querystring

    async def recorded(bound: PostgresEngine, querystring: Any, *arguments: Any, **named: Any) -> Any:
        asked.append(querystring)
        return await run(bound, querystring, *arguments, **named)

    with patch.object(PostgresEngine, "run_querystring", recorded):
        yield asked


async def plan_of(querystring: Any) -> Iterator[dict[str, Any]]:
    """Every step PostgreSQL took, with the rows each one really met."""
    text, arguments = querystring.compile_string(engine_type="postgres")
    rows = await engine()._run_in_pool(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", arguments)  # type: ignore[union-attr]
    return steps(json.loads(rows[0]["QUERY PLAN"])[0]["Plan"])


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from steps(inner)


async def faults(asked: list[Any]) -> list[str]:
    """Scans of a table that grows with the years, and sorts of more than a few pages."""
    found = []
    for querystring in asked:
        for step in await plan_of(querystring):
            if step["Node Type"] == "Seq Scan" and step["Relation Name"] in GROWING:
                found.append(f"scan of {step['Relation Name']}: {querystring}")
            if "Sort" in step["Node Type"] and step["Plans"][0]["Actual Rows"] > FEW:
                found.append(f"sort of {step['Plans'][0]['Actual Rows']} rows: {querystring}")
    return found


LISTS = {
    **{
        f"{state}, {place}, {outcome or 'all'}": lambda state=state, scope=scope, outcome=outcome: queue.read_queue(
            state, QueueFilter(outcome=outcome), (scope,), after=LATER
        )
        for state in ("awaiting_review", "approved", "refused")
        for place, scope in (("county", COUNTY), ("township", TOWNSHIP))
        for outcome in (None, "failed")
    },
    "one village's": lambda: queue.read_queue("approved", QueueFilter(village=f"{TOWNSHIP}201"), (COUNTY,)),
    "days": lambda: queue.read_queue(
        "approved", QueueFilter(from_on=date(2026, 4, 3), to_on=date(2026, 4, 5)), (TOWNSHIP,)
    ),
    "inspector": lambda: queue.read_queue("approved", QueueFilter(inspector=named("inspector")), (TOWNSHIP,)),
    "count": lambda: queue.count_awaiting((COUNTY,)),
    "incomplete": lambda: queue.read_incomplete((TOWNSHIP,)),
    "incomplete, county": lambda: queue.read_incomplete((COUNTY,)),
    "not arrived": lambda: queue.read_not_arrived((EAST,)),
    "quarantine": lambda: queue.read_quarantine((EAST,)),
    "quarantine, county": lambda: queue.read_quarantine((COUNTY,), "rejected", after=LATER),
    "photos": lambda: find_photos(PhotoFilter(), (COUNTY,)),
    "photos, next page": lambda: find_photos(PhotoFilter(), (COUNTY,), after=LATER),
    "photos, township": lambda: find_photos(PhotoFilter(), (TOWNSHIP,)),
    "photos, kind": lambda: find_photos(PhotoFilter(kind="tree"), (TOWNSHIP,)),
    "photos, village": lambda: find_photos(PhotoFilter(village=f"{TOWNSHIP}201"), (COUNTY,)),
    "photos, household": lambda: find_photos(PhotoFilter(households=(HOUSEHOLD,)), (COUNTY,)),
    "photos, plot": lambda: find_photos(PhotoFilter(plot=PLOT), (COUNTY,)),
    "photos, days": lambda: find_photos(PhotoFilter(from_on=date(2026, 4, 3), to_on=date(2026, 4, 5)), (COUNTY,)),
    "households": lambda: find_households("李", (COUNTY,), None),
    "households, code": lambda: find_households("M-12", (TOWNSHIP,), None),
    "households, village": lambda: find_households("李", (COUNTY,), EAST_VILLAGE),
}


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_is_read_from_an_index_in_its_order(full: None, name: str):
    """The thousandth village must not slow down the first: nothing scans or sorts what grows with the years."""
    with queries() as asked:
        await LISTS[name]()

    assert asked
    assert await faults(asked) == []


async def test_the_check_sees_a_scan_and_a_sort(full: None):
    """Else the tests above would pass on anything."""
    with queries() as asked:
        await (
            SubmissionTable.select(SubmissionTable.id)
            .where(SubmissionTable.expected_photos == 5)
            .order_by(SubmissionTable.content_sha256, SubmissionTable.village_code)
        )

    assert [fault.split(":")[0] for fault in await faults(asked)] == ["sort of 8001 rows", "scan of submission"]
