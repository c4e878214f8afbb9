"""The command `yanshou`: serve, migrate, demo, user; the others are in server/commands/."""

import asyncio
import contextlib
import errno
import gc
import getpass
import logging
import signal
import socket
import sys
from collections.abc import Coroutine, Iterator
from datetime import UTC, datetime
from types import FrameType
from typing import Any

import click
import uvicorn

from inspections.errors import InspectionError
from server.commands.backup import backup_command, renditions_command, restore_command, verify_command
from server.commands.calibrate import calibrate_command
from server.commands.measure import measure_command
from server.database import DatabaseUnusable, make_engine, migrate, opened
from server.errors import Refusal
from server.failpoints import FailpointUnknown, arm
from server.keys import SecretUnusable
from server.memory import keep_memory_small, use_large_pages
from server.roles import Role
from server.settings import Settings, read_settings
from server.startup import UnsafeToStart, check_start
from server.storage import StoreUnusable, open_photo_store
from server.tiles import PackUnusable

UNUSABLE = (
    DatabaseUnusable,
    FailpointUnknown,
    SecretUnusable,
    StoreUnusable,
    UnsafeToStart,
    PackUnusable,
    InspectionError,
    Refusal,
    OSError,
)
# More would wait for the same disk.
DISK_PROCESSES = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Yanshou (验收): field inspection, from the orchard to the archive."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("piccolo").setLevel(logging.WARNING)


for command in (backup_command, restore_command, verify_command, renditions_command):
    main.add_command(command)
main.add_command(calibrate_command)
main.add_command(measure_command)


@main.command("migrate")
def migrate_command() -> None:
    """Bring the database to the newest schema."""
    _run(_migrate(read_settings()))
    click.echo("database is up to date")


@main.command("demo")
@click.option("--seed", default=2026, show_default=True, help="The same seed makes the same demo.")
def demo_command(seed: int) -> None:
    """Load the demo programme, unless it is there."""
    _run(_demo(read_settings(), seed))


@main.command("serve")
@click.option("--demo", is_flag=True, help="Load the demo programme first and say how to sign in.")
@click.option("--no-migrate", is_flag=True, help="Do not touch the schema; for the second and later processes.")
@click.option("--new-key", is_flag=True, help="Once, when the old secret is lost: sign with another from now on.")
@click.option("--new-photos", is_flag=True, help="Once, when photos are kept elsewhere from now on.")
@click.option("--accept-clock", is_flag=True, help="Once, when the clock is right and the records are old or wrong.")
def serve_command(demo: bool, no_migrate: bool, **given_up: bool) -> None:
    """Serve on YANSHOU_HOST:PORT until Ctrl-C."""
    settings = read_settings()
    with _listening(settings) as door:
        _run(_prepare(settings, demo=demo, schema=not no_migrate))
        _run(_check(settings, **given_up))
        _run(_serve(settings, door))


@main.group("user")
def user_group() -> None:
    """Accounts: add, change a password, switch off."""


@user_group.command("add")
@click.argument("name")
@click.option("--display-name", required=True, help="The person's name as pages show it.")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--region", "region_code", required=True, help="Division code: 6, 9 or 12 digits.")
def add_user_command(name: str, display_name: str, role: str, region_code: str) -> None:
    """Add an account with one role in one region; asks for the password."""
    from server.actions.manage_users import add_user

    password = _ask_password()
    settings = read_settings()
    _run(_with_database(settings, lambda at: add_user(name, display_name, password, Role(role), region_code, at=at)))
    click.echo(f"added {name}")


@user_group.command("password")
@click.argument("name")
def password_command(name: str) -> None:
    """Set a new password and end the account's sessions."""
    from server.actions.manage_users import set_password

    password = _ask_password()
    _run(_with_database(read_settings(), lambda at: set_password(name, password, at=at)))
    click.echo(f"changed the password of {name}")


@user_group.command("off")
@click.argument("name")
def off_command(name: str) -> None:
    """Switch an account off and end its sessions; its history stays."""
    from server.actions.manage_users import switch_off

    _run(_with_database(read_settings(), lambda at: switch_off(name, at=at)))
    click.echo(f"switched off {name}")


def _ask_password() -> str:
    """Read from the terminal, or one line from a pipe; never from the command line, where others could see it."""
    if sys.stdin.isatty():
        first, second = getpass.getpass("password: "), getpass.getpass("again: ")
        if first != second:
            raise click.ClickException("the two passwords differ")
        return first
    return sys.stdin.readline().rstrip("\n")


def _run(work: Coroutine[Any, Any, None]) -> None:
    try:
        # Of uvicorn's choice: uvloop where there is one, at half the cost of each request.
        with asyncio.Runner(loop_factory=uvicorn.Config("").get_loop_factory()) as runner:
            runner.run(work)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except UNUSABLE as error:
        raise click.ClickException(str(error)) from error


async def _with_database(settings: Settings, work: Any) -> None:
    async with opened(make_engine(settings.database_url)):
        await work(datetime.now(UTC))


async def _migrate(settings: Settings) -> None:
    async with opened(make_engine(settings.database_url)):
        await migrate()


async def _demo(settings: Settings, seed: int) -> None:
    await _prepare(settings, demo=True, schema=True, seed=seed)


async def _prepare(settings: Settings, *, demo: bool, schema: bool, seed: int = 2026) -> None:
    async with opened(make_engine(settings.database_url)):
        if schema:
            await migrate()
        if demo:
            from server.demo.load import load_demo

            summary = await load_demo(seed, settings=settings, at=datetime.now(UTC))
            click.echo(summary.text(f"http://{settings.host}:{settings.port}"))


async def _check(settings: Settings, **given_up: bool) -> None:
    photos, now = open_photo_store(settings), datetime.now(UTC)
    async with opened(make_engine(settings.database_url)):
        await check_start(settings, photos, at=now, **given_up)


class _Server(uvicorn.Server):
    """Says when it is ready; ends when told to instead of dying of the signal a second time."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let Ctrl-C and SIGTERM ask for a clean end."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, self.handle_exit, name, None)
        yield

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Ask for the end. Asked a second time it does not hurry: what is under way is finished or handed back."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if self.started:
            # What is there now stays: looking through it again and again made everybody wait for 60 ms each time.
            gc.freeze()
            use_large_pages()
            click.echo(f"ready on http://{self.config.host}:{self.config.port}/  (Ctrl-C stops it)")


@contextlib.contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """Take the address before anything else: whoever starts a second server by mistake is told so, and at once."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # A phone that drove into a tunnel says nothing: whoever came in is asked now and then whether they are there.
        door.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
            if hasattr(socket, option):
                door.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
        try:
            door.bind((settings.host, settings.port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise click.ClickException(f"{settings.host}:{settings.port}: {error.strerror}") from error
            raise click.ClickException(
                f"端口 {settings.port} 已被占用：也许已经启动过。用 PORT 另选端口，例如 PORT=8080。\n"
                f"Port {settings.port} is taken, perhaps by this very server. Choose another with PORT, as PORT=8080."
            ) from error
        yield door


async def _serve(settings: Settings, door: socket.socket) -> None:
    from server.app import create_app

    arm(settings.failpoints)
    keep_memory_small()
    server = _Server(
        uvicorn.Config(
            create_app(settings, disk_processes=DISK_PROCESSES),
            host=settings.host,
            port=settings.port,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
    )
    await server.serve([door])
    click.echo("stopped")


if __name__ == "__main__":
    main()
