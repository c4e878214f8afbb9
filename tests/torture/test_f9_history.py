"""F9: twenty clients, a server that is killed, a line that breaks; the history of it all is checked afterwards."""

import asyncio
import contextlib
import random
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from server.sqlite_library import sqlite3
from tests.torture.audit import Findings, audit
from tests.torture.figures import report
from tests.torture.history import History, Verdict, check, read_lines
from tests.torture.phones import Item, Memory, NoAnswer, Phone, Refused, make_item
from tests.torture.proxy import Proxy, Weather
from tests.torture.servers import Site
from tests.torture.sizes import size

PHOTO_BYTES = 8_000
WORTH_LOSING = 20
BAD = Weather(latency_s=0.002, reset_after_bytes=(15_000, 200_000), cut_answers=0.1)


class Clients:
    """Twenty phones that write, read what any of them wrote, and put every step on record."""

    def __init__(self, site: Site, history: History, keys: dict[str, Any], seed: int) -> None:
        self.site, self.history, self.keys = site, history, keys
        self.chance = random.Random(seed)
        self.memory = Memory()
        self.items: list[Item] = []
        self.ending = False
        self.up = asyncio.Event()

    async def work(self, address: str) -> None:
        """One of them, until the end; what it has begun it brings to its end."""
        while not self.ending:
            item = make_item(self.chance, 2, PHOTO_BYTES)
            self.items.append(item)
            while not await self.bring(address, item):
                await asyncio.sleep(0.02)
            await self.look(address, self.chance.choice(self.items))

    async def bring(self, address: str, item: Item) -> bool:
        """Announce and send what is missing; False when it has to be tried again."""
        status = await self.step(address, "announce", item)
        if status is None:
            return False
        for sha256 in status["missing"]:
            status = await self.step(address, "photo", item, sha256)
            if status is None:
                return False
        return bool(status["complete"])

    async def look(self, address: str, item: Item) -> None:
        """Read one submission, which may never have arrived."""
        await self.step(address, "read", item)

    async def step(self, address: str, name: str, item: Item, sha256: str | None = None) -> dict[str, Any] | None:
        """One operation with its lines; the status, or None without an answer."""
        await self.up.wait()
        begun = self.history.invoke(name, str(item.submission_id), sha256)
        try:
            async with Phone(address, self.site.token, self.memory, self.keys) as phone:
                if name == "announce":
                    status = await phone.announce(item)
                elif sha256 is not None:
                    status = await phone.send_photo(item, sha256)
                else:
                    answer = await phone.ask("GET", f"/api/submissions/{item.submission_id}")
                    if answer.status_code == 404:
                        self.history.end(begun, "ok")
                        return None
                    status = phone.status_in(item, answer)
                receipt = phone.receipt_in(item, status)
        except NoAnswer:
            self.history.end(begun, "info")
            return None
        except Refused as refused:
            # A photo before its manifest: the server that answered had lost what another answer promised.
            self.history.end(begun, "fail", {"refused": str(refused)[:200]})
            return None
        held = {key: receipt[was] for key, was in (("digest", "content_sha256"), ("number", "receipt_no"))}
        self.history.end(begun, "ok", {**held, "photos": receipt["photos"]})
        return status


async def live(site: Site, folder: Path, *, seconds: float, set_back: bool = False) -> tuple[Verdict, Findings, Memory]:
    """
    Let them live for some time; with `set_back` the server is once put back to an older copy, behind their backs.

    Returns:
        What their history shows, what the database shows beside it, and what they were answered.
    """
    chance = random.Random(size("SEED"))
    figure, server = "F9 control" if set_back else "F9", site.server()
    server.start()
    async with Phone(server.url, site.token, Memory()) as phone:
        keys = await phone.learn_keys()
    path = folder / "history.jsonl"
    history = History(path)
    clients = Clients(site, history, keys, size("SEED"))
    async with Proxy(server.port, BAD) as proxy:
        # Half of them on the bad line, half beside the server.
        addresses = [proxy.url, server.url] * (size("HISTORY_CLIENTS") // 2)
        tasks = [asyncio.create_task(clients.work(address)) for address in addresses]
        until, copy, photos, kills = time.monotonic() + seconds, None, 0, 0
        while time.monotonic() < until or set_back:
            clients.up.set()
            await asyncio.sleep(chance.uniform(0.3, 1.2))
            if copy is not None:
                await clients.memory.photos_beyond(photos + WORTH_LOSING)
            clients.up.clear()
            server.kill()
            kills += 1
            if set_back and copy is None:
                copy, photos = copy_of(site.data / "yanshou.sqlite", folder), len(clients.memory.photos)
            elif copy is not None:
                put_back(copy, site.data / "yanshou.sqlite")
                copy, set_back = None, False
            server.start()
        clients.ending = True
        clients.up.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*tasks), 120)
        for item in clients.items:
            await clients.look(server.url, item)
    server.stop()
    history.close()
    verdict = check(read_lines(path))
    found = await audit(site, clients.memory)
    report(
        figure,
        engine=site.engine,
        clients=len(addresses),
        seconds=round(seconds),
        kills=kills,
        **asdict(verdict),
        audit_faults=found.faults,
        server_errors=clients.memory.server_errors,
    )
    return verdict, found, clients.memory


async def test_a_history_of_many_clients_holds_no_lie(site: Site, tmp_path: Path):
    """Every answer shows all that was promised before it was asked for, and nothing that nobody sent."""
    verdict, found, memory = await live(site, tmp_path, seconds=size("HISTORY_SECONDS"))

    assert verdict.reads > 0 and verdict.unknown > 0
    assert verdict.faults == found.faults == 0, (verdict, found)
    # A server that is killed gives no answer, which is no error of its own.
    assert memory.server_errors == 0, memory.answers


def copy_of(database: Path, folder: Path) -> Path:
    """Copy a database that nobody has open, with what stands in its log."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("VACUUM INTO ?", [str(folder / "older.sqlite")])
    return folder / "older.sqlite"


def put_back(copy: Path, database: Path) -> None:
    """Put a copy in a database's place; its log would be played into the copy."""
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    copy.replace(database)


async def test_a_server_put_back_behind_their_backs_is_caught(sqlite_site: Site, tmp_path: Path):
    """The control: a copy of a second ago takes the place of the database, as a careless restore would do."""
    verdict, found, _memory = await live(sqlite_site, tmp_path, seconds=5, set_back=True)

    assert verdict.faults > 0 and found.faults > 0


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"held": None}, "lost"),
        ({"held": {"digest": "d", "number": 1, "photos": []}}, "lost"),
        ({"held": {"digest": "other", "number": 1, "photos": ["p"]}}, "contradictions"),
        ({"held": {"digest": "d", "number": 1, "photos": ["p", "q"]}}, "phantoms"),
    ],
)
def test_the_checker_sees_each_kind_of_lie(change: dict[str, Any], fault: str, tmp_path: Path):
    """The checker's own control: a short history with one lie in it."""
    history = History(tmp_path / "h.jsonl")
    truth = {"digest": "d", "number": 1, "photos": ["p"]}
    for name, photo, held in (
        ("announce", None, {**truth, "photos": []}),
        ("photo", "p", truth),
        ("read", None, truth),
        ("read", None, change["held"]),
    ):
        history.end(history.invoke(name, "s", photo), "ok", held)
    history.close()
    lines = read_lines(tmp_path / "h.jsonl")

    assert check(lines[:-2]).faults == 0
    assert getattr(check(lines), fault) == check(lines).faults == 1
