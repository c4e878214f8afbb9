"""F31: the battery is pulled out during a capture: what was shown as kept is there when the phone starts again."""

import os
import random
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Error

from tests.support.browser import free_profile
from tests.support.phone import Phone
from tests.support.phone_storage import read_phone
from tests.support.visit import START
from tests.torture.disks import DiskMissing, LoopDisk, loop_disk
from tests.torture.figures import not_run, report
from tests.torture.phone.kept import begin_something, resume, start_capture, work
from tests.torture.sizes import size

DISK_MB = 1_024
# What browsers do by themselves when an app does not ask for more.
RELAXED = """
const begin = IDBDatabase.prototype.transaction
IDBDatabase.prototype.transaction = function (stores, mode) {
  return begin.call(this, stores, mode, { durability: 'relaxed' })
}
"""


def cut(phone: Phone, disk: LoopDisk) -> None:
    """Pull out the battery: all that was not synced is gone, and so is the browser."""
    disk.cut()
    phone.kill()
    disk.off()
    disk.on()
    free_profile(phone.profile)


def test_a_dead_battery_loses_at_most_what_was_under_way(new_phone: Callable[..., Phone], tmp_path: Path) -> None:
    """Every write of the app is on the disk before it is shown as kept."""
    rng = random.Random(size("SEED"))
    cuts, lost = size("PROFILE_CUTS"), 0
    try:
        with loop_disk(tmp_path, DISK_MB) as disk:
            phone = new_phone(disk.mount / "phone")
            phone.switch_on(at=START)
            kept = start_capture(phone)
            for number in range(cuts):
                work(phone, kept, rng, number)
                begin_something(phone, rng, number)
                cut(phone, disk)
                phone.switch_on(at=START)
                lost += resume(phone, kept)
            phone.switch_off()
    except DiskMissing as missing:
        not_run("F31", str(missing))
    report("F31", cuts=cuts, pieces_kept=kept.pieces, lost=lost)
    assert lost == 0


def test_with_relaxed_durability_it_is_lost(new_phone: Callable[..., Phone], tmp_path: Path) -> None:
    """The control: the browser's default acknowledges before the disk has it; else the cuts would show nothing."""
    rng = random.Random(size("SEED"))
    try:
        with loop_disk(tmp_path, DISK_MB) as disk:
            phone = new_phone(disk.mount / "phone")
            phone.switch_on(at=START)
            kept = start_capture(phone)
            phone.switch_off()
            os.sync()
            phone.before = lambda started: started.context.add_init_script(RELAXED)
            phone.switch_on(at=START)
            resume(phone, kept)
            before = kept.pieces
            work(phone, kept, rng, 0)
            cut(phone, disk)
            phone.switch_on(at=START)
            try:
                lost = kept.lost(read_phone(phone.page))
            except (Error, AssertionError):
                # Not even to be read.
                lost = kept.pieces - before
            phone.switch_off()
    except DiskMissing as missing:
        not_run("F31 control", str(missing))
    report("F31 control", fault="relaxed durability", cuts=1, shown=kept.pieces - before, lost=lost)
    assert lost > 0
