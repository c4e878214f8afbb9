"""
A little history, so that neither desk nor archive is empty at first sight.

Each visit goes the way a phone's would: manifest, photos, evaluation, decision, through the same actions. Nothing is
written past them, so the demonstration cannot show a state that the program does not reach by itself.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import msgspec

from inspections.errors import AlreadyDecided
from inspections.reviews import Decision
from inspections.wire import PhotoKind
from server.actions.decide_review import decide_review
from server.actions.evaluate_submission import evaluate_submission
from server.actions.receive_photo import receive_photo
from server.actions.receive_submission import receive_submission
from server.demo.accounts import ACCOUNTS, Account
from server.demo.chance import chance, identity
from server.demo.landscape import Landscape, Plot
from server.demo.pictures import HEIGHT, WIDTH, draw_photo
from server.demo.policy import POLICY_VERSION, PROGRAMME_CODE, demo_policy
from server.demo.sign_off import (
    SIGNATURE_HEIGHT,
    SIGNATURE_WIDTH,
    answer_standards,
    draw_signature,
    sign,
    slope_of,
)
from server.demo.walks import walk_around
from server.i18n import in_china
from server.roles import Identity
from server.storage import PhotoStore
from server.store.submissions import find_review
from server.tables import SubmissionTable

KINDS: tuple[PhotoKind, ...] = ("panorama", "spacing", "groundwork", "tree", "household")
PLOTS_PER_VILLAGE = 12


@dataclass(frozen=True, slots=True)
class Visit:
    """
    One past visit.

    Attributes:
        village: Counts the landscape's villages from 0; the first is left for the reader to inspect.
        plot: Counts the village's plots from 0.
        trees_per_mu: Trees planted per mu of the true area.
        survival: Share of them alive.
        photos_sent: How many of the five photos have arrived.
    """

    village: int
    plot: int
    inspector: str
    days_ago: int
    trees_per_mu: float = 62.5
    survival: float = 0.95
    photos_sent: int = 5
    reviewer: str = ""
    decision: Decision = Decision.AWAITED
    reason: str = ""


VISITS: tuple[Visit, ...] = (
    Visit(1, 1, "yanshou01", 9, reviewer="shenhe01", decision=Decision.APPROVED, reason="株行距照片与面积相符，同意"),
    Visit(1, 4, "yanshou01", 9, reviewer="shenhe01", decision=Decision.APPROVED, reason="已与村委会核对，同意"),
    Visit(1, 6, "yanshou02", 8, reviewer="shenhe01", decision=Decision.RETURNED, reason="株行距照片看不清卷尺，请补拍"),
    Visit(1, 7, "yanshou02", 3),
    Visit(1, 8, "yanshou01", 3, survival=0.71),
    Visit(2, 8, "yanshou02", 2, trees_per_mu=44.0),
    Visit(2, 9, "liangren01", 2),
    Visit(2, 10, "yanshou01", 1, photos_sent=3),
    Visit(3, 3, "liangren01", 1),
    Visit(5, 0, "yanshou03", 4),
    Visit(5, 1, "yanshou03", 4, reviewer="shenhe02", decision=Decision.APPROVED, reason="现场复核一致，同意"),
    Visit(9, 2, "yanshou04", 2, survival=0.93),
)


async def load_history(seed: int, land: Landscape, *, photos: PhotoStore, at: datetime) -> None:
    """
    Play the visits that are not there yet; the ledger must be loaded.

    Args:
        seed: Of the ledger that is loaded.
        land: Made from that seed.
        photos: Where the pictures go.
        at: The day the visits count back from, the same at every call: a visit sent again must have the same bytes.
    """
    for visit in VISITS:
        submission_id = identity(seed, "submission", visit.village, visit.plot)
        if not await _done(submission_id, visit):
            await _play(seed, land, visit, submission_id, photos, _visited_at(seed, visit, at))


def _visited_at(seed: int, visit: Visit, at: datetime) -> datetime:
    """When the phone sent the visit: on a day some days back, within the hours in which people walk orchards."""
    day = in_china(at - timedelta(days=visit.days_ago)).replace(hour=9, minute=0, second=0, microsecond=0)
    return day + timedelta(seconds=chance(seed, "hour", visit.village, visit.plot).randrange(7 * 3600))


async def _done(submission_id: UUID, visit: Visit) -> bool:
    """Whether the visit's last step has been taken; an interrupted load goes on where it stopped."""
    row = (
        await SubmissionTable.select(SubmissionTable.received_photos, SubmissionTable.evaluation_id)
        .where(SubmissionTable.id == submission_id)
        .first()
    )
    if row is None or row["received_photos"] < visit.photos_sent or row["evaluation_id"] is None:
        return False
    return visit.decision is Decision.AWAITED or await find_review(submission_id) is not None


async def _play(
    seed: int, land: Landscape, visit: Visit, submission_id: UUID, photos: PhotoStore, at: datetime
) -> None:
    bodies = [draw_photo(chance(seed, "photo", visit.village, visit.plot, kind), kind) for kind in KINDS]
    signatures = [draw_signature(chance(seed, "signature", visit.village, visit.plot, who)) for who in range(3)]
    inspector = _identity(seed, visit.inspector)
    manifest = _manifest(seed, land, visit, submission_id, bodies, signatures, at)
    await receive_submission(submission_id, msgspec.json.encode(manifest), inspector=inspector, at=at)
    for body in [*bodies, *signatures] if visit.photos_sent == len(KINDS) else bodies[: visit.photos_sent]:
        digest = hashlib.sha256(body).hexdigest()
        await receive_photo(submission_id, digest, _chunks(body), photos=photos, inspector=inspector, at=at)
    await evaluate_submission(submission_id, at=at)
    if visit.decision is not Decision.AWAITED:
        # Another process may be playing the same visit, and be a step ahead.
        with suppress(AlreadyDecided):
            await decide_review(
                submission_id,
                visit.decision,
                visit.reason,
                reviewer=_identity(seed, visit.reviewer),
                at=at + timedelta(hours=20),
            )


def _manifest(
    seed: int,
    land: Landscape,
    visit: Visit,
    submission_id: UUID,
    bodies: list[bytes],
    signatures: list[bytes],
    at: datetime,
) -> dict[str, Any]:
    """Write what the phone would have sent, in the form of docs/protocol.md."""
    plot = land.plots[visit.village * PLOTS_PER_VILLAGE + visit.plot]
    task = next(task for task in land.tasks if task.plot_id == plot.id)
    fixes = walk_around(plot.ring, seed=seed + visit.village * PLOTS_PER_VILLAGE + visit.plot)
    started_at = at - timedelta(minutes=40)
    rng = chance(seed, "photos", visit.village, visit.plot)
    head = next(household.head_name for household in land.households if household.id == plot.household_id)
    planted = round(plot.true_mu * visit.trees_per_mu)
    live = round(planted * visit.survival)
    missing = (planted - live) // 3
    return {
        "schema": 1,
        "submission_id": submission_id,
        "task_id": task.id,
        "plot_id": plot.id,
        "programme_code": PROGRAMME_CODE,
        "policy_version": POLICY_VERSION,
        "app_version": "demo",
        "device_id": identity(seed, "device", visit.inspector),
        "started_at": started_at,
        "finished_at": at - timedelta(minutes=6),
        "clock_offset_ms": 412,
        "boundary": {
            "type": "Feature",
            "geometry": {
                "type": "Polygon",
                "coordinates": [[(fix.lon, fix.lat) for fix in (*fixes, fixes[0])]],
            },
            "properties": {
                "plot_id": plot.id,
                "household_id": plot.household_id,
                "datum": "WGS84",
                "capture": "walk",
                "accuracy_m": [[fix.accuracy_m for fix in (*fixes, fixes[0])]],
                "timestamps_s": [[*(fix.t_s for fix in fixes), fixes[-1].t_s]],
            },
        },
        "tree_counts": {"live": live, "dead": planted - live - missing, "missing": missing},
        "photos": [
            _photo(plot, kind, body, started_at + timedelta(minutes=12 + 3 * k, seconds=rng.randrange(150)), rng)
            for k, (kind, body) in enumerate(zip(KINDS, bodies, strict=True))
        ]
        + [_drawn(body, at - timedelta(minutes=9 - k)) for k, body in enumerate(signatures)],
        "remark": "",
        "slope_deg": slope_of(plot.land_type),
        "standards": answer_standards(demo_policy(), plot.land_type, rng),
        "sign_off": sign((_account(visit.inspector).display_name, _second(visit.inspector)), head, signatures),
    }


def _photo(plot: Plot, kind: PhotoKind, body: bytes, taken_at: datetime, rng: Random) -> dict[str, Any]:
    # On the way from the middle of the plot to one of its corners, as somebody who walks about stands.
    corner = plot.ring[KINDS.index(kind) * (len(plot.ring) - 1) // len(KINDS)]
    lon, lat = (round(middle + 0.6 * (end - middle), 7) for middle, end in zip(plot.centre, corner, strict=True))
    return {
        "sha256": hashlib.sha256(body).hexdigest(),
        "size_bytes": len(body),
        "media_type": "image/jpeg",
        "kind": kind,
        "taken_at": taken_at,
        "clock_offset_ms": 412,
        "position": {"lon": lon, "lat": lat, "accuracy_m": 4.2, "fixed_at": taken_at},
        # Now and then a phone's camera app was used instead of ours; the desk marks such a photo.
        "source": "file" if rng.random() < 0.1 else "camera",
        "width": WIDTH,
        "height": HEIGHT,
    }


def _drawn(body: bytes, taken_at: datetime) -> dict[str, Any]:
    return {
        "sha256": hashlib.sha256(body).hexdigest(),
        "size_bytes": len(body),
        "media_type": "image/jpeg",
        "kind": "signature",
        "taken_at": taken_at,
        "clock_offset_ms": 412,
        "position": None,
        "source": "drawn",
        "width": SIGNATURE_WIDTH,
        "height": SIGNATURE_HEIGHT,
    }


def _account(name: str) -> Account:
    return next(account for account in ACCOUNTS if account.name == name)


def _second(name: str) -> str:
    """Name whoever walked along: nobody inspects alone."""
    others = [account for account in ACCOUNTS if account.name.startswith("yanshou") and account.name != name]
    return others[0].display_name


def _identity(seed: int, name: str) -> Identity:
    account = _account(name)
    return Identity(account.id(seed), account.name, account.display_name, account.grants, "", "bearer")


async def _chunks(body: bytes) -> AsyncIterator[bytes]:
    yield body
