"""Places where tests make the server fail; the rest of the suite rests on their doing what they say."""

import errno
import re
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from server import failpoints
from server.failpoints import FailpointUnknown, arm, fail_at, fail_here


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    arm("")


def test_nothing_happens_unless_it_is_asked_for():
    """In production every place is passed in silence."""
    for name in failpoints.NAMES:
        fail_at(name)


@pytest.mark.parametrize(("what", "number"), [("EIO", errno.EIO), ("ENOSPC", errno.ENOSPC)])
async def test_a_disk_fails_where_and_how_it_was_asked_to(what: str, number: int):
    """In a thread and in the event loop alike, and nowhere else."""
    arm(f"photo.synced={what}")

    fail_at("photo.linked")
    with pytest.raises(OSError) as in_thread:
        fail_at("photo.synced")
    with pytest.raises(OSError) as in_loop:
        await fail_here("photo.synced")

    assert in_thread.value.errno == in_loop.value.errno == number


def test_only_the_hit_that_was_named_fails():
    """The third photo, not the first: state from before must be there to be lost."""
    arm("row.written=EIO@3")

    fail_at("row.written")
    fail_at("row.written")
    with pytest.raises(OSError):
        fail_at("row.written")
    fail_at("row.written")


async def test_time_passes_where_it_was_asked_to():
    """A slow disk, or a request that stalls."""
    arm("answer=sleep:40")
    begun = time.monotonic()

    await fail_here("answer")

    assert time.monotonic() - begun >= 0.04


def test_the_process_ends_without_cleaning_up():
    """As by SIGKILL: no finally, no atexit, nothing flushed."""
    program = (
        "import atexit\nfrom server.failpoints import arm, fail_at\n"
        "atexit.register(print, 'cleaned')\narm('answer=exit')\n"
        "try:\n    fail_at('answer')\nfinally:\n    print('cleaned', flush=True)"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stdout) == (failpoints.EXIT_STATUS, "")


@pytest.mark.parametrize("text", ["nowhere=EIO", "answer", "answer=EBUSY", "answer=EIO@x", "answer=sleep:long"])
def test_a_misspelt_place_is_refused(text: str):
    """A test that fails nowhere would pass for the wrong reason."""
    with pytest.raises(FailpointUnknown):
        arm(text)


def test_the_places_are_written_down():
    """Whoever breaks the server on purpose finds the places in one list."""
    described = re.findall(r"^    ([a-z]+\.[a-z]+|answer) ", failpoints.__doc__ or "", re.MULTILINE)

    assert sorted(described) == sorted(failpoints.NAMES)
