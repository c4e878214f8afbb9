import asyncio
import hashlib
from typing import Any
from uuid import uuid4

import httpx
import pytest

from server.tables import AttemptTable, EventTable, FoundPlotTable, HouseholdTable, PlotTable, TaskTable
from tests.server.world import (
    EAST_VILLAGE,
    HOUSEHOLD,
    PLOT,
    PROGRAMME,
    TASK,
    WEST_PLOT,
    WEST_TASK,
    WEST_VILLAGE,
    bearer,
    encoded,
    manifest,
)


def attempt(**changes: Any) -> dict[str, Any]:
    return {
        "task_id": str(TASK),
        "plot_id": str(PLOT),
        "kind": "absent",
        "reason": "家中无人",
        "attempted_at": "2026-04-18T02:00:00.000Z",
        "clock_offset_ms": 120,
        "position": {"lon": 109.4003, "lat": 25.2002, "accuracy_m": 4.0, "fixed_at": "2026-04-18T02:00:00.000Z"},
        **changes,
    }


def found(**changes: Any) -> dict[str, Any]:
    household = {
        "id": str(uuid4()),
        "head_name": "覃新",
        "group_name": "一屯",
        "village_code": EAST_VILLAGE,
        "person_count": 3,
    }
    return {
        "household": household,
        "task_id": str(uuid4()),
        "programme_code": PROGRAMME,
        "land_type": "slope",
        "declared_mu": 2.5,
        "centre": [109.401, 25.201],
        "note": "补种的",
        "noted_at": "2026-04-18T02:00:00.000Z",
        **changes,
    }


async def put(client: httpx.AsyncClient, who: dict[str, str], address: str, content: dict[str, Any]) -> httpx.Response:
    return await client.put(address, headers={**who, "Content-Type": "application/json"}, content=encoded(content))


async def test_a_visit_sent_twice_is_stored_once_and_answered_by_its_digest(client: httpx.AsyncClient):
    """The phone lets a note rest only on the digest of its own bytes: a portal's 200 names none."""
    who, address, content = await bearer(client, "inspector"), f"/api/attempts/{uuid4()}", attempt()

    answers = [await put(client, who, address, content) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 200]
    assert {answer.json()["content_sha256"] for answer in answers} == {hashlib.sha256(encoded(content)).hexdigest()}
    assert await AttemptTable.count() == 1
    assert await EventTable.count().where(EventTable.action == "plot.visited") == 1


async def test_a_visit_is_told_to_every_phone_of_the_region(client: httpx.AsyncClient):
    """A colleague should not walk up there in vain the same afternoon."""
    await put(client, await bearer(client, "inspector"), f"/api/attempts/{uuid4()}", attempt())

    ledger = (await client.get("/api/ledger", headers=await bearer(client, "colleague"))).json()

    assert [(visit["plot_id"], visit["state"], visit["by"], visit["note"]) for visit in ledger["visits"]] == [
        (str(PLOT), "absent", "inspector", "家中无人")
    ]
    assert (await client.get("/api/ledger", headers=await bearer(client, "west_inspector"))).json()["visits"] == []


@pytest.mark.parametrize(
    "changes",
    [{"task_id": str(uuid4())}, {"task_id": str(WEST_TASK), "plot_id": str(WEST_PLOT)}, {"plot_id": str(WEST_PLOT)}],
)
async def test_a_visit_outside_ones_regions_is_refused_with_its_reason(client: httpx.AsyncClient, changes):
    """The note stays on the phone, and says why."""
    answer = await put(client, await bearer(client, "inspector"), f"/api/attempts/{uuid4()}", attempt(**changes))

    assert (answer.status_code, answer.json()["code"]) == (422, "attempt_refused")
    assert await AttemptTable.count() == 0


async def test_one_id_holds_one_note(client: httpx.AsyncClient):
    """Other bytes under a known id are a conflict, not an overwrite."""
    who, address = await bearer(client, "inspector"), f"/api/attempts/{uuid4()}"
    await put(client, who, address, attempt())

    answer = await put(client, who, address, attempt(reason="另一个原因"))

    assert (answer.status_code, answer.json()["code"]) == (409, "note_conflict")


async def test_a_plot_found_in_the_field_can_be_inspected_like_any_other(client: httpx.AsyncClient):
    """Household, plot and task come into the ledger together, and a submission of the plot is accepted."""
    who, plot_id, content = await bearer(client, "inspector"), uuid4(), found()

    answer = await put(client, who, f"/api/plots/{plot_id}", content)

    assert answer.status_code == 201, answer.text
    ledger = (await client.get("/api/ledger", headers=who)).json()
    plot = next(one for one in ledger["plots"] if one["id"] == str(plot_id))
    assert (plot["land_type"], plot["declared_mu"], plot["centre"]) == ("slope", 2.5, [109.401, 25.201])
    household = next(one for one in ledger["households"] if one["id"] == plot["household_id"])
    assert (household["head_name"], household["initials"]) == ("覃新", "tx qx yx")
    submission_id = uuid4()
    content_of_visit = manifest(submission_id, {}, task_id=content["task_id"], plot_id=str(plot_id))
    content_of_visit["boundary"]["properties"] |= {"plot_id": str(plot_id), "household_id": plot["household_id"]}
    sent = await put(client, who, f"/api/submissions/{submission_id}", content_of_visit)
    assert sent.status_code == 201, sent.text


async def test_a_plot_added_twice_at_once_is_there_once(client: httpx.AsyncClient):
    """A lost answer makes the phone send again; both may be under way."""
    who, plot_id, content = await bearer(client, "inspector"), uuid4(), found()

    answers = await asyncio.gather(*[put(client, who, f"/api/plots/{plot_id}", content) for _ in range(4)])

    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert await FoundPlotTable.count() == 1
    assert await HouseholdTable.count().where(HouseholdTable.head_name == "覃新") == 1
    assert await TaskTable.count().where(TaskTable.plot == plot_id) == 1


async def test_a_further_plot_of_a_known_household_gets_the_next_number(client: httpx.AsyncClient):
    """Of a household the ledger has nothing is changed by what a phone says."""
    who, content = await bearer(client, "inspector"), found()
    content["household"] |= {"id": str(HOUSEHOLD), "head_name": "改名"}

    await asyncio.gather(
        *[put(client, who, f"/api/plots/{uuid4()}", {**content, "task_id": str(uuid4())}) for _ in range(2)]
    )

    numbers = await PlotTable.select(PlotTable.number).where(PlotTable.household == HOUSEHOLD).order_by("number")
    assert [row["number"] for row in numbers] == [1, 2, 3]
    household = await HouseholdTable.select(HouseholdTable.head_name).where(HouseholdTable.id == HOUSEHOLD).first()
    assert household == {"head_name": "李四"}


@pytest.mark.parametrize(
    ("change", "household"),
    [
        ({}, {"village_code": WEST_VILLAGE}),
        ({}, {"village_code": "450224101999"}),
        ({}, {"id": str(HOUSEHOLD), "village_code": "450224101202"}),
        ({"programme_code": "NONE"}, {}),
        ({"declared_mu": 100_000}, {}),
    ],
    ids=["another township", "no such village", "household of another village", "no such programme", "too large"],
)
async def test_a_plot_that_may_not_be_added_is_refused_whole(client: httpx.AsyncClient, change, household):
    """Nothing of it stays: no household without a plot, no plot without a task."""
    content = found(**change)
    content["household"] |= household
    before = await HouseholdTable.count()

    answer = await put(client, await bearer(client, "inspector"), f"/api/plots/{uuid4()}", content)

    assert (answer.status_code, answer.json()["code"]) == (422, "plot_refused")
    assert await HouseholdTable.count() == before
    assert await FoundPlotTable.count() == 0


async def test_a_plot_of_the_ledger_cannot_be_added_over(client: httpx.AsyncClient):
    """A phone makes new ids; one that exists is somebody else's plot."""
    answer = await put(client, await bearer(client, "inspector"), f"/api/plots/{PLOT}", found())

    assert (answer.status_code, answer.json()["code"]) == (409, "note_conflict")
    assert await HouseholdTable.count().where(HouseholdTable.head_name == "覃新") == 0


async def test_what_was_noted_in_the_field_is_never_rewritten(client: httpx.AsyncClient):
    """The township reads what the inspector wrote."""
    await put(client, await bearer(client, "inspector"), f"/api/attempts/{uuid4()}", attempt())

    with pytest.raises(Exception, match="never altered"):
        await AttemptTable.update({AttemptTable.reason: "别的"}, force=True).run()


async def test_the_desk_reads_both_lists_of_its_own_region(client: httpx.AsyncClient):
    """What happened in the field besides inspections has a page, and each region its own."""
    who = await bearer(client, "inspector")
    await put(client, who, f"/api/attempts/{uuid4()}", attempt(kind="withdrawn", reason="没有种植"))
    await put(client, who, f"/api/plots/{uuid4()}", found())

    seen = {}
    for name in ("reviewer", "west_reviewer"):
        await client.post("/desk/login", data={"name": name, "password": "a password of the tests"}, headers=SAME)
        seen[name] = [
            (await client.get(f"/desk/visits?tab={tab}", headers={"Accept": "text/html"})).text
            for tab in ("attempts", "found")
        ]
        client.cookies.clear()

    assert "没有种植" in seen["reviewer"][0] and "覃新" in seen["reviewer"][1]
    assert "没有种植" not in seen["west_reviewer"][0] and "覃新" not in seen["west_reviewer"][1]


SAME = {"Sec-Fetch-Site": "same-origin"}
