"""F30: the browser is killed (SIGKILL) at random points of a capture: what was shown as kept is there afterwards."""

import random
from collections.abc import Callable

from tests.support.phone import Phone
from tests.support.phone_storage import delete_one, read_phone
from tests.support.visit import START
from tests.torture.figures import report
from tests.torture.phone.kept import begin_something, resume, start_capture, work
from tests.torture.sizes import size

KILLS_OF_A_PHONE = 20


def test_a_killed_browser_loses_at_most_what_was_under_way(new_phone: Callable[..., Phone]) -> None:
    """Walk, photograph and count, and die anywhere in it, again and again; a new phone every twenty deaths."""
    rng = random.Random(size("SEED"))
    kills, lost, pieces = size("BROWSER_KILLS"), 0, 0
    for first in range(0, kills, KILLS_OF_A_PHONE):
        phone = new_phone()
        phone.switch_on(at=START)
        kept = start_capture(phone)
        for number in range(first, min(kills, first + KILLS_OF_A_PHONE)):
            work(phone, kept, rng, number)
            begin_something(phone, rng, number)
            phone.kill()
            phone.switch_on(online=rng.random() < 0.5, at=START)
            lost += resume(phone, kept)
        pieces += kept.pieces
        if first + KILLS_OF_A_PHONE < kills:
            phone.switch_off()
    report("F30", kills=kills, pieces_kept=pieces, lost=lost)
    assert lost == 0

    # The control: one record less, and the counting must see it.
    delete_one(phone.page, "photo_bytes")
    found = kept.lost(read_phone(phone.page))
    report("F30 control", fault="a record is taken away", lost=found)
    assert found > 0
