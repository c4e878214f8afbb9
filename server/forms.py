"""Reading what people type into filters: a wrong value is told, not swallowed."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from server.i18n import Language, mark
from server.pages import translate
from server.text import plain

# No photo is older and no programme runs longer; further off, a day has no instant in some time zone.
YEARS = range(1990, 2200)


class Typed:
    """
    The values of a form and what is wrong with them.

    Attributes:
        values: Every field asked for, as typed, for showing it again.
        errors: A sentence for each field that could not be used.
    """

    def __init__(self, given: Mapping[str, str], language: Language) -> None:
        self._given = given
        self._language = language
        self.values: dict[str, str] = {}
        self.errors: dict[str, str] = {}

    def text(self, name: str, *, longest: int = 40) -> str | None:
        """Return a field without surrounding space; None when empty."""
        value = plain(self._given.get(name, ""))[:longest]
        self.values[name] = value
        return value or None

    def choice(self, name: str, allowed: set[str]) -> str | None:
        """Return one of a few values; anything else counts as not chosen, and shows so."""
        value = self.text(name)
        if value in allowed:
            return value
        self.values[name] = ""
        return None

    def day(self, name: str) -> date | None:
        """Return a date of the form 2026-04-18."""
        value = self.text(name)
        if value is None:
            return None
        try:
            day = date.fromisoformat(value)
            if day.year not in YEARS:
                raise ValueError(value)
            return day
        except ValueError:
            self.errors[name] = translate(self._language, mark("日期应写成 2026-04-18 的样子"))
            return None

    def days(self, first: str, last: str) -> tuple[date | None, date | None]:
        """Return two dates in order."""
        from_on, to_on = self.day(first), self.day(last)
        if from_on and to_on and from_on > to_on:
            self.errors[last] = translate(self._language, mark("结束日期早于开始日期"))
        return from_on, to_on

    def number(self, name: str) -> int | None:
        """Return a small whole number."""
        value = self.text(name, longest=6)
        if value is None:
            return None
        if value.isascii() and value.isdigit() and int(value) > 0:
            return int(value)
        self.errors[name] = translate(self._language, mark("请填写地块号，例如 3"))
        return None

    def uuid(self, name: str) -> UUID | None:
        """Return an id from a link; a damaged one counts as none."""
        value = self.text(name)
        try:
            return UUID(value) if value else None
        except ValueError:
            self.values[name] = ""
            return None
