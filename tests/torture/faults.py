"""
What a test may change in a server process before it starts; nothing here is reachable from the product.

The dishonest ones are negative controls: a server with one of them must be caught, or the figure shows nothing.
"""

import asyncio
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

HELD_BACK_S = 0.25
PART_HELD_BACK_S = 0.5
CLAIM_LASTS_S = 0.05
PHOTO_NAME_CHARS = 64
LONG_JOB_BEGAN = "the long job has begun"


def acknowledge_before_writing() -> None:
    """Give the name at once and the bytes a quarter of a second later: a crash in between leaves only zeros."""
    really_rename, really_link = os.rename, os.link

    def later(source: Any, target: Any) -> None:
        held = f"{os.fspath(source)}.held"
        really_link(source, held)
        with Path(target).open("wb") as empty:
            empty.truncate(Path(source).stat().st_size)
        # What the caller does with the temporary file afterwards must go as always.
        _rename_in(HELD_BACK_S, really_rename, held, target)

    def rename(source: Any, target: Any, *rest: Any, **more: Any) -> None:
        if len(Path(target).name) != PHOTO_NAME_CHARS:
            really_rename(source, target, *rest, **more)
            return
        later(source, target)
        Path(source).unlink()

    os.rename = os.replace = rename


def acknowledge_parts_before_writing() -> None:
    """Give a part its name half a second after it was acknowledged."""
    from server.storage.interface import NAME_KEY

    really_rename, really_link = os.rename, os.link

    def link(source: Any, target: Any, *_rest: Any, **_more: Any) -> None:
        if Path(target).name == NAME_KEY:
            really_link(source, target)
            return
        held = f"{os.fspath(source)}.held"
        really_link(source, held)
        _rename_in(PART_HELD_BACK_S, really_rename, held, target)

    os.link = link


def _rename_in(seconds: float, really_rename: Callable[..., None], held: str, target: Any) -> None:
    timer = threading.Timer(seconds, _finish, (really_rename, held, target))
    timer.daemon = True
    timer.start()


def _finish(really_rename: Callable[..., None], held: str, target: Any) -> None:
    with suppress(OSError):
        really_rename(held, target)


def no_fsync() -> None:
    """Believe the page cache: what every program does that never heard of power cuts."""
    from server.disk import files
    from server.storage.local import LocalStore

    really_fsync, really_keep_name = os.fsync, LocalStore._keep_name

    def lie(_file: Any) -> None:
        """Nothing."""

    def keep_name(self: Any, name: str) -> str:
        # A store that lost its name would not be started again, and nobody could look what else is lost.
        os.fsync = really_fsync
        try:
            return really_keep_name(self, name)
        finally:
            os.fsync = lie

    LocalStore._keep_name = keep_name
    os.fsync = os.fdatasync = lie
    # Giving back memory that was not synced begins to write it, which is often soon enough.
    files.forget_pages = lie


def any_postgres_will_do() -> None:
    """Start on a PostgreSQL that answers before anything is written."""
    from server import startup

    async def no_faults() -> AsyncIterator[str]:
        return
        yield

    startup._postgres_faults = no_faults


def parts_unsynced() -> None:
    """Sync photos and rows as always and leave the parts of a photo to the page cache."""
    from server.storage import local

    here = threading.local()
    really_put_part, really_fsync = local.LocalStore._put_part, os.fsync

    def put_part(self: Any, target: Any, data: bytes) -> bool:
        here.lies = True
        try:
            return really_put_part(self, target, data)
        finally:
            here.lies = False

    def fsync(file: Any) -> None:
        if not getattr(here, "lies", False):
            really_fsync(file)

    os.fsync = fsync
    local.LocalStore._put_part = put_part
    local._fsync_existing = lambda _folder: None


def swallow_io_errors() -> None:
    """Write a failed fsync into the log and go on, as if the bytes could still be there."""
    from server.disk import files
    from server.storage import local

    really_fail_at = local.fail_at

    def go_on(name: str) -> None:
        try:
            really_fail_at(name)
        except OSError as error:
            print(error, file=sys.stderr, flush=True)

    local.fail_at = files.fail_at = go_on


def write_under_the_name() -> None:
    """Write a photo where it belongs from its first byte on: what a full disk cuts short has its name already."""
    from server.storage import local

    class InPlace(local.Writing):
        def __init__(self, path: Path, kind: str, require_present: Callable[[], None]) -> None:
            super().__init__(path, kind, require_present)
            if kind == "photo":
                name = path.name[:PHOTO_NAME_CHARS]
                self.path = path.parents[1] / name[:2] / name
                self._named = True

        def _open(self) -> int:
            return os.open(self.path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o640)

    local.Writing = InPlace


def leave_what_did_not_fit() -> None:
    """Leave the temporary file of a photo where it is when its end could not be written."""
    from server.storage import local

    really_end = local.Writing.end

    def end(self: Any) -> None:
        self._named = self._named or self.kind == "photo"
        really_end(self)

    local.Writing.end = end


def close_on_a_full_disk() -> None:
    """Take a full disk for a failing one: refuse once as one should, and store nothing more until a new start."""
    from server.storage.health import StorageHealth

    really_refuse = StorageHealth.refusal

    def refusal(self: Any, error: BaseException) -> Any:
        refused = really_refuse(self, error)
        if refused is not None:
            self.close(str(error))
        return refused

    StorageHealth.refusal = refusal


def short_lease() -> None:
    """Honest: let jobs of a killed process be due again after two seconds instead of two minutes."""
    from server import jobs

    jobs.LEASE = timedelta(seconds=2)


def one_long_job() -> None:
    """Honest: the first job of each process lasts until the process is asked to end, and the log says that it began."""
    from server import jobs

    first = [True]

    def lasting(job: jobs.Job) -> jobs.Job:
        async def run(subject_id: str, workshop: jobs.Workshop) -> None:
            if first and first.pop():
                print(LONG_JOB_BEGAN, flush=True)
                await asyncio.Event().wait()
            await job(subject_id, workshop)

        return run

    jobs.JOBS.update({name: lasting(job) for name, job in jobs.JOBS.items()})


def end_at_once() -> None:
    """End at SIGTERM as if nothing were under way, and say that all is well."""
    from server import cli

    def handle_exit(*_: Any) -> None:
        os._exit(0)

    cli._Server.handle_exit = handle_exit


def die_before_a_migration_is_noted() -> None:
    """Honest: the power fails at the worst place, when a migration has run and no note of it is written."""
    from piccolo.apps.migrations.tables import Migration

    def insert(*_rows: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    Migration.insert = insert


def migrate_in_pieces() -> None:
    """Commit each migration by itself and note it afterwards, as Piccolo does when nobody holds a transaction."""
    from server.sqlite_engine import PooledSQLiteEngine

    really_begin = PooledSQLiteEngine.transaction
    none_round_all = iter([nullcontext()])

    def transaction(self: Any, *args: Any, **more: Any) -> Any:
        return next(none_round_all, None) or really_begin(self, *args, **more)

    PooledSQLiteEngine.transaction = transaction


def check_then_insert() -> None:
    """
    Look before the transaction whether a submission is known, and in it insert without looking again.

    Two have looked before the first goes on, as may happen at any time.
    """
    from server.actions import receive_submission

    looked: Counter[Any] = Counter()
    really_find = receive_submission.find_known

    async def find_known(submission_id: Any) -> Any:
        known = await really_find(submission_id)
        looked[submission_id] += 1
        while looked[submission_id] < 2:
            await asyncio.sleep(0.01)
        return known

    async def find_all_known(_ids: Any) -> dict[Any, Any]:
        return {}

    receive_submission.find_known = find_known
    receive_submission.find_all_known = find_all_known


def second_body_wins() -> None:
    """Take what comes second for a correction: 409 and quarantine as always, and the row has the second body."""
    from server.actions import receive_submission
    from server.database import transaction
    from server.statements import ask

    really_conflict = receive_submission._conflict

    async def conflict(submission_id: Any, body: bytes, digest: str, *rest: Any) -> Any:
        async with transaction():
            await ask(
                "UPDATE submission SET manifest = {}, content_sha256 = {} WHERE id = {}", body, digest, submission_id
            )
        return await really_conflict(submission_id, body, digest, *rest)

    receive_submission._conflict = conflict


def keep_nothing_aside() -> None:
    """Say why a body was refused and forget it."""
    from server.actions import receive_submission

    async def quarantine(_id: Any, _body: bytes, _digest: str, _inspector: Any, reason: Any, _at: Any) -> Any:
        return receive_submission.Quarantined(uuid4(), reason.code, reason.message_zh, reason.message_en)

    receive_submission._quarantine = quarantine


def renumber_repetitions() -> None:
    """Give a submission that is sent again a new receipt number."""
    from server.actions import receive_submission
    from server.database import transaction
    from server.statements import ask

    really_find = receive_submission.find_known

    async def find_known(submission_id: Any) -> Any:
        if await really_find(submission_id) is None:
            return None
        async with transaction():
            counter = await ask("UPDATE counter SET value = value + 1 WHERE name = 'receipt' RETURNING value")
            await ask("UPDATE submission SET receipt_no = {} WHERE id = {}", counter[0]["value"], submission_id)
        return await really_find(submission_id)

    receive_submission.find_known = find_known


def offset_always_zero() -> None:
    """Say that nothing of a photo is there until all of it is, whatever parts came."""
    from server.actions import receive_part
    from server.controllers import uploads

    really_tell = receive_part.upload_progress

    async def upload_progress(*args: Any, **more: Any) -> Any:
        progress = await really_tell(*args, **more)
        return progress if progress.complete else replace(progress, offset=0)

    receive_part.upload_progress = uploads.upload_progress = upload_progress


def last_part_wins() -> None:
    """Let each part take the place of another at its offset, which may be longer and acknowledged."""
    from server.storage import local

    def link(source: Path, target: Path) -> bool:
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
        return True

    local._link = link


def count_every_judging() -> None:
    """Honest but blunt: an event says each time that a submission was judged, not only when that changed something."""
    from server import jobs
    from server.actions import evaluate_submission as module
    from server.database import transaction
    from server.events import record

    really_evaluate = jobs.evaluate_submission

    async def say_nothing(*_args: Any, **_more: Any) -> None:
        """Below it is said each time."""

    async def evaluate_submission(submission_id: Any, *, at: Any) -> Any:
        evaluation = await really_evaluate(submission_id, at=at)
        async with transaction():
            await record(
                "submission.evaluated", "submission", submission_id, actor=None, before=None, after=None, at=at
            )
        return evaluation

    module.record = say_nothing
    jobs.evaluate_submission = evaluate_submission


def claim_without_lock() -> None:
    """Pick the job that is due longest as if no other process did so."""
    from server import jobs

    really_begin = jobs.transaction

    @asynccontextmanager
    async def transaction() -> AsyncIterator[None]:
        async with really_begin():
            yield
            await asyncio.sleep(CLAIM_LASTS_S)

    jobs.is_postgres = lambda: False
    jobs.transaction = transaction


FAULTS: dict[str, Callable[[], None]] = {
    "acknowledge_before_writing": acknowledge_before_writing,
    "acknowledge_parts_before_writing": acknowledge_parts_before_writing,
    "no_fsync": no_fsync,
    "any_postgres_will_do": any_postgres_will_do,
    "parts_unsynced": parts_unsynced,
    "swallow_io_errors": swallow_io_errors,
    "write_under_the_name": write_under_the_name,
    "leave_what_did_not_fit": leave_what_did_not_fit,
    "close_on_a_full_disk": close_on_a_full_disk,
    "short_lease": short_lease,
    "one_long_job": one_long_job,
    "end_at_once": end_at_once,
    "check_then_insert": check_then_insert,
    "second_body_wins": second_body_wins,
    "keep_nothing_aside": keep_nothing_aside,
    "renumber_repetitions": renumber_repetitions,
    "offset_always_zero": offset_always_zero,
    "last_part_wins": last_part_wins,
    "count_every_judging": count_every_judging,
    "claim_without_lock": claim_without_lock,
    "die_before_a_migration_is_noted": die_before_a_migration_is_noted,
    "migrate_in_pieces": migrate_in_pieces,
}
