"""`yanshou serve` as a person meets it: what it says when it cannot start, and that it ends when told to."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from server.cli import _listening
from server.settings import SettingUnusable, read_settings
from tests.support.live_server import LiveServer
from tests.support.postgres import free_port
from tests.support.source import ROOT


def _large_page_setting() -> str:
    setting = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    return setting.read_text() if setting.exists() else ""


def test_a_taken_port_is_told_in_plain_words_before_anything_is_touched(tmp_path: Path):
    """Whoever starts it twice by mistake must not be left with a stack of code, nor with a half-made data folder."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = LiveServer(tmp_path / "data", f"sqlite:///{tmp_path / 'data' / 'yanshou.sqlite'}", port=port)

        with pytest.raises(RuntimeError, match=f"端口 {port} 已被占用") as refused:
            server.start()

    assert f"Port {port} is taken" in str(refused.value) and "Traceback" not in str(refused.value)
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["server.log"]


@pytest.mark.parametrize("port", ["web", "0", "65536", "-1", "８０"])
def test_a_port_that_is_none_is_told_in_plain_words(port: str):
    """A slip of the finger in a setting is answered by a sentence that names it, not by a stack of code."""
    with pytest.raises(SettingUnusable, match="PORT 应为"):
        read_settings({"PORT": port})


def test_it_starts_says_where_and_ends_clean(tmp_path: Path):
    """Ctrl-C is how people stop it: exit code 0, no trace, and the port is free again."""
    server = LiveServer(tmp_path, f"sqlite:///{tmp_path / 'yanshou.sqlite'}", demo=False)
    server.start()

    code = server.stop()

    assert code == 0
    assert f"ready on http://127.0.0.1:{server.port}/" in server.output() and "Traceback" not in server.output()
    assert server.output().rstrip().endswith("stopped")
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", server.port))


def test_a_phone_that_fell_silent_is_not_kept_for_ever(tmp_path: Path):
    """Whoever connects inherits the door's keepalive: in two minutes a dead line is known to be dead."""
    settings = read_settings({"YANSHOU_DATA": str(tmp_path), "PORT": str(free_port())})

    with _listening(settings) as door:
        door.listen()
        with socket.create_connection((settings.host, settings.port)):
            door.setblocking(True)
            accepted, _ = door.accept()

    with accepted:
        assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60


def test_large_buffers_go_back_to_the_system():
    """In a process of its own: what sixteen phones sent at once must not stay with the server for ever."""
    program = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from pathlib import Path\n"
        "from server.memory import keep_memory_small\n"
        "assert keep_memory_small()\n"
        "def fill(_): return [bytearray(b'x' * 600_000) for _ in range(8)]\n"
        "held = lambda: int(Path('/proc/self/statm').read_text().split()[1]) * 4096\n"
        "before = held()\n"
        "with ThreadPoolExecutor(16) as pool:\n"
        "    full = list(pool.map(fill, range(16)))\n"
        "    most = held() - before\n"
        "    del full\n"
        "    print(most, held() - before)\n"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    most, left = (int(number) for number in done.stdout.split())
    assert most > 60_000_000
    assert left < most / 4


@pytest.mark.skipif("[madvise]" not in _large_page_setting(), reason="the kernel gives no large pages to who asks")
def test_what_stays_lies_in_large_pages():
    """In a process of its own: each request walks through all of it, and looks up a page at every step."""
    program = (
        "from pathlib import Path\n"
        "from server.memory import use_large_pages\n"
        "def held(name):\n"
        "    lines = Path('/proc/self/smaps_rollup').read_text().splitlines()\n"
        "    return next(int(line.split()[1]) for line in lines if line.startswith(name))\n"
        "kept = [object() for _ in range(2_000_000)]\n"
        "before, held_before = held('AnonHugePages'), held('Rss')\n"
        "use_large_pages()\n"
        "print(before, held('AnonHugePages'), held('Rss') - held_before)\n"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    before_kb, after_kb, more_kb = (int(number) for number in done.stdout.split())
    assert before_kb < 4_000
    assert after_kb > 20_000
    assert more_kb < 8_000
