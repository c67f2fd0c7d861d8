"""Words of the printed pages by language, and numbers, months and times as each language writes them.

One file a language in ``messages``, each complete; where nobody who speaks a language has approved its file, the
page says so and the English text decides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal, format_percent

from nagara.errors import InvalidInput

FOLDER = Path(__file__).parent / "messages"
SOURCE = "en"
LOCALES: Mapping[str, str] = {"zh-Hans": "zh_Hans_CN", "en": "en_GB"}
"""Where a language's tag is not its locale's name. Digits are European in all: figures are to be held side by side."""


@dataclass(frozen=True)
class Texts:
    """The words of one language."""

    language: str
    approved: bool
    words: Mapping[str, str]

    @property
    def locale(self) -> Locale:
        """How the language writes numbers and months."""
        return Locale.parse(LOCALES.get(self.language, self.language))

    def say(self, key: str, **values: object) -> str:
        """One text with its placeholders filled; raises KeyError where there is none."""
        return self.words[key].format(**values)

    def number(self, value: float, decimals: int = 0) -> str:
        """A number with the language's own separators."""
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        return format_decimal(value, pattern, locale=self.locale)

    def count(self, number: int | None) -> str:
        """A count; None is a small one that is not published."""
        return "<\u202f10" if number is None else self.number(number)

    def share(self, value: float) -> str:
        """A share as a percentage; one decimal next to 0 and 1."""
        near = value not in (0, 1) and (value < 0.02 or value > 0.98)
        return format_percent(value, "0.0%" if near else "0%", locale=self.locale)

    def days(self, hours: float) -> str:
        """Hours as days with one decimal."""
        return self.say("days", n=self.number(hours / 24, 1))

    def span(self, hours: float) -> str:
        """A reference time: whole hours, or days from three on."""
        whole = hours >= 72 and hours % 24 == 0
        return self.say("days", n=f"{hours / 24:g}") if whole else self.say("hours", n=f"{hours:g}")

    def month(self, written: str) -> str:
        """A month such as ``2026-03`` in words."""
        first = dt.date(int(written[:4]), int(written[5:7]), 1)
        return str(format_skeleton("yMMMM", first, locale=self.locale))

    def short_month(self, written: str) -> str:
        """The same in a narrow column."""
        first = dt.date(int(written[:4]), int(written[5:7]), 1)
        return str(format_skeleton("yMMM", first, locale=self.locale))

    def limits(self) -> list[str]:
        """What figures cannot say, in order."""
        return [text for key, text in self.words.items() if key.startswith("limit.")]

    def day(self, written: str) -> str:
        """The day of a moment in ISO 8601."""
        return str(format_date(dt.date.fromisoformat(written[:10]), "long", locale=self.locale))

    def estimate(self, figure: Mapping[str, Any], unit: str) -> str:
        """Value and interval of a figure in one phrase, or why there is none."""
        if figure["withheld"]:
            return self.reason(str(figure["withheld"]))
        value, low, high = figure["value"], figure["low"], figure["high"]
        if value is None:
            return self.say("not_reached")
        said = self.amount(value, unit)
        if low is None:
            return said
        if high is None:
            return f"{said} ({self.say('at_least', low=self.amount(low, unit))})"
        return self.say("interval", value=said, low=self.bare(low, unit), high=self.bare(high, unit))

    def amount(self, value: float, unit: str) -> str:
        """A value with its unit."""
        return self.share(value) if unit == "share" else self.days(value)

    def bare(self, value: float, unit: str) -> str:
        """A value of an interval, whose unit stands before it already."""
        return self.share(value) if unit == "share" else self.number(value / 24, 1)

    def reason(self, withheld: str) -> str:
        """Why a figure is not shown, in short; the network's report has the sentence."""
        if withheld == "none":
            return self.say("none")
        return self.say("few" if withheld.startswith("fewer than") else "unknown")


def none_asked(cities: Iterable[Mapping[str, Any]]) -> str:
    """Which text stands where no question does: nothing is asked, or what is asked is its city's first."""
    return "questions_held" if any(city.get("asked_held") for city in cities) else "network.none_asked"


def languages() -> tuple[str, ...]:
    """The languages there are words in."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def texts_in(language: str) -> Texts:
    """The words of a language; raises ``InvalidInput`` where there are none."""
    if language not in languages():
        raise InvalidInput(
            f"Reports are not printed in {language[:20]!r}.", field="language", allowed=languages()
        )
    return _read(language)


@cache
def _read(language: str) -> Texts:
    read = yaml.safe_load((FOLDER / f"{language}.yaml").read_text(encoding="utf-8"))
    tag, review = read.pop("language"), read.pop("review")
    if tag != language:
        raise ValueError(f"messages/{language}.yaml says that it is {tag}")
    return Texts(language, review == "approved", {key: str(text) for key, text in read.items()})
