"""What one field of a row says. Pure; a field that says nothing sensible raises ``NotTaken``."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping

from city_config import City
from nagara.importing.stated import Because, NotTaken
from nagara.per_city import PerCity


def time_of(column: str, text: str) -> dt.datetime:
    """An ISO 8601 time with zone, in UTC."""
    try:
        time = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        raise NotTaken(Because.WRONG_TIME, f"{column}: {text[:40]!r} is not a time") from None
    if time.tzinfo is dt.UTC:
        return time
    if time.tzinfo is None:
        raise NotTaken(Because.WRONG_TIME, f"{column}: {text[:40]!r} has no time zone")
    try:
        return time.astimezone(dt.UTC)
    except OverflowError:
        raise NotTaken(Because.WRONG_TIME, f"{column}: {text[:40]!r} is not a time") from None


def coordinate(column: str, text: str) -> float | None:
    """Decimal degrees as written; None where the field is empty. Whether they lie on Earth is asked later."""
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        raise NotTaken(Because.NO_POSITION, f"{column}: {text[:40]!r} is not a number") from None
    return value if math.isfinite(value) else None


def district_code(city: City, text: str) -> str | None:
    """The district of this code or name in any language; None where the city has none such.

    What the names of all districts begin with in a language ("District ...") may be left out.
    """
    return _districts.of(city).get(_plain(text))


def _plain(text: str) -> str:
    return text.strip().casefold()


def _codes_by_name(city: City) -> Mapping[str, str]:
    codes: dict[str, str] = {}
    languages = {language for names in city.district_names.values() for language in names}
    for language in sorted(languages):
        named = {code: names[language] for code, names in city.district_names.items() if language in names}
        common = _common_beginning(list(named.values())) if len(named) > 1 else ""
        for code, name in named.items():
            codes.setdefault(_plain(name), code)
            codes.setdefault(_plain(name.removeprefix(common)), code)
    return codes | {_plain(code): code for code in city.district_names}


def _common_beginning(names: list[str]) -> str:
    """The characters with which every name begins."""
    shortest = min(names, key=len)
    length = next(
        (n for n, character in enumerate(shortest) if any(name[n] != character for name in names)),
        len(shortest),
    )
    return shortest[:length]


_districts: PerCity[Mapping[str, str]] = PerCity(_codes_by_name)
