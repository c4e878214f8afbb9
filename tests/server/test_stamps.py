"""What stands over a photo in the archive is what the inspector saw in the viewfinder."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from server.actions.receive_photo import receive_photo
from server.actions.receive_submission import receive_submission
from server.i18n import translations
from server.stamps import StampFacts, stamp_of
from server.tables import PhotoTable
from tests.server.test_receive_photo import digest, in_chunks
from tests.server.world import AT, PASSWORD, World, encoded, manifest
from tests.support.pictures import small_picture

VECTORS = json.loads((Path(__file__).parents[1] / "payloads" / "stamps.json").read_text(encoding="utf-8"))["stamps"]


def _facts(said: dict[str, Any]) -> StampFacts:
    photo = said.pop("photo")
    position = photo.pop("position") or {"lon": None, "lat": None, "accuracy_m": None}
    return msgspec.convert({**said, **photo, **position}, StampFacts)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["lines"][2])
def test_phone_and_server_write_the_same_stamp(vector: dict[str, Any]):
    """Two wordings of one record would make people doubt both."""
    stamp = stamp_of(_facts(json.loads(json.dumps(vector["facts"]))), translations("zh").gettext)

    assert (stamp.time, list(stamp.lines)) == (vector["time"], vector["lines"])


async def test_the_page_of_a_photo_lays_the_stamp_over_it(world: World, client: httpx.AsyncClient):
    """From the manifest come direction, the reason for keeping it, and the size it had before."""
    data, submission_id, inspector = small_picture(1).body, uuid4(), await world.person("inspector")
    content = manifest(submission_id, {"spacing": data})
    content["photos"][0] |= {
        "source": "camera",
        "heading_deg": 92,
        "remarks": [{"code": "far", "reason": "从路边拍全景"}],
        "original": {"sha256": "ab" * 32, "size_bytes": 4_200_000, "width": 4000, "height": 3000},
    }
    await receive_submission(submission_id, encoded(content), inspector=inspector, at=AT)
    await receive_photo(submission_id, digest(data), in_chunks(data), photos=world.photos, inspector=inspector, at=AT)
    await client.post("/desk/login", data={"name": "reviewer", "password": PASSWORD})
    [photo] = await PhotoTable.select(PhotoTable.id)

    page = (await client.get(f"/archive/photos/{photo['id']}")).text

    assert '<b class="stamp__time">10:00</b> 2026-04-02 星期四' in page
    for line in (
        "融安县东镇东村一屯",
        "户主 李四 · 1号地块 · ②株行距",
        "25.20020N 109.40030E ±4 米 · 朝向 东",
        "滑皮金桔验收 编号 H-1-1",
        "离地块太远</span> 从路边拍全景",
        "4000 × 3000",
        "ab" * 32,
    ):
        assert line in page
