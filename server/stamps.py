"""
The stamp (水印) of a photo: time, place, household and direction, written from the record.

It is never painted into a picture: the bytes that are kept are the clean ones, and pages lay the stamp over the copy
they show (docs/decisions/0012). The phone writes the same words in its viewfinder: pwa/src/text/stamp.ts; both are held
to tests/payloads/stamps.json.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor

from server.i18n import in_china, mark

Translate = Callable[[str], str]

_DAYS = (
    mark("星期一"),
    mark("星期二"),
    mark("星期三"),
    mark("星期四"),
    mark("星期五"),
    mark("星期六"),
    mark("星期日"),
)
_DIRECTIONS = (
    mark("北"),
    mark("东北"),
    mark("东"),
    mark("东南"),
    mark("南"),
    mark("西南"),
    mark("西"),
    mark("西北"),
)
_HOUSEHOLD = mark("户主 {name} · {n}号地块")
_ACCURACY = mark("±{n} 米")
_INSPECTION = mark("{s}验收")
_NUMBER = mark("编号 {s}")
_HEADING = mark("朝向 {d}")
_NOT_THERE = mark("非现场拍摄")
_NO_PLACE = mark("无定位")
_CLOCK_UNKNOWN = mark("时间未校准")
# ① to ⑳.
_CIRCLED = 0x245F
_MOST_CIRCLED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class StampFacts:
    """
    What a stamp is written from.

    `places`: county, township, village, group, those that are known. `slot`: place in the shot list from 1, None for
    what is in no list. `lon`, `lat`, `accuracy_m`: None together.
    """

    taken_at: datetime
    clock_offset_ms: int | None
    source: str
    heading_deg: float | None
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    places: Sequence[str]
    head_name: str
    plot_number: str
    slot: int | None
    shot: str
    crop: str
    household_code: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """The hour and minute, which stand largest, and the lines around them; the first goes on the line of the time."""

    time: str
    lines: tuple[str, ...]


def stamp_of(facts: StampFacts, translate: Translate) -> Stamp:
    """Write the stamp in the language of `translate`, times as the clock of the county shows them."""
    at = in_china(facts.taken_at)
    day = f"{at:%Y-%m-%d} {translate(_DAYS[at.weekday()])}"
    household = translate(_HOUSEHOLD).format(name=facts.head_name, n=facts.plot_number)
    slot = chr(_CIRCLED + facts.slot) if facts.slot is not None and facts.slot <= _MOST_CIRCLED else ""
    number = translate(_NUMBER).format(s=f"{facts.household_code}-{facts.plot_number}")
    return Stamp(
        f"{at:%H:%M}",
        (
            f"{day} · {translate(_CLOCK_UNKNOWN)}" if facts.clock_offset_ms is None else day,
            "".join(facts.places),
            f"{household} · {slot}{facts.shot}",
            _where(facts, translate),
            f"{translate(_INSPECTION).format(s=facts.crop)} {number}",
        ),
    )


def direction(heading_deg: float) -> str:
    """Name the nearest of eight directions, as a message id."""
    return _DIRECTIONS[_half_up(heading_deg / 45) % 8]


def _where(facts: StampFacts, translate: Translate) -> str:
    if facts.source == "gallery":
        return translate(_NOT_THERE)
    if facts.lon is None or facts.lat is None or facts.accuracy_m is None:
        where = translate(_NO_PLACE)
    else:
        accuracy = translate(_ACCURACY).format(n=_half_up(facts.accuracy_m))
        where = f"{_degrees(facts.lat, 'NS')} {_degrees(facts.lon, 'EW')} {accuracy}"
    if facts.heading_deg is None:
        return where
    return f"{where} · {translate(_HEADING).format(d=translate(direction(facts.heading_deg)))}"


def _degrees(value: float, signs: str) -> str:
    return f"{abs(value):.5f}{signs[value < 0]}"


def _half_up(value: float) -> int:
    # As the phone rounds.
    return floor(value + 0.5)
