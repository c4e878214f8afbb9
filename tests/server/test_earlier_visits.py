"""The ledger tells what an earlier visit photographed, and the phone may fetch it small."""

import io
from typing import Any
from uuid import UUID, uuid4

import httpx
from PIL import Image

from inspections.reviews import Decision
from server.actions.decide_review import decide_review
from server.actions.evaluate_submission import evaluate_submission
from server.actions.receive_photo import receive_photo
from server.actions.receive_submission import receive_submission
from server.backup.verify import verify
from server.database import is_postgres
from server.store.earlier_visits import visits_before
from server.tables import PlotTable, SubmissionTable, TaskTable
from tests.server.test_receive_photo import digest, in_chunks
from tests.server.world import AT, EAST, NEXT_TASK, PLOT, TASK, World, bearer, encoded, manifest
from tests.support.pictures import small_picture
from tests.support.stores import damage

KINDS = ("panorama", "spacing", "groundwork", "tree", "household", "signature")


async def _visited(world: World, number: int = 0) -> UUID:
    """A complete submission of PLOT with real pictures, one of them a signature."""
    submission_id, inspector = uuid4(), await world.person("inspector")
    pictures = {kind: small_picture(number + order).body for order, kind in enumerate(KINDS)}
    await receive_submission(submission_id, encoded(manifest(submission_id, pictures)), inspector=inspector, at=AT)
    for data in pictures.values():
        await receive_photo(
            submission_id, digest(data), in_chunks(data), photos=world.photos, inspector=inspector, at=AT
        )
    await evaluate_submission(submission_id, at=AT)
    return submission_id


async def _returned(world: World, submission_id: UUID) -> None:
    await decide_review(submission_id, Decision.RETURNED, "照片不清", reviewer=await world.person("reviewer"), at=AT)


async def _tasks(client: httpx.AsyncClient, who: dict[str, str]) -> dict[str, Any]:
    ledger = (await client.get("/api/ledger", headers=who)).json()
    return {task["id"]: task for task in ledger["tasks"]}


async def test_a_returned_task_names_the_photos_of_the_visit_before(world: World, client: httpx.AsyncClient):
    """The next visit is photographed over the last one; a signature is no view that could be taken again."""
    submission_id = await _visited(world)
    await _returned(world, submission_id)

    tasks = await _tasks(client, await bearer(client, "colleague"))

    previous = tasks[str(TASK)]["previous"]
    assert previous["submission_id"] == str(submission_id)
    assert previous["finished_at"].startswith("2026-04-02T02:10:00")
    assert [photo["kind"] for photo in previous["photos"]] == list(KINDS[:5])
    assert [photo["sha256"] for photo in previous["photos"]] == [digest(small_picture(n).body) for n in range(5)]
    assert tasks[str(NEXT_TASK)]["previous"] is None


async def test_the_newest_of_several_visits_is_the_one_named(world: World, client: httpx.AsyncClient):
    """A plot returned twice is compared with what was seen last."""
    await _returned(world, await _visited(world))
    second = await _visited(world, 50)
    await _returned(world, second)

    tasks = await _tasks(client, await bearer(client, "inspector"))

    assert tasks[str(TASK)]["previous"]["submission_id"] == str(second)


async def test_a_task_that_waits_for_the_township_names_nothing(world: World, client: httpx.AsyncClient):
    """Nobody goes there again for now: the phone need not fetch pictures for it."""
    await _visited(world)

    tasks = await _tasks(client, await bearer(client, "inspector"))

    assert tasks[str(TASK)]["state"] == "submitted"
    assert tasks[str(TASK)]["previous"] is None


async def test_a_photo_that_was_lost_is_not_offered(world: World, client: httpx.AsyncClient):
    """The phone would ask for a preview that cannot be made, each time it has a network."""
    await _returned(world, await _visited(world))
    sha256 = digest(small_picture(0).body)
    await damage(world.photos, sha256, None)
    await verify(world.photos, at=AT)

    tasks = await _tasks(client, await bearer(client, "inspector"))

    assert sha256 not in [photo["sha256"] for photo in tasks[str(TASK)]["previous"]["photos"]]


async def test_the_preview_is_small_and_for_the_inspectors_of_the_region_alone(world: World, client: httpx.AsyncClient):
    """It shows people's land: who may not see the plot gets no byte of it, and no shared cache keeps one."""
    submission_id = await _visited(world)
    sha256 = digest(small_picture(0).body)
    address = f"/api/submissions/{submission_id}/photos/{sha256}/preview"

    seen = await client.get(address, headers=await bearer(client, "colleague"))
    elsewhere = await client.get(address, headers=await bearer(client, "west_inspector"))
    reviewer = await client.get(address, headers=await bearer(client, "reviewer"))
    other = await client.get(address.replace(sha256, "0" * 64), headers=await bearer(client, "inspector"))

    assert (seen.status_code, seen.headers["content-type"]) == (200, "image/jpeg")
    assert seen.headers["cache-control"].startswith("private")
    assert max(Image.open(io.BytesIO(seen.content)).size) <= 320
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "submission_not_found")
    assert reviewer.status_code == 403
    assert (other.status_code, other.json()["code"]) == (404, "photo_not_in_manifest")


async def test_bytes_without_a_picture_have_no_preview(world: World, client: httpx.AsyncClient):
    """They stay evidence; the phone simply shows the drawing instead."""
    submission_id, inspector = uuid4(), await world.person("inspector")
    data = b"\xff\xd8\xff no picture"
    await receive_submission(
        submission_id, encoded(manifest(submission_id, {"tree": data})), inspector=inspector, at=AT
    )
    await receive_photo(submission_id, digest(data), in_chunks(data), photos=world.photos, inspector=inspector, at=AT)

    answer = await client.get(
        f"/api/submissions/{submission_id}/photos/{digest(data)}/preview", headers=await bearer(client, "inspector")
    )

    assert (answer.status_code, answer.json()["code"]) == (404, "photo_not_in_manifest")


async def test_earlier_visits_are_found_by_the_plots_that_wait(world: World):
    """A county's archive grows every year; the ledger must not be slower for it."""
    await _returned(world, await _visited(world))
    await _years_of_work()

    if is_postgres():
        await SubmissionTable.raw("ANALYZE").run()
    explain = "EXPLAIN" if is_postgres() else "EXPLAIN QUERY PLAN"
    plan = str(await SubmissionTable.raw(f"{explain} {visits_before((EAST,))}").run())

    assert "submission_plot" in plan
    assert "Seq Scan on submission" not in plan and "SCAN submission" not in plan


async def _years_of_work(plots: int = 1500) -> None:
    """Other plots of the same township, inspected and done with."""
    [plot] = await PlotTable.select().where(PlotTable.id == PLOT)
    [task] = await TaskTable.select().where(TaskTable.id == TASK)
    [submission] = await SubmissionTable.select()
    ids = [uuid4() for _ in range(plots)]
    for table, rows in (
        (PlotTable, [{**plot, "id": one, "number": n + 10} for n, one in enumerate(ids)]),
        (TaskTable, [{**task, "id": one, "plot": one, "state": "done"} for one in ids]),
        (
            SubmissionTable,
            [{**submission, "id": one, "plot": one, "task": one, "receipt_no": 100 + n} for n, one in enumerate(ids)],
        ),
    ):
        for start in range(0, plots, 300):
            await table.insert(*[table(**row) for row in rows[start : start + 300]]).run()
