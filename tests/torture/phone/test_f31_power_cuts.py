"""F31: the battery is pulled out during a capture: what was shown as kept is there when the phone starts again."""

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Error, expect

from tests.support.browser import free_profile
from tests.support.phone import Phone
from tests.support.phone_storage import read_phone
from tests.support.pictures import small_picture
from tests.support.visit import START
from tests.torture.disks import DiskMissing, LoopDisk, loop_disk
from tests.torture.figures import not_run, report
from tests.torture.phone.kept import Kept, begin_something, resume, start_capture, work
from tests.torture.sizes import size

DISK_MB = 1_024
# What browsers do by themselves when an app does not ask for more.
RELAXED = """
const begin = IDBDatabase.prototype.transaction
IDBDatabase.prototype.transaction = function (stores, mode) {
  return begin.call(this, stores, mode, { durability: 'relaxed' })
}
"""

# A phone that takes itself for one whose browser does not keep its store in LevelDB, and so begins no new log.
OTHER_BROWSER = "Object.defineProperty(Navigator.prototype, 'userAgent', { get: () => 'Firefox/128.0' })"
# A browser of before the storage buckets, and so without a mirror.
OLDER_BROWSER = "Object.defineProperty(Navigator.prototype, 'storageBuckets', { get: () => undefined })"
NEW_LOG_WITHIN_S = 20
TORN_BYTES = 10


def cut(phone: Phone, disk: LoopDisk) -> None:
    """Pull out the battery: all that was not synced is gone, and so is the browser."""
    disk.cut()
    phone.kill()
    disk.off()
    disk.on()
    free_profile(phone.profile)


def test_a_dead_battery_loses_at_most_what_was_under_way(new_phone: Callable[..., Phone], tmp_path: Path) -> None:
    """Every write of the app is on the disk before it is shown as kept, and if the store goes its mirror has it."""
    rng = random.Random(size("SEED"))
    cuts, lost, thrown_away = size("PROFILE_CUTS"), 0, 0
    try:
        with loop_disk(tmp_path, DISK_MB) as disk:
            phone = new_phone(disk.mount / "phone")
            phone.switch_on(at=START)
            kept = start_capture(phone)
            for number in range(cuts):
                work(phone, kept, rng, number)
                begin_something(phone, rng, number)
                newest = newest_log(phone).stem
                cut(phone, disk)
                phone.switch_on(at=START)
                lost += resume(phone, kept)
                # Logs are numbered upwards; a new store begins again.
                thrown_away += newest_log(phone).stem < newest
            phone.switch_off()
    except DiskMissing as missing:
        not_run("F31", str(missing))
    report("F31", cuts=cuts, pieces_kept=kept.pieces, thrown_away=thrown_away, lost=lost)
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


def test_what_is_written_behind_a_torn_record_is_there_at_the_next_start(new_phone: Callable[..., Phone]) -> None:
    """
    Two dead batteries in a row: the first cuts a record in half, and Chromium writes on behind it.

    Without its mirror, so that the new log alone is tried.
    """
    rounds, lost = size("TORN_RECORDS"), 0
    for number in range(rounds):
        phone = new_phone()
        phone.before = lambda started: started.context.add_init_script(OLDER_BROWSER)
        kept = written_behind_a_torn_record(phone, number, new_log=True)
        lost += resume(phone, kept)
        phone.switch_off()
    report("F31 torn record", rounds=rounds, lost=lost)
    assert lost == 0


def test_without_a_new_log_it_is_lost(new_phone: Callable[..., Phone]) -> None:
    """The control: the same phone, but it leaves the log as it is."""
    phone = new_phone()
    phone.before = lambda started: started.context.add_init_script(f"{OTHER_BROWSER};{OLDER_BROWSER}")
    kept = written_behind_a_torn_record(phone, 0, new_log=False)
    try:
        expect(phone.page.locator("h1")).to_be_visible()
        lost = kept.lost(read_phone(phone.page))
    except (Error, AssertionError):
        # The browser threw all of it away.
        lost = kept.pieces
    report("F31 torn record control", fault="no new log", lost=lost)
    assert lost > 0


def test_a_store_that_the_browser_throws_away_is_filled_again(new_phone: Callable[..., Phone]) -> None:
    """A damaged list of files (MANIFEST) makes Chromium throw away all of a site's IndexedDB; the mirror has it all."""
    rounds, lost = size("TORN_RECORDS"), 0
    for number in range(rounds):
        phone = new_phone()
        kept = started_on_a_damaged_store(phone, number)
        lost += resume(phone, kept)
        phone.page.goto(f"{phone.address}/m/#/tasks")
        expect(phone.see("refilled")).to_be_visible()
        phone.switch_off()
    report("F31 store thrown away", rounds=rounds, lost=lost)
    assert lost == 0


def test_without_a_mirror_all_of_it_is_lost(new_phone: Callable[..., Phone]) -> None:
    """The control: the same damage in a browser without buckets."""
    phone = new_phone()
    phone.before = lambda started: started.context.add_init_script(OLDER_BROWSER)
    kept = started_on_a_damaged_store(phone, 0)
    expect(phone.page.locator("h1")).to_be_visible()
    expect(phone.see("signin-name")).to_be_visible()
    report("F31 store thrown away, control", fault="no mirror", lost=kept.pieces)
    assert kept.pieces > 0


def started_on_a_damaged_store(phone: Phone, number: int) -> Kept:
    """Work, be killed, damage the store as the second of two power cuts does, start again; return what was shown."""
    rng = random.Random(size("SEED") + number)
    phone.switch_on(at=START)
    kept = start_capture(phone)
    work(phone, kept, rng, number)
    phone.kill()
    for files in (phone.profile / "Default" / "IndexedDB").glob("*/MANIFEST-*"):
        with files.open("r+b") as manifest:
            # Within the first record: what is behind it is not read.
            manifest.seek(12)
            manifest.write(bytes(8))
    phone.switch_on(at=START)
    return kept


def written_behind_a_torn_record(phone: Phone, number: int, *, new_log: bool) -> Kept:
    """Lose the end of the newest log, as a power cut does, go on, be killed, and start again; return what was shown."""
    rng = random.Random(size("SEED") + number)
    phone.switch_on(at=START)
    kept = start_capture(phone)
    phone.see("step-photos").click()
    phone.photograph("tree", small_picture(8_000 + number))
    phone.kill()
    log = newest_log(phone)
    os.truncate(log, log.stat().st_size - TORN_BYTES)
    phone.switch_on(at=START)
    resume(phone, kept)
    give_up_at = time.monotonic() + NEW_LOG_WITHIN_S
    while new_log and log.exists():
        assert time.monotonic() < give_up_at, "the log with the torn record is still in use"
        phone.page.wait_for_timeout(50)
    work(phone, kept, rng, number)
    phone.kill()
    phone.switch_on(at=START)
    return kept


def newest_log(phone: Phone) -> Path:
    """The file into which the browser writes what the app stores."""
    return max((phone.profile / "Default" / "IndexedDB").glob("*/*.log"))
