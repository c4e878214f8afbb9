"""The archive over HTTP: finding photos, showing them to those who may see them, proving their bytes."""

import csv
import hashlib
import io
from datetime import date
from uuid import UUID, uuid4

import httpx
import pytest
from PIL import Image

from server.actions.receive_photo import receive_photo
from server.actions.receive_submission import receive_submission
from server.archive import PhotoFilter, find_photos, safe_cell
from server.store.keyset import Key
from server.tables import PhotoTable
from tests.server.test_queue import PAGE, enter, see
from tests.server.test_receive_photo import digest, in_chunks
from tests.server.world import AT, EAST, EAST_VILLAGE, HOUSEHOLD, PLOT, World, encoded, manifest, named
from tests.support.stores import damage

KINDS = ("panorama", "spacing", "groundwork", "tree", "household")


def jpeg(kind: str) -> bytes:
    """A real picture, another one for each kind."""
    file = io.BytesIO()
    Image.new("RGB", (640, 480), (KINDS.index(kind) * 40, 120, 60)).save(file, "JPEG", comment=kind.encode())
    return file.getvalue()


async def archived(world: World, pictures: dict[str, bytes] | None = None) -> dict[str, UUID]:
    """A submission of PLOT with real pictures; return the photo ids by kind."""
    pictures = pictures or {kind: jpeg(kind) for kind in KINDS}
    submission_id, inspector = uuid4(), await world.person("inspector")
    await receive_submission(submission_id, encoded(manifest(submission_id, pictures)), inspector=inspector, at=AT)
    for data in pictures.values():
        await receive_photo(
            submission_id, digest(data), in_chunks(data), photos=world.photos, inspector=inspector, at=AT
        )
    rows = await PhotoTable.select(PhotoTable.id, PhotoTable.kind).where(PhotoTable.submission == submission_id)
    return {row["kind"]: row["id"] for row in rows}


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", 5),
        (f"village={EAST_VILLAGE}", 5),
        ("village=450224101202", 0),
        ("household=%E6%9D%8E", 5),
        ("household=%E6%9D%8E%E5%9B%9B%E5%97%AF", 0),
        ("household=H-", 5),
        ("household=H-1&plot=1", 5),
        ("household=H-1&plot=2", 0),
        ("household=nobody&plot=1", 0),
        ("household=%25", 0),
        ("kind=tree", 1),
        ("from=2026-04-02&to=2026-04-02", 5),
        ("to=2026-04-01", 0),
        (f"household_id={HOUSEHOLD}&plot_id={PLOT}", 5),
        (f"plot_id={named('no such plot')}", 0),
    ],
)
async def test_photos_are_found_by_what_people_know(world: World, client: httpx.AsyncClient, search: str, found: int):
    """A village, a name or its beginning, a plot, a kind, a day: alone or together."""
    await archived(world)
    await enter(client, "county")

    page = await see(client, f"/archive/?{search}")

    assert page.status_code == 200
    assert page.text.count('class="thumbs__link"') == found


async def test_a_question_that_cannot_be_answered_is_told_beside_its_field(world: World, client: httpx.AsyncClient):
    """Plots are numbered within a household, so a number alone finds nothing of use."""
    await archived(world)
    await enter(client, "reviewer")

    page = (await see(client, "/archive/?plot=1&from=2026-05-01&to=2026-04-01")).text

    assert 'id="plot-error"' in page and 'id="to-error"' in page
    assert 'value="2026-05-01"' in page and 'class="thumbs__link"' not in page


async def test_another_township_sees_no_photo_in_any_form(world: World, client: httpx.AsyncClient):
    """Neither the list nor the page nor the bytes, nor that there is such a photo."""
    photo = (await archived(world))["tree"]
    await enter(client, "west_reviewer")

    listed = await see(client, "/archive/")
    answers = [await see(client, f"/archive/photos/{photo}{end}") for end in ("", "/thumb", "/large", "/original")]
    table = await see(client, "/archive/photos.csv")

    assert str(photo) not in listed.text and "没有照片" in listed.text
    assert [answer.status_code for answer in answers] == [404] * 4
    assert len(table.text.splitlines()) == 1


async def test_without_a_session_no_byte_is_handed_out(world: World, client: httpx.AsyncClient):
    """A guessed address of a picture is worth nothing."""
    photo = (await archived(world))["tree"]

    answer = await client.get(f"/archive/photos/{photo}/original", headers={"accept": "image/*"})

    assert answer.status_code == 401


async def test_a_village_clerk_sees_the_village(world: World, client: httpx.AsyncClient):
    """Any role opens the archive, each within its own regions; the desk stays shut."""
    photo = (await archived(world))["tree"]
    await enter(client, "clerk")

    page = await see(client, f"/archive/photos/{photo}")

    assert page.status_code == 200
    assert "/desk/submissions/" not in page.text
    assert (await see(client, "/desk/")).status_code == 403


async def test_a_copy_is_made_when_it_is_missing_and_asked_for_once(world: World, client: httpx.AsyncClient):
    """The background job may not have come to it yet; afterwards the browser has it."""
    photo = (await archived(world))["tree"]
    await enter(client, "reviewer")

    first = await see(client, f"/archive/photos/{photo}/thumb")
    again = await client.get(f"/archive/photos/{photo}/thumb", headers={**PAGE, "if-none-match": first.headers["etag"]})

    assert (first.status_code, first.headers["content-type"]) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(first.content)).size == (320, 240)
    assert first.headers["cache-control"].startswith("private")
    assert first.headers["x-content-type-options"] == "nosniff"
    assert (again.status_code, again.content) == (304, b"")


async def test_the_original_is_handed_out_byte_for_byte_under_a_name_of_ours(world: World, client: httpx.AsyncClient):
    """Downloaded, never shown: whatever a phone called its bytes, no browser runs them as a page."""
    photo = (await archived(world))["tree"]
    await enter(client, "reviewer")

    answer = await see(client, f"/archive/photos/{photo}/original")

    assert answer.content == jpeg("tree")
    assert answer.headers["content-disposition"].startswith('attachment; filename="H-1-1-tree-20260402-100003-')


async def test_bytes_that_are_no_picture_stay_in_the_archive(world: World, client: httpx.AsyncClient):
    """The page says that they cannot be shown; the original can still be had."""
    photo = (await archived(world, {"tree": b"no picture at all"}))["tree"]
    await PhotoTable.update({PhotoTable.problem: "not a picture"}).where(PhotoTable.id == photo)
    await enter(client, "reviewer")

    assert (await see(client, f"/archive/photos/{photo}/thumb")).status_code == 404
    assert "原件仍完整保存" in (await see(client, f"/archive/photos/{photo}")).text
    assert (await see(client, f"/archive/photos/{photo}/original")).content == b"no picture at all"


async def test_verifying_hashes_the_bytes_that_lie_in_the_store_now(world: World, client: httpx.AsyncClient):
    """Equal while untouched, not equal after one altered byte, missing when gone: each said in so many words."""
    photo = (await archived(world))["tree"]
    sha256 = hashlib.sha256(jpeg("tree")).hexdigest()
    await enter(client, "reviewer")

    page = await see(client, f"/archive/photos/{photo}")
    equal = await see(client, f"/archive/photos/{photo}?verify=1")
    await damage(world.photos, sha256, jpeg("tree") + b"\0")
    altered = await see(client, f"/archive/photos/{photo}?verify=1")
    await damage(world.photos, sha256, None)
    gone = await see(client, f"/archive/photos/{photo}?verify=1")

    assert sha256 in page.text and "notice" not in page.text
    assert "一致" in equal.text and "notice--pass" in equal.text
    assert "不一致" in altered.text and "notice--fail" in altered.text
    assert "原件缺失" in gone.text


async def test_the_list_is_exported_as_it_was_searched(world: World, client: httpx.AsyncClient):
    """With the mark Excel needs for Chinese, one line a photo, hashes in full."""
    await archived(world)
    await enter(client, "reviewer")

    answer = await see(client, "/archive/photos.csv?kind=tree")

    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert len(rows) == 2
    assert rows[1][1:7] == ["东村", "一屯", "李四", "H-1", "1", "单株"]
    assert rows[1][-1] == hashlib.sha256(jpeg("tree")).hexdigest()


@pytest.mark.parametrize("text", ["=1+1", "+86", "-2", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_an_export_is_a_formula(text: str):
    """A name typed on a phone must not run on the computer of the county's accountant."""
    assert safe_cell(text) == f"'{text}"


async def test_pages_go_by_key_newest_first(world: World):
    """The same photo never stands on two pages, and none between them is lost."""
    await archived(world)

    first = await find_photos(PhotoFilter(), (EAST,), size=2)
    second = await find_photos(PhotoFilter(), (EAST,), after=Key.parse(first.after), size=2)
    third = await find_photos(PhotoFilter(), (EAST,), after=Key.parse(second.after), size=2)
    back = await find_photos(PhotoFilter(), (EAST,), before=Key.parse(third.before), size=2)

    kinds = [row["kind"] for page in (first, second, third) for row in page.rows]
    assert kinds == list(reversed(KINDS))
    assert (first.before, third.after) == ("", "")
    assert back.rows == second.rows


async def test_nothing_is_seen_without_a_scope(world: World):
    """An empty scope is no scope, not all of it."""
    await archived(world)

    assert (await find_photos(PhotoFilter(from_on=date(2026, 1, 1)), ())).rows == []
