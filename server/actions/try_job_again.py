"""Let a job that was given up be tried again."""

from datetime import datetime

from server.database import transaction
from server.errors import SubmissionNotFound
from server.events import record
from server.roles import Identity, Role
from server.store.jobs_list import find_given_up
from server.tables import EventTable

OVERSEERS = (Role.COUNTY_OFFICE, Role.ADMIN)


async def try_job_again(seq: int, *, by: Identity, at: datetime) -> None:
    """
    Make it due now, with its tries counted anew; its error stays until it succeeds.

    Raises:
        SubmissionNotFound: No such job was given up, or it lies outside the regions of `by`.
    """
    async with transaction():
        job = await find_given_up(seq, by.scope(*OVERSEERS))
        if job is None:
            raise SubmissionNotFound("没有这项失败的任务。", "No such job was given up.")
        await (
            EventTable.update({EventTable.job_due_at: at, EventTable.job_attempts: 0})
            .where(EventTable.seq == seq, EventTable.job_due_at.is_null())
            .run()
        )
        await record(
            "job.tried_again",
            job["subject_kind"],
            job["subject_id"],
            actor=by.user_id,
            before={"event": seq, "job": job["job"], "attempts": job["job_attempts"]},
            after={"attempts": 0},
            at=at,
        )
