"""What stands beside a city's headline figures, so that quick closing cannot look good by itself. Pure.

How many reports an issue has (N11), how long a problem waits for its first report (N14), and whether residents say
that it is fixed (N15). Reports that were kept without some of these print what they have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nagara.indicators.cells import Cell
from nagara.indicators.figure import Figure, share
from nagara.indicators.handling import propensity_figures
from nagara.network_report.blocks import name_of, table_of
from nagara.network_report.texts import SOURCE, Texts, texts_in
from nagara.network_report.words import text

Content = Mapping[str, Any]
City = Mapping[str, Any]
KEYS = ("N11", "N14.delay", "N15")


def beside_figures(cells: Mapping[str, Cell]) -> dict[str, Figure]:
    """N14.delay and N15 of a city's cells of a period; N11 is among the other figures."""
    whole = Cell.merged(cells.values())
    fixed = whole.count("said_fixed")
    answered = fixed + whole.count("said_not_fixed")
    return {
        "N14.delay": propensity_figures(whole)["N14.delay"],
        "N15": share("N15", fixed, answered),
    }


def lines(city: City, texts: Texts) -> list[list[str]]:
    """Each figure's name and its estimate, in a language."""
    known = [key for key in KEYS if key in city["figures"]]
    return [[texts.say(f"beside.{key}"), said(city["figures"][key], key, texts)] for key in known]


def said(figure: Mapping[str, Any], key: str, texts: Texts) -> str:
    """Value and interval: N11 a number, N14 hours as its name says, N15 a share; or why there is none."""
    value, low, high = figure["value"], figure["low"], figure["high"]
    if figure["withheld"] or value is None:
        return texts.reason(str(figure["withheld"] or "none"))

    def plain(number: float) -> str:
        return texts.share(number) if key == "N15" else texts.number(number, 2 if key == "N11" else 0)

    if low is None or high is None:
        return plain(value)
    return texts.say("interval", value=plain(value), low=plain(low), high=plain(high))


def network_table(cities: Sequence[City]) -> dict[str, Any]:
    """The three figures of every city, in English: title, why, heads, and rows of a city with its cells."""
    words = texts_in(SOURCE)
    shown = [city for city in cities if all(key in city["figures"] for key in KEYS)]
    return {
        "title": words.say("beside"),
        "about": words.say("beside.about"),
        "head": [words.say(f"beside.{key}") for key in KEYS],
        "rows": [(city, [said(city["figures"][key], key, words) for key in KEYS]) for city in shown],
    }


def section(content: Content) -> str:
    """The same on the page."""
    found = network_table(content["cities"])
    if not found["rows"]:
        return ""
    rows = [[name_of(city), *(text(cell) for cell in cells)] for city, cells in found["rows"]]
    table = table_of("With 95% intervals", ("City", *found["head"]), rows)
    return f"<h3>{text(found['title'])}</h3><p>{text(found['about'])}</p>{table}"
