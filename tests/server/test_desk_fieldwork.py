"""What was found and signed in the field, as the desk shows it."""

from uuid import UUID, uuid4

import httpx

from inspections.reviews import Decision
from server.actions.decide_review import decide_review
from server.actions.evaluate_submission import evaluate_submission
from server.actions.receive_photo import receive_photo
from server.actions.receive_submission import receive_submission
from tests.server.test_decide_review import submitted
from tests.server.test_queue import enter, see
from tests.server.test_receive_photo import digest, in_chunks
from tests.server.world import AT, World, encoded, five_pictures, manifest, picture


async def signed_visit(world: World) -> UUID:
    """Counted by rows, a standard not met with its photo, the inspector's signature and the household's refusal."""
    submission_id, inspector = uuid4(), await world.person("inspector")
    pictures = {**five_pictures(), "problem": picture("narrow ditch"), "signature": picture("signed")}
    content = manifest(
        submission_id,
        pictures,
        counting={"method": "rows", "rows": [{"live": 120, "dead": 3, "missing": 2}] * 2},
        spacing={"in_row_m": 3.0, "between_rows_m": 3.5},
        slope_deg=12.5,
        standards=[
            {
                "code": "ditch_width",
                "answer": "unmet",
                "value": 22,
                "note": "东头太窄",
                "photos": [digest(pictures["problem"])],
            }
        ],
        sign_off={
            "inspectors": [{"name": "王强", "photo": digest(pictures["signature"])}],
            "household": {
                "name": "李秀兰",
                "stands_for": "relative",
                "refusal": {"reason": "面积有异议", "witness": "黄组长"},
            },
        },
    )
    await receive_submission(submission_id, encoded(content), inspector=inspector, at=AT)
    for data in pictures.values():
        await receive_photo(
            submission_id, digest(data), in_chunks(data), photos=world.photos, inspector=inspector, at=AT
        )
    await evaluate_submission(submission_id, at=AT)
    return submission_id


async def test_the_reviewer_sees_counts_standards_and_signatures(world: World, client: httpx.AsyncClient):
    """Who decides must see who signed, who did not and why, and the photo of what is not as it should be."""
    submission_id = await signed_visit(world)
    await enter(client, "reviewer")

    page = (await see(client, f"/desk/submissions/{submission_id}")).text

    shown = page[page.index("fieldwork-title") :]
    for words in ("逐行清点，共 2 行", "3.0 × 3.5 米，即 63.5 株/亩", "12.5°", "不符合", "东头太窄", "王强的签名"):
        assert words in shown
    assert "拒签" in shown and "面积有异议（见证人 黄组长）" in shown and "家属" in shown
    assert "签名图片还没有收到" not in shown


async def test_a_visit_of_before_they_were_asked_for_shows_no_empty_section(world: World, client: httpx.AsyncClient):
    """Older records have none of it; nothing is said about what nobody asked."""
    submission_id = await submitted(world)
    await enter(client, "reviewer")

    assert "fieldwork-title" not in (await see(client, f"/desk/submissions/{submission_id}")).text


async def test_a_visit_done_again_leads_to_the_one_before_and_back(world: World, client: httpx.AsyncClient):
    """Who decides about the second must see why the first came back; who reads the first, that it was mended."""
    first = await submitted(world)
    await enter(client, "reviewer")
    assert "submissions-title" not in (await see(client, f"/desk/submissions/{first}")).text
    await decide_review(first, Decision.RETURNED, "缺行距照片", reviewer=await world.person("reviewer"), at=AT)
    second, inspector = uuid4(), await world.person("inspector")
    content = manifest(second, five_pictures(), predecessor_id=str(first))
    await receive_submission(second, encoded(content), inspector=inspector, at=AT)

    shown = (await see(client, f"/desk/submissions/{second}")).text
    earlier = shown[shown.index("submissions-title") : shown.index("decision-card")]
    assert f'href="/desk/submissions/{first}"' in earlier
    assert "缺行距照片" in earlier and earlier.count("本次重做的是这一次") == 1
    assert f'href="/desk/submissions/{second}"' in (await see(client, f"/desk/submissions/{first}")).text
