"""Times in notices as the reader writes them: their language, the city's clocks, calendar and digits. Pure."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, get_datetime_format

from city_config import City

ZERO = {"khmr": 0x17E0, "laoo": 0x0ED0, "mymr": 0x1040, "thai": 0x0E50, "tamldec": 0x0BE6}
"""Where the ten digits of each system begin."""

BUDDHIST_AHEAD = 543
"""Years between the Thai Buddhist calendar and the Gregorian one; months and days are the same (Unicode TR 35)."""

BUDDHIST_BY_CUSTOM = frozenset({"th"})
"""Languages whose readers count so unless the city says otherwise (CLDR, calendar preference)."""

DAY_FIRST = "EEEE d MMMM y"
"""For English, which CLDR writes as in the United States: month first."""


def written_moment(city: City, language: str, at: dt.datetime) -> str:
    """An instant on the city's clocks with its weekday: "Tuesday 24 November 2026, 10:00".

    Calendar and digits are the city's where it chose some, else those of the language, as on the resident's page.
    """
    local = at.astimezone(city.zone)
    day = _written_day(language, local.date(), _year(city, language, local))
    return _digits(city, language, _locale(language), day.replace("{0}", f"{local:%H:%M}"))


@lru_cache(maxsize=512)
def _written_day(language: str, day: dt.date, year: str) -> str:
    """A day as CLDR has it, with ``{0}`` for the time. Kept, because promises of a day all fall on a few."""
    locale = _locale(language)
    return _joined(locale).replace("{1}", format_date(day, _day_pattern(locale, year), locale))


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def _day_pattern(locale: Locale, year: str) -> str:
    """CLDR's full date without its era, the year put in as text."""
    pattern = DAY_FIRST if locale.language == "en" else str(locale.date_formats["full"].pattern)
    return re.sub(r"y+", f"'{year}'", re.sub(r"\s*G+", "", pattern), count=1)


def _joined(locale: Locale) -> str:
    return str(get_datetime_format("full", locale)).replace("'", "")


def _year(city: City, language: str, local: dt.datetime) -> str:
    """The year; an era that is not the language's own is named, or 2569 would be read as a distant year."""
    custom = "buddhist" if language in BUDDHIST_BY_CUSTOM else "gregory"
    calendar = city.display.calendar or custom
    year = str(local.year + BUDDHIST_AHEAD if calendar == "buddhist" else local.year)
    if calendar == custom:
        return year
    return f"{'BE' if calendar == 'buddhist' else 'CE'} {year}"


def _digits(city: City, language: str, locale: Locale, text: str) -> str:
    zero = ZERO.get(city.display.numerals.get(language) or locale.default_numbering_system)
    if zero is None:
        return text
    return re.sub("[0-9]", lambda digit: chr(zero + int(digit.group())), text)
