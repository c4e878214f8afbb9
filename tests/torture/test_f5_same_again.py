"""F5, F6, F7: the same again, something else under the same id, and answers that never arrive."""

import asyncio
import hashlib
import random

import pytest

from tests.torture.audit import audit, rows
from tests.torture.figures import report
from tests.torture.phones import JSON, Item, Memory, NoAnswer, Phone, make_item
from tests.torture.proxy import Proxy, Weather
from tests.torture.servers import KillableServer, Site
from tests.torture.sizes import size


async def send_at_once(server: KillableServer, ids: int, puts: int) -> tuple[Memory, set[str]]:
    """Send each of some manifests many times at once; return what was answered, and the receipts."""
    chance = random.Random(size("SEED"))
    server.start()
    memory = Memory()
    receipts = set()
    async with Phone(server.url, server.site.token, memory) as phone:
        await phone.learn_keys()
        memory.answers.clear()
        for _ in range(ids):
            item = make_item(chance, photos=1)
            sent = await asyncio.gather(*[phone.announce(item) for _ in range(puts)], return_exceptions=True)
            receipts |= {status["receipt"] for status in sent if isinstance(status, dict)}
    server.stop()
    return memory, receipts


async def test_one_submission_sent_by_many_at_once_is_one_row(site: Site):
    """F5: nobody is refused, nobody is second, every answer carries the same receipt."""
    ids, puts = size("SAME_IDS"), size("SAME_PUTS")
    memory, receipts = await send_at_once(site.server(), ids, puts)
    found = await audit(site, memory)
    answers = {str(status): count for status, count in sorted(memory.answers.items())}
    report(
        "F5", engine=site.engine, ids=ids, puts=puts, rows=found.submissions, receipts=len(receipts), answers=answers
    )

    assert set(memory.answers) <= {200, 201} and sum(memory.answers.values()) == ids * puts
    assert memory.answers[201] == found.submissions == len(receipts) == ids
    assert found.faults == 0


async def test_a_server_that_looks_first_and_inserts_afterwards_is_caught(sqlite_site: Site):
    """F5's control: the primary key keeps the row single, and whoever came second is told of an error."""
    memory, _receipts = await send_at_once(sqlite_site.server("check_then_insert"), 1, 20)
    answers = {str(status): count for status, count in sorted(memory.answers.items())}
    report("F5 control", engine="sqlite", fault="check_then_insert", answers=answers)

    assert not set(memory.answers) <= {200, 201}


async def send_others_under_taken_ids(server: KillableServer, cases: int) -> dict[str, int]:
    """Send some manifests, and another one under the id of each; return the counts."""
    chance = random.Random(size("SEED"))
    site = server.site
    server.start()
    memory = Memory()
    refused, seconds = 0, {}
    async with Phone(server.url, site.token, memory) as phone:
        await phone.learn_keys()
        for _ in range(cases):
            first = make_item(chance, photos=1)
            await phone.announce(first)
            other = Item(first.submission_id, first.body.replace(b'"remark":""', b'"remark":"other"'), first.photos)
            answer = await phone.ask("PUT", f"/api/submissions/{first.submission_id}", content=other.body, headers=JSON)
            refused += answer.status_code == 409 and answer.json()["code"] == "submission_conflict"
            seconds[other.digest] = str(first.submission_id)
    server.stop()
    found = await audit(site, memory)
    kept = await rows(site.database_url, "SELECT content_sha256, submission_id, body, code FROM quarantine")
    whole = sum(
        seconds.get(digest) == str(one) and hashlib.sha256(bytes(body)).hexdigest() == digest
        for digest, one, body, _ in kept
    )
    return {
        "cases": cases,
        "conflicts": refused,
        "originals": found.submissions - found.lost,
        "in_quarantine": whole,
        "quarantined_besides": len(kept) - whole,
        "faults": found.faults,
    }


async def test_other_content_under_a_taken_id_is_kept_aside(site: Site):
    """F6: 409, the first stays as it is, the second is in quarantine to the byte."""
    cases = size("CONFLICTS")
    counts = await send_others_under_taken_ids(site.server(), cases)
    report("F6", engine=site.engine, **counts)

    assert counts["conflicts"] == counts["originals"] == counts["in_quarantine"] == cases
    assert counts["quarantined_besides"] == counts["faults"] == 0


@pytest.mark.parametrize(
    ("fault", "finding"), [("second_body_wins", "originals"), ("keep_nothing_aside", "in_quarantine")]
)
async def test_a_server_that_keeps_one_of_two_bodies_is_caught(fault: str, finding: str, sqlite_site: Site):
    """F6's controls: both say 409, as they should."""
    counts = await send_others_under_taken_ids(sqlite_site.server(fault), 5)
    report("F6 control", engine="sqlite", fault=fault, **counts)

    assert counts["conflicts"] == counts["cases"]
    assert counts[finding] == 0


async def send_into_silence(server: KillableServer, total: int) -> tuple[Memory, int]:
    """Send submissions through a line that loses answers; return what was heard, and how many answers were cut off."""
    chance = random.Random(size("SEED"))
    token = server.site.token
    server.start()
    async with Proxy(server.port, Weather(cut_answers=0.3, seed=size("SEED"))) as proxy:
        memory = Memory()
        async with Phone(server.url, token, memory) as honest:
            keys = await honest.learn_keys()
        memory.answers.clear()
        left = [make_item(chance, photos=1, photo_bytes=2_000) for _ in range(total)]

        async def send() -> None:
            async with Phone(proxy.url, token, memory, keys) as phone:
                while left:
                    item = left.pop()
                    while item.submission_id not in memory.complete:
                        try:
                            await phone.deliver(item)
                        except NoAnswer:
                            continue

        await asyncio.gather(*[send() for _ in range(size("CLIENTS"))])
    server.stop()
    return memory, proxy.cut


async def test_answers_that_never_arrive_double_nothing(site: Site):
    """F7: the server has stored it, the phone does not know and sends again: one row, one number."""
    total = size("CUT_ANSWERS")
    memory, cut = await send_into_silence(site.server(), total)
    found = await audit(site, memory)
    numbers = set(memory.receipt_numbers.values())
    report(
        "F7",
        engine=site.engine,
        submissions=total,
        answers_cut=cut,
        rows=found.submissions,
        receipts=len(numbers),
        doubled=found.doubled,
        lost=found.lost,
        server_errors=memory.server_errors,
    )

    assert cut > total * 0.3
    assert found.submissions == len(numbers) == len(memory.complete) == total
    assert found.faults == memory.server_errors == 0


async def test_a_server_that_takes_what_is_sent_again_for_new_is_caught(sqlite_site: Site):
    """F7's control: one row still, but a number that changes with each repetition."""
    total = 20
    memory, cut = await send_into_silence(sqlite_site.server("renumber_repetitions"), total)
    found = await audit(sqlite_site, memory)
    counts = {"answers_cut": cut, "gaps": found.gaps, "contradictions": found.contradictions}
    report("F7 control", engine="sqlite", fault="renumber_repetitions", submissions=total, **counts)

    assert found.gaps > 0
