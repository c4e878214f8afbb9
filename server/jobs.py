"""
Work waiting to be done, taken from the event table.

A job is claimed by moving its due time into the future: of several processes one succeeds, and if that one dies the
job is due again when the lease ends. Jobs may therefore run twice and are written so that this does no harm. After
five tries a job is left for a person, also one whose every try took the process down with it. A server that is asked
to end hands back what it has begun.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from server.actions.evaluate_submission import evaluate_submission
from server.actions.read_original import WholeOriginals
from server.database import is_postgres, transaction
from server.errors import PhotoLost
from server.events import record
from server.renditions import NotAPicture, derive
from server.settings import Settings
from server.storage import PhotoStore
from server.tables import EventTable, PhotoTable
from server.traffic import TRAFFIC

logger = logging.getLogger("yanshou.jobs")

LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 5
IDLE_S = 0.5
# While phones keep the server busy, a worker does one job in this time and no more.
PATIENCE_S = 5.0
WORKERS = 2


@dataclass(frozen=True, slots=True)
class Workshop:
    """What jobs work with."""

    settings: Settings
    photos: PhotoStore


Job = Callable[[str, Workshop], Awaitable[None]]


async def run_evaluate(subject_id: str, workshop: Workshop) -> None:
    """Judge a submission that came in."""
    await evaluate_submission(UUID(subject_id), at=datetime.now(UTC))


async def run_derive(subject_id: str, workshop: Workshop) -> None:
    """Make the small and the large picture of a photo; say so on its row when the bytes are no picture."""
    row = await PhotoTable.select(PhotoTable.sha256).where(PhotoTable.id == UUID(subject_id)).first()
    assert row is not None  # The event was written in the same transaction as the row.
    try:
        await derive(row["sha256"], WholeOriginals(workshop.photos), workshop.settings.data / "renditions")
    except PhotoLost:
        return  # On record; the pictures are made when they are wanted and the bytes are there again.
    except NotAPicture as error:
        await _note_problem(UUID(subject_id), str(error))


async def _note_problem(photo_id: UUID, problem: str) -> None:
    async with transaction():
        await PhotoTable.update({PhotoTable.problem: problem}).where(PhotoTable.id == photo_id).run()
        await record(
            "photo.unreadable",
            "photo",
            photo_id,
            actor=None,
            before={"problem": None},
            after={"problem": problem},
            at=datetime.now(UTC),
        )


# The most urgent first: somebody waits for an area, nobody for a small picture.
JOBS: dict[str, Job] = {"evaluate": run_evaluate, "derive": run_derive}


async def run_due_job(workshop: Workshop, *, at: datetime) -> bool:
    """Claim and do the job that has been due longest, of the most urgent kind; return False when none is due."""
    for job in JOBS:
        claimed = await _claim_or_hand_back(job, at)
        if claimed is not None:
            break
    else:
        return False
    if claimed["job_attempts"] >= MAX_ATTEMPTS:
        await _to_its_end(_give_up(claimed))
        return True
    try:
        await JOBS[claimed["job"]](claimed["subject_id"], workshop)
    except asyncio.CancelledError:
        await _to_its_end(_hand_back(claimed, at))
        raise
    except Exception as error:
        workshop.photos.health.notice(error)
        await _to_its_end(_fail(claimed, error, at))
    else:
        await _to_its_end(_finish(claimed["seq"]))
    return True


async def run_all_due(workshop: Workshop) -> int:
    """Do everything that is due now; return how many jobs that was."""
    done = 0
    while await run_due_job(workshop, at=datetime.now(UTC)):
        done += 1
    return done


async def run_jobs(workshop: Workshop) -> None:
    """Work until cancelled."""
    while True:
        await TRAFFIC.lull(at_most_s=PATIENCE_S)
        try:
            worked = await run_due_job(workshop, at=datetime.now(UTC))
        except Exception as error:
            logger.exception("the job queue could not be read; trying again")
            workshop.photos.health.notice(error)
            worked = False
        if not worked:
            await asyncio.sleep(IDLE_S)


@contextlib.asynccontextmanager
async def at_work(workshop: Workshop) -> Any:
    """Keep workers running for the length of a block; what they leave unfinished they hand back."""
    workers = [asyncio.create_task(run_jobs(workshop)) for _ in range(WORKERS)]
    try:
        yield
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


async def _to_its_end(writing: Coroutine[Any, Any, None]) -> None:
    """Write what becomes of a job, also when the server is asked to end meanwhile."""
    task = asyncio.create_task(writing)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


async def _claim_or_hand_back(job: str, at: datetime) -> dict[str, Any] | None:
    """Claim a job; when the server is asked to end meanwhile, the claim may be written already."""
    claiming = asyncio.create_task(_claim(job, at))
    try:
        return await asyncio.shield(claiming)
    except asyncio.CancelledError:
        await asyncio.wait([claiming])
        if claiming.exception() is None and (claimed := claiming.result()) is not None:
            await _to_its_end(_hand_back(claimed, at))
        raise


async def _claim(job: str, at: datetime) -> dict[str, Any] | None:
    due = EventTable.select(
        EventTable.seq, EventTable.job, EventTable.subject_id, EventTable.job_attempts, EventTable.job_error
    )
    due = due.where((EventTable.job == job) & (EventTable.job_due_at <= at))
    due = due.order_by(EventTable.job_due_at, EventTable.seq).limit(1)
    if not await due:  # The usual case, answered by a reader: an idle worker never holds the writer.
        return None
    async with transaction():
        row = await (due.lock_rows("UPDATE", skip_locked=True) if is_postgres() else due).first()
        if row is not None:
            await (
                EventTable.update({EventTable.job_due_at: at + LEASE, EventTable.job_attempts: row["job_attempts"] + 1})
                .where(EventTable.seq == row["seq"])
                .run()
            )
    return row


async def _hand_back(claimed: dict[str, Any], at: datetime) -> None:
    """Due now and no try spent: another server goes on with it at once."""
    try:
        await (
            EventTable.update({EventTable.job_due_at: at, EventTable.job_attempts: claimed["job_attempts"]})
            .where(EventTable.seq == claimed["seq"])
            .run()
        )
    except Exception:  # The end that was asked for comes all the same.
        logger.exception("job %s of event %s is due again when its lease ends", claimed["job"], claimed["seq"])


async def _give_up(claimed: dict[str, Any]) -> None:
    """Else a job that kills its process would kill the server again every two minutes."""
    logger.error("job %s of event %s ended its process at every try; given up", claimed["job"], claimed["seq"])
    error = claimed["job_error"] or "ProcessEnded: the server's process ended during the job, at every try"
    await (
        EventTable.update(
            {EventTable.job_due_at: None, EventTable.job_attempts: MAX_ATTEMPTS, EventTable.job_error: error}
        )
        .where(EventTable.seq == claimed["seq"])
        .run()
    )


async def _finish(seq: int) -> None:
    await (
        EventTable.update({EventTable.job_due_at: None, EventTable.job_error: None}).where(EventTable.seq == seq).run()
    )


async def _fail(claimed: dict[str, Any], error: Exception, at: datetime) -> None:
    attempts = claimed["job_attempts"] + 1
    logger.error("job %s of event %s failed, try %s", claimed["job"], claimed["seq"], attempts, exc_info=error)
    due_at = None if attempts >= MAX_ATTEMPTS else at + timedelta(seconds=4**attempts)
    await (
        EventTable.update({EventTable.job_due_at: due_at, EventTable.job_error: f"{type(error).__name__}: {error}"})
        .where(EventTable.seq == claimed["seq"])
        .run()
    )
