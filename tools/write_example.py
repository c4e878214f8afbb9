"""Write docs/examples/: a manifest and its five photos, as a phone would send them for a plot of the demonstration."""

import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from PIL import Image

from inspections.wire import PhotoKind
from server.demo.chance import chance
from server.demo.landscape import YEAR, make_landscape
from server.demo.pictures import draw_photo
from server.demo.policy import POLICY_VERSION, PROGRAMME_CODE
from server.demo.walks import walk_around

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "examples"
KINDS: tuple[PhotoKind, ...] = ("panorama", "spacing", "groundwork", "tree", "household")
SIZE = (320, 240)
# A plot that the demonstration's history leaves alone.
PLOT = 9
SUBMISSION_ID = UUID("3f6c1f5e-6a5e-4b0c-9a0f-2b7f4f1d9c10")
DEVICE_ID = UUID("6f0c2a51-7c2f-4f2e-8d57-0f4d1c6b2a90")
STARTED_AT = datetime(2026, 4, 18, 1, 20, tzinfo=UTC)


def main() -> None:
    """Write the folder anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    photos = {kind: _small(draw_photo(chance(YEAR, "example", kind), kind)) for kind in KINDS}
    for kind, body in photos.items():
        (FOLDER / f"{kind}.jpg").write_bytes(body)
    text = msgspec.json.format(msgspec.json.encode(_manifest(photos)), indent=1)
    (FOLDER / "manifest.json").write_bytes(_short_rings(text) + b"\n")


def _manifest(photos: dict[PhotoKind, bytes]) -> dict[str, Any]:
    land = make_landscape()
    plot = land.plots[PLOT]
    task = next(task for task in land.tasks if task.plot_id == plot.id)
    fixes = walk_around(plot.ring, seed=PLOT)
    planted = round(plot.true_mu * 62)
    position = {"lon": plot.centre[0], "lat": plot.centre[1], "accuracy_m": 4.0, "fixed_at": STARTED_AT}
    return {
        "schema": 1,
        "submission_id": SUBMISSION_ID,
        "task_id": task.id,
        "plot_id": plot.id,
        "programme_code": PROGRAMME_CODE,
        "policy_version": POLICY_VERSION,
        "app_version": "curl",
        "device_id": DEVICE_ID,
        "started_at": STARTED_AT,
        "finished_at": STARTED_AT.replace(minute=55),
        "clock_offset_ms": 0,
        "boundary": {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [[(fix.lon, fix.lat) for fix in (*fixes, fixes[0])]]},
            "properties": {
                "plot_id": plot.id,
                "household_id": plot.household_id,
                "datum": "WGS84",
                "capture": "walk",
                "accuracy_m": [[fix.accuracy_m for fix in (*fixes, fixes[0])]],
                "timestamps_s": [[*(fix.t_s for fix in fixes), fixes[-1].t_s]],
            },
        },
        "tree_counts": {"live": planted - 3, "dead": 2, "missing": 1},
        "photos": [
            {
                "sha256": hashlib.sha256(body).hexdigest(),
                "size_bytes": len(body),
                "media_type": "image/jpeg",
                "kind": kind,
                "taken_at": STARTED_AT.replace(minute=40 + number),
                "clock_offset_ms": 0,
                "position": position,
                "source": "file",
                "width": SIZE[0],
                "height": SIZE[1],
            }
            for number, (kind, body) in enumerate(photos.items())
        ],
        "remark": "",
    }


def _small(body: bytes) -> bytes:
    """A picture small enough to lie in the repository."""
    out = io.BytesIO()
    Image.open(io.BytesIO(body)).resize(SIZE, Image.Resampling.LANCZOS).save(out, "JPEG", quality=70)
    return out.getvalue()


def _short_rings(text: bytes) -> bytes:
    """Put the numbers of a ring on one line, not each on its own."""
    lines: list[bytes] = []
    for line in text.splitlines():
        bare = line.strip()
        number = bare.rstrip(b",").replace(b".", b"").replace(b"-", b"").isdigit()
        if lines and (number or bare in {b"]", b"],"} or (bare == b"[" and lines[-1].endswith((b"[", b"],")))):
            lines[-1] += (b" " if lines[-1].endswith(b",") else b"") + bare
        else:
            lines.append(line)
    return b"\n".join(lines)


if __name__ == "__main__":
    main()
