"""What stands beside a city's headline figures, so that quick closing cannot look good by itself. Pure.

What a city declined and what it gains by it (N10, and the headline's figures in which declining keeps no promise and
ends no waiting), how many reports an issue has (N11), how long a problem waits for its first report (N14), and whether
an audit or residents say that it is fixed (N15). Reports that were kept without some of these print what they have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nagara.indicators.cells import Cell
from nagara.indicators.figure import Figure
from nagara.indicators.handling import propensity_figures, verified_figures
from nagara.network_report.blocks import name_of, table_of
from nagara.network_report.texts import SOURCE, Texts, texts_in
from nagara.network_report.words import text

Content = Mapping[str, Any]
City = Mapping[str, Any]
Figures = Mapping[str, Mapping[str, Any]]
KEYS = ("N5b.undeclined", "N13.undeclined", "N10.declined", "N11", "N14.delay", "N15", "N15.residents")
ON_ONE_PAGE = ("N5b.undeclined", "N10.declined", "N14.delay", "N15")
"""What of them a summary of one page has room for."""

SHARES = frozenset(("N5b.undeclined", "N10.declined", "N15", "N15.residents"))


def beside_figures(cells: Mapping[str, Cell]) -> dict[str, Figure]:
    """N14.delay and N15 of a city's cells of a period; N10 and N11 are among the other figures."""
    whole = Cell.merged(cells.values())
    return {"N14.delay": propensity_figures(whole)["N14.delay"]} | verified_figures(whole)


def _figures(city: City) -> Figures:
    """All figures of a city that a report keeps."""
    return {**city["figures"], **city.get("beside", {})}


def lines(city: City, texts: Texts, keys: Sequence[str] = KEYS) -> list[list[str]]:
    """Each figure's name and its estimate, in a language."""
    found = _figures(city)
    return [[texts.say(f"beside.{key}"), said(found[key], key, texts)] for key in keys if key in found]


def said(figure: Mapping[str, Any], key: str, texts: Texts) -> str:
    """Value and interval: N11 a number, N13 and N14 hours as their names say, others a share; or why there is none."""
    value, low, high = figure["value"], figure["low"], figure["high"]
    if figure["withheld"] or value is None:
        return texts.reason(str(figure["withheld"] or "none"))

    def plain(number: float) -> str:
        return texts.share(number) if key in SHARES else texts.number(number, 2 if key == "N11" else 0)

    if low is None or high is None:
        return plain(value)
    return texts.say("interval", value=plain(value), low=plain(low), high=plain(high))


def network_table(cities: Sequence[City], texts: Texts) -> dict[str, Any]:
    """These figures of every city, in a language: title, why, heads, and rows of a city with its cells."""
    keys = [key for key in KEYS if any(key in _figures(city) for city in cities)]
    shown = [city for city in cities if keys and all(key in _figures(city) for key in keys)]
    return {
        "title": texts.say("beside"),
        "about": texts.say("beside.about"),
        "head": [texts.say(f"beside.{key}") for key in keys],
        "rows": [(city, [said(_figures(city)[key], key, texts) for key in keys]) for city in shown],
    }


def section(content: Content) -> str:
    """The same on the page."""
    found = network_table(content["cities"], texts_in(SOURCE))
    if not found["rows"]:
        return ""
    rows = [[name_of(city), *(text(cell) for cell in cells)] for city, cells in found["rows"]]
    table = table_of("With 95% intervals", ("City", *found["head"]), rows)
    return f"<h3>{text(found['title'])}</h3><p>{text(found['about'])}</p>{table}"
