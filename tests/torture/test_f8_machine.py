"""
F8: Hypothesis plays inspector, weather and fate on a model phone and the real application.

The phone keeps the outbox's promises (pwa/src/outbox): what is finished is frozen; it is sent until a receipt names it;
it stays on the phone after the receipt and is looked up again at each sync, so that a server restored from an older
copy refills itself. The application runs in the test's process on SQLite; "killed" means that every task is cancelled
wherever it stands and a new application is built on what is on the disk.
"""

import asyncio
import contextlib
import random
import shutil
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from server.app import create_app
from server.database import make_engine, opened
from server.settings import Settings
from tests.torture.audit import audit
from tests.torture.figures import report
from tests.torture.phones import Item, Memory, NoAnswer, Phone, make_item
from tests.torture.servers import SECRET, Site, Sites
from tests.torture.sizes import size

PHOTO_BYTES = 2_000


@dataclass(slots=True)
class Device:
    """What a phone's disk holds: it survives the app, not the other way round."""

    draft: int | None = None
    outbox: dict[UUID, Item] = field(default_factory=dict)
    received: set[UUID] = field(default_factory=set)
    signed_in: bool = True


class Fate:
    """What all runs share: where to begin, and how often each thing happened."""

    model: Site
    folder: Path
    forgetful = False
    runs = steps = finished = kills = restores = receipts = 0


class PhoneAndServer(RuleBasedStateMachine):
    """One phone, one server, and what may happen to both."""

    def __init__(self) -> None:
        super().__init__()
        Fate.runs += 1
        self.runner = asyncio.Runner()
        self.data = Fate.folder / f"run-{Fate.runs}"
        shutil.copytree(Fate.model.data, self.data)
        self.copy: tuple[Path, set[UUID]] | None = None
        self.memory = Memory()
        self.device = Device()
        # What the machine remembers, whatever the phone forgot.
        self.ever_finished: set[UUID] = set()
        self.server: contextlib.AsyncExitStack | None = None
        self.asgi: Any = None
        self.keys: dict[str, Any] = {}
        self.chance = random.Random(0)

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        """Switch both on."""
        self.chance = random.Random(seed)
        self.start_server()
        self.run(self.learn())
        self.finish(photos=2, edited=0)

    @rule(number=st.integers(0, 9))
    def capture(self, number: int) -> None:
        """Begin a capture, or go on with it: nothing of it is frozen yet."""
        self.device.draft = number

    @rule(photos=st.integers(0, 3), edited=st.integers(0, 9))
    def finish(self, photos: int, edited: int) -> None:
        """Change a last word and freeze the draft into the outbox, in one transaction of the phone's database."""
        item = make_item(self.chance, photos, PHOTO_BYTES, remark=f"draft {self.device.draft}, edited {edited}")
        self.device.outbox[item.submission_id] = item
        self.ever_finished.add(item.submission_id)
        self.device.draft = None
        Fate.finished += 1

    @rule()
    def kill_phone(self) -> None:
        """The app dies: what was not finished may go, what was finished stays."""
        self.device.draft = None

    @rule(reverse=st.booleans())
    def sync(self, reverse: bool) -> None:
        """Everything in the outbox, in either order."""
        if self.device.signed_in:
            self.run(self.reconcile(reverse=reverse))

    @rule(after=st.integers(1, 60))
    def server_dies_during_sync(self, after: int) -> None:
        """Some steps into a sync the server is gone; the phone gets no answer."""
        if self.device.signed_in:
            Fate.kills += 1
            self.run(self.cut_short(after))
            self.kill_server()
            self.start_server()

    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        """The same once more, at once and side by side, though it may have been received long ago."""
        if self.device.outbox and self.device.signed_in:
            item = self.device.outbox[data.draw(st.sampled_from(sorted(self.device.outbox)))]
            self.run(self.twice(item))

    @rule(data=st.data())
    def photos_first(self, data: st.DataObject) -> None:
        """Out of order: a photo before its manifest is refused and harms nothing."""
        if self.device.outbox and self.device.signed_in:
            item = self.device.outbox[data.draw(st.sampled_from(sorted(self.device.outbox)))]
            self.run(self.only_photos(item))

    @rule()
    def copy_server(self) -> None:
        """A backup of the server's folder; the server goes on as the one it was."""
        self.stop_server()
        folder = self.data.with_name(f"{self.data.name}-copy")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.data, folder)
        self.copy = (folder, set(self.memory.manifests))
        self.start_server(anew=False)

    @rule()
    def restore_server(self) -> None:
        """The server is put back to its copy; what came after it is only on the phone."""
        if self.copy is None:
            return
        Fate.restores += 1
        self.stop_server()
        shutil.rmtree(self.data)
        shutil.copytree(self.copy[0], self.data)
        # Receipts of after the copy are void: the phone must bring their submissions again and gets new numbers.
        kept = self.copy[1]
        self.memory.manifests = {one: digest for one, digest in self.memory.manifests.items() if one in kept}
        self.memory.receipt_numbers = {
            one: number for one, number in self.memory.receipt_numbers.items() if one in kept
        }
        self.memory.photos.clear()
        self.memory.complete.clear()
        self.start_server()
        if self.device.signed_in:
            self.run(self.reconcile(reverse=False))

    @rule()
    def log_out_and_in(self) -> None:
        """Signing out deletes nothing that is not received."""
        self.device.signed_in = not self.device.signed_in
        if Fate.forgetful and not self.device.signed_in:
            self.device.outbox.clear()

    @invariant()
    def every_receipt_holds(self) -> None:
        """Nothing promised is missing or there twice; numbers have no gap."""
        Fate.steps += 1
        if self.server is None:
            return
        found = self.run(audit(self.site, self.memory))
        assert found.faults == 0, found
        assert self.memory.server_errors == 0, self.memory.answers

    def teardown(self) -> None:
        """In the end the phone comes home: whatever was ever finished is complete on the server."""
        if self.server is not None:
            self.run(self.reconcile(reverse=False))
            lost = self.ever_finished - self.memory.complete
            assert not lost, f"{len(lost)} lost"
            Fate.receipts += len(self.memory.complete)
            self.stop_server()
        self.runner.close()
        shutil.rmtree(self.data, ignore_errors=True)
        if self.copy:
            shutil.rmtree(self.copy[0], ignore_errors=True)

    # How it is done

    @property
    def site(self) -> Site:
        """For the audit."""
        return Site(Fate.model.nursery, "sqlite", self.data, f"sqlite:///{self.data / 'yanshou.sqlite'}", port=0)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """In the one event loop of this run."""
        return self.runner.run(work)

    def start_server(self, *, anew: bool = True) -> None:
        async def start() -> None:
            self.server = contextlib.AsyncExitStack()
            configured = Settings(self.data, self.site.database_url, f"file://{self.data / 'photos'}", SECRET)
            await self.server.enter_async_context(opened(make_engine(configured.database_url)))
            if anew:
                self.asgi = create_app(configured, work=False)

        self.run(start())

    def stop_server(self) -> None:
        async def stop() -> None:
            assert self.server
            await self.server.aclose()
            self.server = None

        self.run(stop())

    def kill_server(self) -> None:
        """Cancel every task wherever it stands; what holds the files open goes, and the loop with all it remembers."""

        async def cancel() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self.run(cancel())
        self.stop_server()
        self.runner.close()
        self.runner = asyncio.Runner()

    def phone(self) -> Phone:
        """The phone's side of a connection."""
        phone = Phone("http://testserver", self.site.token, self.memory, self.keys)
        headers = dict(phone.client.headers)
        phone.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.asgi), base_url="http://testserver", headers=headers
        )
        return phone

    async def learn(self) -> None:
        async with self.phone() as phone:
            self.keys = await phone.learn_keys()

    async def reconcile(self, *, reverse: bool) -> None:
        """A sync: also what has a receipt is asked about, and brought again where the server no longer has it."""
        async with self.phone() as phone:
            for one in sorted(self.device.outbox, reverse=reverse):
                item = self.device.outbox[one]
                with contextlib.suppress(NoAnswer):
                    await phone.deliver(item)
                    self.device.received.add(one)

    async def cut_short(self, after: int) -> None:
        """Let a sync take some turns of the event loop, then cancel it wherever it is."""
        task = asyncio.ensure_future(self.reconcile(reverse=False))
        for _ in range(after):
            await asyncio.sleep(0)
            if task.done():
                break
        else:
            await asyncio.sleep(after / 10_000)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def twice(self, item: Item) -> None:
        async with self.phone() as one, self.phone() as other:
            done = await asyncio.gather(one.deliver(item), other.deliver(item), return_exceptions=True)
        assert [each for each in done if each is not None and not isinstance(each, NoAnswer)] == []

    async def only_photos(self, item: Item) -> None:
        async with self.phone() as phone:
            for sha256 in sorted(item.photos, reverse=True):
                path = f"/api/submissions/{item.submission_id}/photos/{sha256}"
                answer = await phone.ask("PUT", path, content=item.photos[sha256])
                assert answer.status_code in (200, 201, 404), answer.text
                if answer.status_code != 404:
                    phone.status_in(item, answer)


def play(sites: Sites, folder: Path, *, runs: int, forgetful: bool = False) -> None:
    """Let Hypothesis play; the same seed plays the same."""
    Fate.model, Fate.folder, Fate.forgetful = sites.fresh("sqlite", folder), folder, forgetful
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        PhoneAndServer,
        settings=settings(
            max_examples=runs,
            stateful_step_count=size("MACHINE_STEPS"),
            derandomize=True,
            database=None,
            # A failure of the control is what is wanted: nobody reads its shortest form.
            phases=(Phase.generate,) if forgetful else (Phase.generate, Phase.shrink),
            report_multiple_bugs=False,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_nothing_finished_is_lost_whatever_happens(sites: Sites, tmp_path: Path):
    """Kills, duplicates, wrong order, signing out, a server put back to an older copy."""
    Fate.runs = Fate.steps = Fate.finished = Fate.kills = Fate.restores = Fate.receipts = 0
    play(sites, tmp_path, runs=size("MACHINE_RUNS"))
    report(
        "F8",
        runs=Fate.runs,
        steps=Fate.steps,
        finished=Fate.finished,
        server_kills=Fate.kills,
        restores=Fate.restores,
        received=Fate.receipts,
        violations=0,
    )

    assert Fate.finished > 0


def test_a_phone_that_forgets_when_signing_out_is_caught(sites: Sites, tmp_path: Path):
    """The control: the same play with a phone that clears its outbox at logout."""
    with pytest.raises(AssertionError, match="lost"):
        play(sites, tmp_path, runs=60, forgetful=True)
    report("F8 control", fault="logout clears the outbox", found=True)
