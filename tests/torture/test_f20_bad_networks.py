"""F20 to F23: resets, an orchard day on a thin line, strangers answering in the server's place, parts that race."""

import asyncio
import contextlib
import random
import time
from collections.abc import Coroutine
from typing import Any

import pytest

from tests.torture.audit import audit, has_bytes
from tests.torture.figures import report
from tests.torture.outbox_phone import BeginsAnew, OutboxPhone
from tests.torture.phones import Item, Memory, NoAnswer, Phone, make_item, part_request, upload_path
from tests.torture.portal import KINDS, Portal
from tests.torture.proxy import Proxy, Weather
from tests.torture.servers import KillableServer, Site
from tests.torture.sizes import size

Counts = dict[str, Any]

KB = 1_000
MAY_SEND_AGAIN = 1.3
# Clear of the bar: whoever has sent that much has failed, and need not go on.
GIVEN_UP_AT = 1.35
ENOUGH_CYCLES = 20
# F20 is about bytes: the pauses after each break need not be lived through.
FASTER_PAUSES = 20
TOLD_AFTER_S = 0.5


async def learn(server: KillableServer, site: Site, memory: Memory) -> dict[str, object]:
    """Keys, learnt while the network was still good."""
    async with Phone(server.url, site.token, memory) as phone:
        return await phone.learn_keys()


async def upload_through(phone: OutboxPhone, item: Item, sha256: str, within_s: float) -> None:
    """Send a photo through a line that breaks, for as long as it takes."""
    give_up_at = time.monotonic() + within_s
    while (item.submission_id, sha256) not in phone.memory.photos:
        assert time.monotonic() < give_up_at, f"not through after {phone.broken} broken connections"
        with contextlib.suppress(NoAnswer):
            await phone.send_photo_through(item, sha256, lacking=False)


async def unless_given_up(sending: Coroutine[Any, Any, None], proxy: Proxy, payload: int) -> None:
    """Let this send so many bytes, as long as they do not cost too many."""
    most = proxy.sent_bytes + GIVEN_UP_AT * payload
    task = asyncio.create_task(sending)
    while not task.done() and proxy.sent_bytes <= most:
        await asyncio.wait([task], timeout=0.02)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def send_while_it_breaks(server: KillableServer, uploads: int, weight: int, phone: type[OutboxPhone]) -> Counts:
    """Send photos through a line that is reset again and again; return the counts."""
    chance = random.Random(size("SEED"))
    site = server.site
    server.start()
    memory = Memory()
    keys = await learn(server, site, memory)
    weather = Weather(reset_after_bytes=(20 * KB, 200 * KB), latency_s=0.002, seed=size("SEED"))
    whole = 0
    ratios = []
    async with (
        Proxy(server.port, weather) as proxy,
        phone(proxy.url, site.token, memory, keys, faster=FASTER_PAUSES) as far,
    ):
        for _ in range(uploads):
            item = make_item(chance, photos=1, photo_bytes=weight)
            sha256, data = next(iter(item.photos.items()))
            async with Phone(server.url, site.token, memory, keys) as near:
                await near.announce(item)
            before = proxy.sent_bytes
            await unless_given_up(upload_through(far, item, sha256, 60), proxy, len(data))
            ratios.append((proxy.sent_bytes - before) / len(data))
            whole += await has_bytes(site.store(), sha256)
    server.stop()
    found = await audit(site, memory)
    return {
        "uploads": uploads,
        "bytes_each": weight,
        "complete": whole,
        "resets": proxy.resets,
        "corrupt": found.rows_without_bytes,
        "faults": found.faults,
        "sent_share": round(sum(ratios) / len(ratios), 3),
        "sent_share_worst": round(max(ratios), 3),
    }


async def test_uploads_come_through_a_line_that_keeps_breaking(sqlite_site: Site):
    """F20: every photo arrives whole, and what is sent again stays below a third."""
    counts = await send_while_it_breaks(sqlite_site.server(), size("RESETS"), size("RESET_BYTES"), OutboxPhone)
    report("F20", **counts)

    assert counts["complete"] == counts["uploads"] and counts["resets"] > 0 and counts["faults"] == 0
    assert counts["sent_share_worst"] <= MAY_SEND_AGAIN


@pytest.mark.parametrize(
    ("fault", "phone"), [((), BeginsAnew), (("offset_always_zero",), OutboxPhone)], ids=["phone", "server"]
)
async def test_a_photo_that_is_begun_anew_after_each_reset_is_caught(
    fault: tuple[str, ...], phone: type[OutboxPhone], sqlite_site: Site
):
    """F20's controls: no connection carries more than 200 KB, so a photo of twice that never comes through."""
    counts = await send_while_it_breaks(sqlite_site.server(*fault), 1, 400 * KB, phone)
    report("F20 control", fault=fault[0] if fault else "the phone begins anew", **counts)

    assert counts["sent_share_worst"] > MAY_SEND_AGAIN
    assert counts["complete"] == counts["faults"] == 0


async def orchard_day(
    server: KillableServer, phone: type[OutboxPhone], *, plots: int, photos: int, photo_bytes: int, faster: int
) -> Counts:
    """Send a day's plots on a thin line that is seldom there; return the counts."""
    chance = random.Random(size("SEED"))
    site = server.site
    weather = Weather(
        bytes_per_s=50_000 / 8 * faster,
        latency_s=0.4 / faster,
        online_s=20 / faster,
        cycle_s=60 / faster,
        slice_bytes=2_048,
    )
    server.start()
    memory = Memory()
    keys = await learn(server, site, memory)
    items = [make_item(chance, photos=photos, photo_bytes=photo_bytes) for _ in range(plots)]
    payload = sum(len(item.body) + sum(map(len, item.photos.values())) for item in items)
    began = time.monotonic()
    async with (
        Proxy(server.port, weather) as proxy,
        phone(proxy.url, site.token, memory, keys, faster=faster) as far,
    ):

        async def send_all() -> None:
            while len(memory.complete) < len(items):
                with contextlib.suppress(NoAnswer):
                    await far.send_all(items)
                # The browser tells of a network that is back.
                await asyncio.sleep(TOLD_AFTER_S / faster)

        await unless_given_up(send_all(), proxy, payload)
        took_s = time.monotonic() - began
        sent = proxy.sent_bytes
    server.stop()
    # Whole cycles of coverage as the line needs them, and the last one, which is seldom used up.
    cycles = payload / weather.bytes_per_s / weather.online_s
    line_time_s = int(cycles) * weather.cycle_s + (cycles % 1) * weather.online_s
    return {
        "plots": plots,
        "photos": photos * plots,
        "complete": len(memory.complete),
        "faults": (await audit(site, memory)).faults,
        "payload_bytes": payload,
        "sent_bytes": sent,
        "sent_share": round(sent / payload, 3),
        "cycles": round(cycles, 1),
        "faster_than_life": faster,
        "took_s": round(took_s, 1),
        "line_time_s": round(line_time_s, 1),
        "share": round(took_s / line_time_s, 3),
    }


async def test_an_orchard_day_on_a_thin_line(sqlite_site: Site):
    """F21: sped up, 50 kbit/s, 0.8 s away, covered 20 s in 60: at most a quarter above what the line needs."""
    counts = await orchard_day(
        sqlite_site.server(),
        OutboxPhone,
        plots=size("DAY_PLOTS"),
        photos=size("DAY_PHOTOS"),
        photo_bytes=size("DAY_PHOTO_BYTES"),
        faster=size("DAY_FASTER"),
    )
    report("F21", **counts)

    assert counts["complete"] == counts["plots"] and counts["faults"] == 0
    assert counts["sent_share"] <= MAY_SEND_AGAIN
    # A short day has so few cycles that one begun weighs more than a quarter.
    if counts["cycles"] >= ENOUGH_CYCLES:
        assert counts["share"] <= 1.25


async def test_a_phone_that_begins_each_photo_anew_is_caught(sqlite_site: Site):
    """F21's control: 125 KB pass while there is coverage, and the photos are larger than that."""
    counts = await orchard_day(sqlite_site.server(), BeginsAnew, plots=1, photos=2, photo_bytes=140 * KB, faster=40)
    report("F21 control", fault="the phone begins anew", **counts)

    assert counts["sent_share"] > MAY_SEND_AGAIN
    assert counts["complete"] == counts["faults"] == 0


async def test_no_stranger_makes_a_phone_believe(sqlite_site: Site):
    """F22: sign-in pages, redirects, other people's JSON, forged and borrowed receipts: nothing is marked received."""
    chance = random.Random(size("SEED"))
    answers = size("PORTAL_ANSWERS")
    server = sqlite_site.server()
    server.start()
    memory = Memory()
    keys = await learn(server, sqlite_site, memory)
    genuine = make_item(chance, photos=1)
    async with Phone(server.url, sqlite_site.token, memory, keys) as phone:
        borrowed = await phone.announce(genuine)
    server.stop()
    believed, seen = 0, Memory()
    async with Portal(borrowed, next(iter(keys))) as portal:
        for number in range(answers):
            item = make_item(chance, photos=2, photo_bytes=100)
            portal.kind = KINDS[number % len(KINDS)]
            async with Phone(portal.url, sqlite_site.token, seen, keys) as phone:
                with pytest.raises(NoAnswer):
                    await phone.deliver(item)
            believed += item.submission_id in seen.manifests
    report("F22", answers=sum(seen.answers.values()), kinds=len(KINDS), marked_received=believed)

    assert sum(seen.answers.values()) >= answers
    assert believed == len(seen.complete) == len(seen.photos) == 0


async def test_a_phone_that_trusts_a_status_code_is_caught(sqlite_site: Site):
    """The control: with the signature unchecked the same portal is believed."""
    chance = random.Random(size("SEED"))
    server = sqlite_site.server()
    server.start()
    memory = Memory()
    keys = await learn(server, sqlite_site, memory)
    async with Phone(server.url, sqlite_site.token, memory, keys) as phone:
        borrowed = await phone.announce(make_item(chance, photos=1))
    server.stop()
    item, seen = make_item(chance, photos=2, photo_bytes=100), Memory()
    async with Portal(borrowed, next(iter(keys))) as portal:
        portal.kind = "forged_receipt"
        async with Phone(portal.url, sqlite_site.token, seen, {next(iter(keys)): portal.forger.public_key()}) as phone:
            await phone.deliver(item)
    report("F22 control", fault="the forger's key is trusted", marked_received=len(seen.complete))

    assert item.submission_id in seen.complete


async def race(server: KillableServer, races: int, at_once: int, memory: Memory) -> dict[str, int]:
    """Send many parts of several lengths at once for each offset of some photos; return the counts."""
    chance = random.Random(size("SEED"))
    site = server.site
    server.start()
    keys = await learn(server, site, memory)
    wrong = won = conflicts = others = taken_back = 0
    async with Phone(server.url, site.token, memory, keys) as phone:
        for _ in range(races):
            item = make_item(chance, photos=1, photo_bytes=60 * KB)
            sha256, data = next(iter(item.photos.items()))
            await phone.announce(item)
            offset = 0
            while (item.submission_id, sha256) not in memory.photos:
                ends = [min(len(data), offset + chance.randint(20 * KB, 50 * KB)) for _ in range(at_once)]
                sent = [
                    phone.ask("PATCH", upload_path(item, sha256), **part_request(data, offset, end)) for end in ends
                ]
                for answer in await asyncio.gather(*sent):
                    if answer.status_code == 204:
                        memory.note_offset(item, sha256, answer)
                    won += answer.status_code in (200, 201, 204)
                    conflicts += answer.status_code == 409
                    others += answer.status_code not in (200, 201, 204, 409)
                offset, complete = await phone.offset_of(item, sha256)
                taken_back += offset < memory.offsets[item.submission_id, sha256]
                if complete:
                    await phone.announce(item)
            wrong += not await has_bytes(site.store(), sha256)
    server.stop()
    counts = {"won": won, "conflicts": conflicts, "other_answers": others}
    return {"races": races, "at_once": at_once, **counts, "taken_back": taken_back, "wrong_bytes": wrong}


async def test_parts_that_race_never_mix(sqlite_site: Site):
    """F23: of ten requests for one offset one counts, whatever their lengths; the bytes are the photo's."""
    memory = Memory()
    counts = await race(sqlite_site.server(), size("PATCH_RACES"), 10, memory)
    found = await audit(sqlite_site, memory)
    report("F23", **counts)

    assert counts["wrong_bytes"] == counts["taken_back"] == counts["other_answers"] == 0
    assert found.faults == memory.server_errors == 0
    assert counts["conflicts"] > 0


async def test_a_server_on_which_the_last_of_racing_parts_wins_is_caught(sqlite_site: Site):
    """F23's control: the bytes are right in the end, but a phone was told of more than is there."""
    # All have asked for the offset before the first is stored.
    server = sqlite_site.server("last_part_wins", failpoints="part.begin=sleep:150")
    counts = await race(server, 5, 10, Memory())
    report("F23 control", fault="last_part_wins", **counts)

    assert counts["taken_back"] > 0


async def test_a_dead_connection_blocks_nobody(sqlite_site: Site):
    """F23: half a part was sent by a phone that then drove into a tunnel; it comes back and is served at once."""
    chance = random.Random(size("SEED"))
    server = sqlite_site.server()
    server.start()
    memory = Memory()
    keys = await learn(server, sqlite_site, memory)
    item = make_item(chance, photos=1, photo_bytes=60 * KB)
    sha256, data = next(iter(item.photos.items()))
    async with Phone(server.url, sqlite_site.token, memory, keys) as phone:
        await phone.announce(item)
        wanted = part_request(data, 0, 40 * KB)
        head = [
            f"PATCH {upload_path(item, sha256)} HTTP/1.1",
            "Host: test",
            f"Authorization: Bearer {sqlite_site.token}",
        ]
        head += [f"{name}: {value}" for name, value in wanted["headers"].items()]
        head += [f"Content-Length: {len(wanted['content'])}", "", ""]
        _reader, stalled = await asyncio.open_connection("127.0.0.1", server.port)
        stalled.write("\r\n".join(head).encode() + wanted["content"][: 20 * KB])
        await stalled.drain()
        await asyncio.sleep(0.1)
        began = time.monotonic()
        await phone.send_in_parts(item, sha256, 30 * KB)
        waited_s = time.monotonic() - began
        stalled.transport.abort()
    server.stop()
    report("F23 half-open", waited_s=round(waited_s, 3), complete=item.submission_id in memory.complete)

    assert item.submission_id in memory.complete and waited_s <= 5
    assert (await audit(sqlite_site, memory)).faults == 0
