"""One of everything an event tells of, done the usual way; and rows taken away or altered as only the owner can."""

from uuid import UUID, uuid4

import msgspec

from inspections.reviews import Decision
from server.actions.add_plot import add_plot
from server.actions.decide_review import decide_review
from server.actions.evaluate_submission import evaluate_submission
from server.actions.note_attempt import note_attempt
from server.actions.receive_submission import Quarantined, receive_submission
from server.actions.resolve_quarantine import mend_quarantined, reject_quarantined
from server.database import is_postgres
from server.field_notes import read_attempt, read_found
from server.tables import EventTable
from tests.server.backup.visits import send_visit
from tests.server.test_field_notes import attempt, found
from tests.server.world import AT, NEXT_TASK, TASK, World, encoded, manifest


async def do_everything(world: World) -> dict[str, str]:
    """Return by table which row to lose or to alter, as verification names it."""
    inspector, reviewer = await world.person("inspector"), await world.person("reviewer")
    submission_id = await send_visit(world)
    await evaluate_submission(submission_id, at=AT)
    await decide_review(submission_id, Decision.RETURNED, "请补拍", reviewer=reviewer, at=AT)
    attempt_id, plot_id = uuid4(), uuid4()
    await note_attempt(attempt_id, read_attempt(encoded(attempt())), "a" * 64, inspector=inspector, at=AT)
    await add_plot(plot_id, read_found(encoded(found())), "b" * 64, inspector=inspector, at=AT)
    await _quarantine(world)
    quarantine_id, body = await _quarantine(world)
    await mend_quarantined(quarantine_id, body, by=reviewer, at=AT)
    await reject_quarantined(quarantine_id, "重复", by=reviewer, at=AT)
    [aside] = await sql(
        "SELECT submission_id, content_sha256 FROM quarantine WHERE id NOT IN (SELECT quarantine FROM mending)"
    )
    [mending] = await sql("SELECT quarantine, content_sha256 FROM mending")
    [evaluation] = await sql("SELECT id FROM evaluation")
    return {
        "attempt": str(attempt_id),
        "evaluation": str(evaluation["id"]),
        "found_plot": str(plot_id),
        "mending": f"{mending['quarantine']} {mending['content_sha256']}",
        "quarantine": f"{aside['submission_id']} {aside['content_sha256']}",
        "review": str(submission_id),
    }


async def unlock(table: str) -> None:
    """Take away what refuses an alteration of this table."""
    for trigger in (f"{table}_keeps_rows", f"{table}_keeps_content"):
        await sql(f"DROP TRIGGER IF EXISTS {trigger}{f' ON {table}' if is_postgres() else ''}")


async def sql(statement: str) -> list[dict[str, object]]:
    """Say it to the database as its owner."""
    rows: list[dict[str, object]] = await EventTable.raw(statement)
    return rows


async def _quarantine(world: World) -> tuple[UUID, str]:
    """Send what cannot be accepted; return its id, and the manifest with its task put right."""
    submission_id, inspector = uuid4(), await world.person("inspector")
    wrong = manifest(submission_id, task_id=str(NEXT_TASK))
    kept = await receive_submission(submission_id, encoded(wrong), inspector=inspector, at=AT)
    assert isinstance(kept, Quarantined)
    return kept.quarantine_id, msgspec.json.encode({**wrong, "task_id": str(TASK)}).decode()
