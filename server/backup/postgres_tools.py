"""PostgreSQL's own programs: pg_dump and pg_restore, found, called without showing a password, and heard."""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from server.backup.errors import BackupRefused

PROGRAMS = Path("/usr/lib/postgresql")


def find_program(name: str, *, programs: Path = PROGRAMS, search_path: str | None = None) -> str:
    """
    Find a program: the newest of the system's versions, then PATH.

    Raises:
        BackupRefused: It is nowhere.
    """
    folders = sorted(programs.glob("*/bin"), key=lambda path: _number(path.parent.name), reverse=True)
    found = next((str(folder / name) for folder in folders if (folder / name).exists()), None)
    found = found or shutil.which(name, path=search_path)
    if found is None:
        raise BackupRefused(
            f"{name} is neither in {programs}/*/bin nor in PATH; a PostgreSQL database is saved with PostgreSQL's own "
            "tools only. On Debian or Ubuntu: apt-get install postgresql-client"
        )
    return found


async def run_program(name: str, url: str, *arguments: str) -> None:
    """
    Run one of the programs on a database.

    Raises:
        BackupRefused: It failed; its own words are in the text.
    """
    address, password = hide_password(url)
    with passfile(password) as file:
        process = await asyncio.create_subprocess_exec(
            find_program(name),
            *arguments,
            f"--dbname={with_parameter(address, 'passfile', file)}" if file else f"--dbname={address}",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await process.communicate()
    if process.returncode != 0:
        raise BackupRefused(f"{name} failed: {said.decode(errors='replace').strip()[-2000:]}")


@contextlib.contextmanager
def passfile(password: str) -> Iterator[str]:
    """Hold a password in a file that only this account can read; yields its path, empty without a password."""
    if not password:
        yield ""
        return
    handle, name = tempfile.mkstemp(prefix="yanshou-", suffix=".pgpass")
    try:
        with os.fdopen(handle, "w") as file:
            file.write("*:*:*:*:" + password.replace("\\", "\\\\").replace(":", "\\:") + "\n")
        yield name
    finally:
        Path(name).unlink(missing_ok=True)


def hide_password(url: str) -> tuple[str, str]:
    """
    Part an address from its password: a command line can be read by everybody on the machine.

    >>> hide_password("postgres://me:s%40cret@db:5432/yanshou")
    ('postgres://me@db:5432/yanshou', 's@cret')
    """
    parts = urlsplit(url)
    if parts.password is None:
        return url, ""
    user, host = parts.netloc.rpartition("@")[0].partition(":")[0], parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}@{host}")), unquote(parts.password)


def other_database(url: str, name: str) -> str:
    """Return the address of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def with_parameter(url: str, name: str, value: str) -> str:
    """Add one parameter to an address."""
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, f"{name}={quote(value, safe='/')}")))
    return urlunsplit(parts._replace(query=query))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
