"""The review queue's pages a second, at a small and a large archive: what a page costs must not grow with it."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from benchmarks.figures import emit, percentile, spread_ms
from server.database import engine, is_postgres, make_engine, opened
from server.demo.accounts import DEMO_PASSWORD
from server.store import queue
from server.tables import EvaluationTable, SubmissionTable
from tests.support.live_server import LiveServer

TOWNSHIP = "450224901"
BEGAN_AT = datetime(2026, 3, 1, tzinfo=UTC)
CHUNK = 500
FIRST_NUMBER = 1_000_000


def measure_queue(server: LiveServer, sizes: tuple[int, ...], seconds: float) -> None:
    """Fill the archive to each size, ask for the first and for a deep page, and compare the sizes."""
    medians: dict[str, list[float]] = {"first": [], "deep": []}
    for size in sizes:
        server.stop()
        statements, plans = asyncio.run(_prepare(server.database_url, size))
        server.start()
        with httpx.Client(base_url=server.url, timeout=60, headers={"Origin": server.url}) as client:
            signed_in = client.post("/desk/login", data={"name": "shenhe01", "password": DEMO_PASSWORD})
            assert signed_in.status_code == 303, signed_in.status_code
            # An instant in the middle of what is waiting, as a reviewer's hundredth page would be.
            middle = BEGAN_AT + timedelta(minutes=size // 2)
            for page, address in (("first", "/desk/"), ("deep", f"/desk/?after={middle.isoformat()}_{UUID(int=0)}")):
                took = _ask(client, address.replace("+", "%2B"), seconds)
                medians[page].append(percentile(took, 0.5))
                emit(
                    "queue_page",
                    submissions=size,
                    page=page,
                    requests_per_s=round(len(took) / sum(took), 1),
                    **spread_ms(took),
                )
        emit(
            "queue_plan",
            submissions=size,
            statements=statements,
            scans=[line for line in plans if line.startswith("SCAN") or line.startswith("Seq Scan")],
        )
    for page, values in medians.items():
        emit("queue_ratio", page=page, sizes=list(sizes), ratio=round(values[-1] / values[0], 2))


def _ask(client: httpx.Client, address: str, seconds: float) -> list[float]:
    client.get(address).raise_for_status()
    took: list[float] = []
    give_up_at = time.perf_counter() + seconds
    while time.perf_counter() < give_up_at:
        began = time.perf_counter()
        client.get(address).raise_for_status()
        took.append(time.perf_counter() - began)
    return took


async def _prepare(url: str, size: int) -> tuple[int, list[str]]:
    """Fill up to `size` submissions; return how many statements a page takes and how the database carries them out."""
    async with opened(make_engine(url)):
        await _fill(size)
        asked = await _statements()
        plans = [line for sql, arguments in asked for line in await _plan(sql, arguments)]
        return len(asked), plans


async def _fill(size: int) -> None:
    """Copy a submission of the demonstration and its evaluation until there are enough."""
    there = await SubmissionTable.count().where(SubmissionTable.receipt_no >= FIRST_NUMBER)
    model = await SubmissionTable.select().where(SubmissionTable.township_code == TOWNSHIP).first()
    assert model is not None
    judged = await EvaluationTable.select().where(EvaluationTable.id == model["evaluation_id"]).first()
    assert judged is not None
    for start in range(there, size, CHUNK):
        submissions, evaluations = [], []
        for number in range(start, min(start + CHUNK, size)):
            submission_id, evaluation_id = uuid4(), uuid4()
            at = BEGAN_AT + timedelta(minutes=number)
            changed = {
                "id": submission_id,
                "evaluation_id": evaluation_id,
                "receipt_no": FIRST_NUMBER + number,
                "state": "awaiting_review",
                "complete_at": at,
                "received_at": at,
            }
            submissions.append(SubmissionTable(**{**model, **changed}))
            evaluations.append(EvaluationTable(**{**judged, "id": evaluation_id, "submission": submission_id}))
        async with engine().transaction():
            await SubmissionTable.insert(*submissions).run()
            await EvaluationTable.insert(*evaluations).run()
    if is_postgres():
        await SubmissionTable.raw("ANALYZE").run()


async def _statements() -> list[tuple[str, list[Any]]]:
    """Every statement the queue's page sends, with its arguments."""
    asked: list[tuple[str, list[Any]]] = []
    bound: Any = engine()
    run = type(bound).run_querystring

    async def listen(self: Any, querystring: Any, in_pool: bool = False) -> Any:
        asked.append(querystring.compile_string(engine_type=self.engine_type))
        return await run(self, querystring, in_pool)

    type(bound).run_querystring = listen
    try:
        await queue.read_queue("awaiting_review", queue.QueueFilter(), (TOWNSHIP,))
    finally:
        type(bound).run_querystring = run
    return asked


async def _plan(sql: str, arguments: list[Any]) -> list[str]:
    """How the database would carry a statement out, one line a step."""
    bound: Any = engine()
    if is_postgres():
        async with bound.pool.acquire() as connection:
            rows = await connection.fetch(f"EXPLAIN {sql}", *arguments)
        return [row[0].strip(" ->") for row in rows]
    rows = await bound._run_in_new_connection(f"EXPLAIN QUERY PLAN {sql}", arguments)
    return [row["detail"] for row in rows]
