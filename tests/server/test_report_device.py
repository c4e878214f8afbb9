from uuid import UUID, uuid4

from server.actions.receive_submission import receive_submission
from server.actions.report_device import Listed, report_device
from tests.server.world import AT, World, encoded, manifest, named

PHONE = named("phone")


def listed(*ids: UUID) -> list[Listed]:
    return [Listed(one, AT, "queued") for one in ids]


async def test_a_wiped_phone_is_told_what_it_has_lost(world: World):
    """Browsers may delete everything they stored; then the server must know what should have come."""
    inspector = await world.person("inspector")
    arrived, lost = uuid4(), uuid4()
    await report_device(PHONE, listed(arrived, lost), owner=inspector, at=AT)
    content = manifest(arrived, {})
    await receive_submission(arrived, encoded(content), inspector=inspector, at=AT)

    report = await report_device(PHONE, [], owner=inspector, at=AT)

    assert report.missing_on_device == sorted([arrived, lost])
    assert report.never_arrived == [lost]


async def test_a_phone_that_still_lists_everything_has_lost_nothing(world: World):
    """The usual case is quiet, however often it is said."""
    inspector = await world.person("inspector")
    ids = [uuid4() for _ in range(3)]

    for _ in range(2):
        report = await report_device(PHONE, listed(*ids), owner=inspector, at=AT)

    assert report.missing_on_device == []
    assert report.never_arrived == []


async def test_a_colleague_on_the_same_phone_is_told_nothing_of_it(world: World):
    """A shared phone keeps its accounts apart, on the server too."""
    inspector, colleague = await world.person("inspector"), await world.person("colleague")
    await report_device(PHONE, listed(uuid4()), owner=inspector, at=AT)

    report = await report_device(PHONE, [], owner=colleague, at=AT)

    assert report.missing_on_device == []


async def test_a_phone_that_forgot_who_it_is_is_told_what_waits_elsewhere(world: World):
    """Whoever clears cookies too makes it another phone; and who has two should know where unsent work lies."""
    inspector, colleague = await world.person("inspector"), await world.person("colleague")
    arrived, lost = uuid4(), uuid4()
    await report_device(PHONE, listed(arrived, lost), owner=inspector, at=AT)
    await report_device(PHONE, [Listed(uuid4(), AT, "received")], owner=inspector, at=AT)
    await receive_submission(arrived, encoded(manifest(arrived, {})), inspector=inspector, at=AT)
    again = named("the same phone, new to the server")

    assert (await report_device(again, [], owner=inspector, at=AT)).waiting_elsewhere == [lost]
    assert (await report_device(PHONE, listed(arrived, lost), owner=inspector, at=AT)).waiting_elsewhere == []
    assert (await report_device(again, [], owner=colleague, at=AT)).waiting_elsewhere == []
