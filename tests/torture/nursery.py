"""
A process that has the program's modules loaded and makes server processes by forking: a start costs tens of
milliseconds instead of seconds, so a thousand kills are affordable. Each child is a process of its own that begins
with the program's own command; the nursery itself opens no database, no socket and no thread.

It reads one JSON object a line and answers with one. It ends, and its children with it, when its input ends.
"""

import asyncio
import ctypes
import json
import os
import signal
import sys
import tempfile
import traceback
from datetime import UTC, datetime
from typing import Any

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Obey until the input ends."""
    _load_everything()
    _say({"ready": True})
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["do"] == "start":
            _say({"pid": _fork(asked)})
        else:
            _pid, status = os.waitpid(asked["pid"], 0 if asked["do"] == "wait" else os.WNOHANG)
            _say({"code": os.waitstatus_to_exitcode(status) if _pid else None})


def _load_everything() -> None:
    """Import what a server imports up to its first answer: building an application loads much that is loaded late."""
    import uvicorn

    import server.cli  # noqa: F401
    import tests.server.world  # noqa: F401
    from server.app import create_app
    from server.settings import read_settings

    with tempfile.TemporaryDirectory(prefix="yanshou-nursery-") as folder:
        settings = read_settings(
            {"YANSHOU_DATA": folder, "YANSHOU_SECRET_KEY": "signs nothing, only loads the modules"}
        )
        uvicorn.Config(create_app(settings)).load()


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


def _fork(asked: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        _be_child(asked)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _be_child(asked: dict[str, Any]) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    for name in [name for name in os.environ if name.startswith("YANSHOU_")]:
        del os.environ[name]
    os.environ.update(asked["env"])

    from server import cli
    from tests.torture.faults import FAULTS

    if asked["faults"]:
        # A fault is one of this process.
        cli.DISK_PROCESSES = 0
    for fault in asked["faults"]:
        FAULTS[fault]()
    if asked["argv"] == ["prepare"]:
        asyncio.run(_prepare())
    else:
        cli.main(asked["argv"], standalone_mode=True)


async def _prepare() -> None:
    """Bring an empty database to the schema and fill in the small county of the tests, its inspector signed in."""
    from server.actions.sign_in import sign_in
    from server.database import make_engine, migrate, opened
    from server.settings import read_settings
    from tests.server.world import PASSWORD, build_world

    settings = read_settings()
    async with opened(make_engine(settings.database_url)):
        await migrate()
        await build_world(settings)
        for name in ("inspector", "reviewer"):
            token, _expires_at = await sign_in(
                name, PASSWORD, kind="bearer", device_id=None, address="", at=datetime.now(UTC)
            )
            (settings.data / f"{name}.token").write_text(token)


if __name__ == "__main__":
    main()
