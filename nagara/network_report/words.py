"""Numbers as people read them: shares, times, intervals, months."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip

NOT_REACHED = "longer than observed"
FEWER = "fewer than 10"
Figure = Mapping[str, Any]


def text(value: object) -> str:
    """Any value, escaped for HTML."""
    return escape(str(value))


def count(number: int | None) -> str:
    """A count with thin spaces; None is a small one that is not published."""
    return FEWER if number is None else f"{number:,}".replace(",", "\u202f")


def share(value: float | None) -> str:
    """A share as a percentage; one decimal next to 0 and 1."""
    if value is None:
        return "–"
    near = value not in (0, 1) and (value < 0.02 or value > 0.98)
    return f"{value:.1%}" if near else f"{value:.0%}"


def hours(value: float | None, like: float | None = None) -> str:
    """Hours as minutes, hours or days, with about two significant digits; in the unit of ``like`` if given."""
    if value is None:
        return NOT_REACHED
    size = value if like is None else like
    if size < 1:
        return f"{value * 60:.0f} min"
    if size < 72:
        return f"{value:.1f} h" if size < 10 else f"{value:.0f} h"
    return f"{value / 24:.1f} days" if size < 720 else f"{value / 24:.0f} days"


def round_hours(value: float) -> str:
    """A reference time, which is whole hours or days: ``24 h``, ``7 days``."""
    return f"{value:g} h" if value < 72 or value % 24 else f"{value / 24:g} days"


def estimate(figure: Figure, unit: str) -> str:
    """Value and interval in one phrase, or why there is none."""
    if figure["withheld"]:
        return "none" if figure["withheld"] == "none" else f"not shown: {figure['withheld']}"
    value, low, high = figure["value"], figure["low"], figure["high"]

    def say(number: float) -> str:
        return share(number) if unit == "share" else hours(number, value)

    if value is None:
        return NOT_REACHED + (f" (at least {say(low)})" if low is not None else "")
    if low is None:
        return say(value)
    if high is None:
        return f"{say(value)} (at least {say(low)})"
    amount, _, name = say(high).partition(" ")
    first, second = (say(number).split(" ")[0].rstrip("%") for number in (value, low))
    if unit == "share":
        return f"{first}% ({second} to {amount})"
    return f"{first} {name} ({second} to {amount})"


def period(written: str) -> str:
    """A period such as ``2022-12..2023-01`` in words."""
    first, _, last = written.partition("..")
    if not last:
        return month(first)
    return f"{month(first)} to {month(last)}"


def month(written: str) -> str:
    """A month such as ``2022-12`` in words."""
    return f"{MONTHS[int(written[5:7]) - 1]} {written[:4]}"


def short_month(written: str) -> str:
    """A month in a narrow column: ``Dec 2022``."""
    return f"{MONTHS[int(written[5:7]) - 1][:3]}\u00a0{written[:4]}"
