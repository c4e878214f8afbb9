"""
The two languages (中文、English): which one a reader gets, and how numbers and times are written.

The Chinese text itself is the message id, so Chinese needs no catalogue; English is `locale/en.po`, compiled by the
build. Without a compiled catalogue every page is Chinese and complete.
"""

import gettext
from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from litestar.connection import ASGIConnection

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
COOKIE = "lang"
CATALOGUES = Path(__file__).parent / "locale"
DOMAIN = "yanshou"
CHINA = ZoneInfo("Asia/Shanghai")

_SQUARE_METRES_PER_MU = Decimal(2000) / 3
_Connection = ASGIConnection[Any, Any, Any, Any]


def mark(text: str) -> str:
    """Mark a text for the catalogue where it is written; it is translated where it is shown."""
    return text


def chosen_language(connection: _Connection) -> Language | None:
    """Return the language asked for in the address (`?lang=en`), which is then remembered in a cookie."""
    return _known(connection.query_params.get("lang"))


def language_of(connection: _Connection) -> Language:
    """Choose by address, cookie, then what the browser prefers; Chinese when nothing says otherwise."""
    return (
        chosen_language(connection)
        or _known(connection.cookies.get(COOKIE))
        or _preferred(connection.headers.get("accept-language", ""))
    )


def _known(value: object) -> Language | None:
    return next((language for language in LANGUAGES if value == language), None)


def _preferred(header: str) -> Language:
    """
    Read Accept-Language (RFC 9110, 12.5.4).

    >>> _preferred("en-GB,en;q=0.9,zh;q=0.8"), _preferred("fr, zh-CN;q=0.5, en;q=0.2"), _preferred("")
    ('en', 'zh', 'zh')
    """
    wishes: list[tuple[float, Language]] = []
    for wish in header.split(","):
        tag, *parameters = (part.strip() for part in wish.split(";"))
        language = _known(tag.lower().split("-")[0])
        weights = [parameter[2:] for parameter in parameters if parameter.startswith("q=")]
        try:
            weight = float(weights[0]) if weights else 1.0
        except ValueError:
            weight = 0.0
        if language and weight > 0:
            wishes.append((weight, language))
    # max keeps the first of equals, and the order of the header counts among equals.
    return max(wishes, key=lambda wish: wish[0])[1] if wishes else "zh"


@cache
def translations(language: Language) -> gettext.NullTranslations:
    """Return the catalogue of a language; an absent one answers every message with itself."""
    if language == "zh":
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, CATALOGUES, [language], fallback=True)


def in_china(at: datetime) -> datetime:
    """Return an instant as the clock of the county shows it."""
    return at.astimezone(CHINA)


def format_datetime(at: datetime | None) -> str:
    """
    Write an instant as people here do, to the minute.

    >>> from datetime import UTC
    >>> format_datetime(datetime(2026, 4, 18, 6, 32, tzinfo=UTC))
    '2026-04-18 14:32'
    """
    return in_china(at).strftime("%Y-%m-%d %H:%M") if at else "—"


def format_seconds(at: datetime | None) -> str:
    """Write an instant to the second."""
    return in_china(at).strftime("%Y-%m-%d %H:%M:%S") if at else "—"


def format_mu(area_m2: float | None) -> str:
    """
    Write square metres as mu, two decimals, half up.

    >>> format_mu(1973.33), format_mu(None)
    ('2.96', '—')
    """
    if area_m2 is None:
        return "—"
    mu = Decimal(repr(float(area_m2))) / _SQUARE_METRES_PER_MU
    return str(mu.quantize(Decimal("0.01"), ROUND_HALF_UP))


def format_m2(area_m2: float | None) -> str:
    """Write whole square metres."""
    return "—" if area_m2 is None else f"{Decimal(repr(float(area_m2))).quantize(Decimal(1), ROUND_HALF_UP):,}"


def format_yuan(amount_fen: int | None) -> str:
    """
    Write fen as yuan.

    >>> format_yuan(296000), format_yuan(-5)
    ('2,960.00', '-0.05')
    """
    if amount_fen is None:
        return "—"
    yuan, fen = divmod(abs(amount_fen), 100)
    return f"{'-' if amount_fen < 0 else ''}{yuan:,}.{fen:02}"


def format_percent(share: float | None) -> str:
    """
    Write a share as percent, one decimal, half up.

    >>> format_percent(0.9166)
    '91.7%'
    """
    if share is None:
        return "—"
    return f"{(Decimal(repr(float(share))) * 100).quantize(Decimal('0.1'), ROUND_HALF_UP)}%"


def format_decimal(value: float | None, places: int = 1) -> str:
    """Write a number with so many decimals, half up."""
    if value is None:
        return "—"
    return f"{Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):,}"


def format_signed(value: float) -> str:
    """
    Write a difference with its sign, two decimals, half up.

    >>> format_signed(0.084), format_signed(-0.1), format_signed(-0.001)
    ('+0.08', '−0.10', '0.00')
    """
    rounded = Decimal(repr(float(value))).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else ''}{abs(rounded)}"


def format_bytes(size_bytes: int) -> str:
    """
    Write a size in KB or MB.

    >>> format_bytes(734), format_bytes(350_000), format_bytes(4_200_000)
    ('1 KB', '350 KB', '4.2 MB')
    """
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 1e6 else f"{max(1, round(size_bytes / 1000))} KB"


FILTERS: dict[str, Callable[..., str]] = {
    "bytes": format_bytes,
    "datetime": format_datetime,
    "seconds": format_seconds,
    "decimal": format_decimal,
    "m2": format_m2,
    "mu": format_mu,
    "percent": format_percent,
    "signed": format_signed,
    "yuan": format_yuan,
}
