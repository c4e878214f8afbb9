"""
A private PostgreSQL for the tests: started from the system's programs, stopped and removed afterwards.

It keeps fsync on, as a county's would: tests that would pass only on a lying disk are of no use here. It is reached
through its socket, as docs/operations.md has it where server and database share a machine.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from tests.support.processes import freeze, kill_frozen

NOBODY = 65534
OWNER = "yanshou"
START_WITHIN_S = 30

_END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

# History refuses DELETE by trigger, and rows refer to each other.
_EMPTY = """
SET session_replication_role = replica;
DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('DELETE FROM public.%I', name);
  END LOOP;
END $$;
"""

# Everything but rows: what an ALTER, a new trigger or one that was switched off would change.
_SHAPE = """
SELECT md5(concat(
  (SELECT string_agg(concat_ws(' ', relname, attnum, attname, atttypid, attnotnull), ',' ORDER BY relname, attnum)
   FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE c.relnamespace = 'public'::regnamespace),
  (SELECT string_agg(concat_ws(' ', oid, tgenabled), ',' ORDER BY oid) FROM pg_trigger),
  (SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_constraint),
  (SELECT string_agg(concat_ws(' ', oid, prosrc), ',' ORDER BY oid) FROM pg_proc
   WHERE pronamespace = 'public'::regnamespace)
))
"""


class PostgresMissing(LookupError):
    """No PostgreSQL server programs on this machine."""


def find_programs() -> Path:
    """
    Folder of `initdb` and `postgres`, the newest version first.

    Raises:
        PostgresMissing: Neither the system's folder nor PATH has them.
    """
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name))
    folders += [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise PostgresMissing(
        "The tests need PostgreSQL's server programs (initdb, postgres) and found none in /usr/lib/postgresql/*/bin "
        "or in PATH. On Debian or Ubuntu: apt-get install postgresql. They start a private server; none is touched."
    )


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Cluster:
    """A running server in a folder of its own; `settings` are what it is started with besides the usual."""

    def __init__(self, programs: Path, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.programs = programs
        self.folder = folder
        self.settings = {"fsync": "on", "max_connections": "60", "timezone": "UTC", **(settings or {})}
        self.data = folder / "data"
        self.log = folder / "postgres.log"
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.frozen: list[int] = []

    def create(self) -> None:
        """Make the cluster's files."""
        if os.geteuid() == 0:
            os.chown(self.folder, NOBODY, NOBODY)
        self._run("initdb", "--auth=trust", "--encoding=UTF8", "--no-locale", f"--username={OWNER}", str(self.data))

    def start(self) -> None:
        """
        Start the server, again under the same address, and wait until it answers; it stops by itself should the tests
        be killed.
        """
        for _attempt in range(3):
            self.port = self.port or free_port()
            # Not `pg_ctl`: the server must be our own child, to be stopped by its process id.
            options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={self.folder}"]
            options += [word for name, value in self.settings.items() for word in ("-c", f"{name}={value}")]
            command = [str(self.programs / "postgres"), "-D", str(self.data), "-p", str(self.port), *options]
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(
                    [*_as_nobody(), *command], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
            if self._answers():
                return
            self.stop()
            self.port = 0
        raise RuntimeError(f"PostgreSQL did not start:\n{self.log.read_text(errors='replace')[-2000:]}")

    def fresh(self, like: str = "template1") -> str:
        """Make a database, empty or like another of this server that nobody is connected to, and return its address."""
        name = f"t{uuid4().hex[:12]}"
        self.sql(f'CREATE DATABASE "{name}" TEMPLATE "{_database_of(like)}"')
        return f"postgres://{OWNER}@/{name}?host={self.folder}&port={self.port}"

    def drop(self, url: str) -> None:
        """Remove a database of `fresh`, whoever is still connected to it."""
        self.sql(f'DROP DATABASE IF EXISTS "{_database_of(url)}" WITH (FORCE)')

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run one statement as the owner; columns are parted by `|`."""
        address = ["-h", str(self.folder), "-p", str(self.port), "-U", OWNER, "-d", database]
        return self._run("psql", *address, "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement)

    def rows_of(self, url: str) -> str:
        """Return the statements that put a database's rows and counters into the tables of an empty one."""
        lines = self._run("pg_dump", "--data-only", "--inserts", f"--dbname={url}").splitlines()
        # Those that begin so are meant for psql's own ear.
        return "\n".join(line for line in lines if not line.startswith("\\"))

    def stop(self) -> None:
        """Stop the server; with it go the connections of whoever forgot to close theirs."""
        if self.frozen:
            self.kill()
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # "Fast shutdown".
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(timeout=10)
        self.process = None

    def freeze(self) -> None:
        """Stop all of its processes where they stand."""
        assert self.process is not None
        self.frozen = freeze(self.process.pid)

    def kill(self) -> None:
        """SIGKILL what stands still, and wait until it is gone."""
        assert self.process is not None
        kill_frozen(self.frozen)
        self.process.wait()
        self.frozen, self.process = [], None

    def _answers(self) -> bool:
        give_up_at = time.monotonic() + START_WITHIN_S
        while time.monotonic() < give_up_at:
            if self.process is None or self.process.poll() is not None:
                return False
            with contextlib.suppress(subprocess.CalledProcessError):
                self.sql("SELECT 1")
                return True
            time.sleep(0.05)
        return False

    def _run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [*_as_nobody(), str(self.programs / program), *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise subprocess.CalledProcessError(done.returncode, program, done.stdout, done.stderr)
        return done.stdout.strip()


class Lent:
    """
    One database that is lent to one test after the other and put back between them as it was.

    Making one means making some three hundred files; emptying its few rows takes a fifth of the time. A test that
    altered more than rows has spoiled it, and the next gets a new one.
    """

    def __init__(self, cluster: Cluster, like: str) -> None:
        self.cluster = cluster
        self.like = like
        self.rows = cluster.rows_of(like)
        self.shape = cluster.sql(_SHAPE, _database_of(like))
        self.url = ""

    def lend(self) -> str:
        """Return the address of a database that is like the first."""
        self.url = self.url or self.cluster.fresh(like=self.like)
        return self.url

    def put_back(self) -> None:
        """Give it the rows it had; drop it when that is not enough."""
        if not self._as_it_was():
            self.cluster.drop(self.url)
            self.url = ""

    def _as_it_was(self) -> bool:
        with contextlib.suppress(subprocess.CalledProcessError):
            said = self.cluster.sql(";".join((_END_OTHERS, _EMPTY, self.rows, _SHAPE)), _database_of(self.url))
            return said.rpartition("\n")[2] == self.shape
        return False


def _database_of(url: str) -> str:
    """
    Return the name in an address; a name alone is one already.

    >>> _database_of("postgres://me@/t1?host=/run/postgresql"), _database_of("template1")
    ('t1', 'template1')
    """
    return urlsplit(url).path.rpartition("/")[2]


@contextlib.contextmanager
def private_cluster(place: Path | None = None, settings: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """
    A running cluster for the length of a block.

    Args:
        place: Where its folder is made; the system's for temporary files if not given.
        settings: As `Cluster`.

    Raises:
        PostgresMissing: See `find_programs`.
    """
    programs = find_programs()
    folder = Path(tempfile.mkdtemp(prefix="yanshou-pg-", dir=place))
    cluster = Cluster(programs, folder, settings)
    try:
        cluster.create()
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _as_nobody() -> list[str]:
    """PostgreSQL refuses to run as root; where `setpriv` exists it also ties the server to the life of the tests."""
    if shutil.which("setpriv") is None:
        if os.geteuid() == 0:
            raise PostgresMissing("PostgreSQL refuses to run as root, and `setpriv` (package util-linux) is missing.")
        return []
    tied = ["setpriv", "--pdeathsig", "INT"]
    return [*tied, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.geteuid() == 0 else tied
