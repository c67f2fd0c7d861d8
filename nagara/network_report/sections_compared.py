"""Sections of the page on cities beside each other: funnels, districts, and what cities are asked to look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nagara.indicators.funnel import WORDS
from nagara.network_report.blocks import name_of, table_of
from nagara.network_report.plots import funnel
from nagara.network_report.texts import SOURCE, none_asked, texts_in
from nagara.network_report.words import count, estimate, share, text

Content = Mapping[str, Any]
DISTRICTS = (
    "A figure per district needs 30 issues; the typical difference is what remains once chance is taken off, and needs "
    "five districts and the number of their residents. Times are given that somebody reports. Every district stands in "
    "the spreadsheet and in the city's own report."
)


def funnels(content: Content) -> str:
    """Funnels with their tables, and where the standardised figures stand. Nobody is ordered."""
    cities = {city["id"]: city for city in content["cities"]}
    parts = []
    for found in content.get("funnels", ()):
        name = texts_in(SOURCE).say(f"network.funnel.{found['figure']}")
        rows = [
            [
                name_of(cities[point["city"]]),
                count(point["n"]),
                share(point["value"]),
                text(WORDS[point["verdict"]]),
            ]
            for point in sorted(found["points"], key=lambda point: str(cities[point["city"]]["name"]))
        ]
        table = table_of(
            "The same in numbers", ("City", "Issues", "Share", "Beside the others"), rows, {1, 2}
        )
        drawn = funnel(
            f"{name} by number of issues, {len(rows)} cities around {share(found['target'])}", found, cities
        )
        parts.append(f'<h3>{text(name)}</h3><figure class="plot">{drawn}</figure>{table}')
    if not parts:
        return "<p>Fewer than three cities have enough for a funnel.</p>"
    return f"<p>{text(texts_in(SOURCE).say('network.intro.funnels'))}</p>{''.join(parts)}{_standing(content, cities)}"


def _standing(content: Content, cities: Mapping[str, Any]) -> str:
    rows = [
        [name_of(cities[city]), text(texts_in(SOURCE).say(f"figure.{figure}")), text(WORDS[verdict])]
        for figure, around in content.get("compared", {}).items()
        for city, verdict in around["verdicts"].items()
        if verdict != "usual" and around["stands"][city]
    ]
    if not rows:
        return "<p>No standardised figure of any city stands out beyond chance and custom.</p>"
    head = ("City", "Figure", "Beside the others")
    return table_of("Standardised figures that stand out, held against all comparisons made", head, rows)


def districts(content: Content) -> str:
    """How far each city's districts differ, and between which means."""
    rows = []
    for city in content["cities"]:
        known = [row for row in city.get("districts", {}).get("rows", ()) if row["value"] is not None]
        if not city.get("headline"):
            continue
        spread = "–"
        if len(known) > 1:
            values = [row["value"] / 24 for row in known]
            spread = f"{min(values):.1f} to {max(values):.1f} days"
        found = city["headline"]["N13"]["now"]
        rows.append([name_of(city), str(len(known)), spread, text(estimate(found, "hours"))])
    head = ("City", "Districts with a figure", "Their means reach from", "Typical difference")
    return f"<p>{text(DISTRICTS)}</p>" + table_of(
        "Mean days open in the first 30 days, between districts", head, rows, {1}
    )


def asked(content: Content) -> str:
    """The questions to each city."""
    items = "".join(
        f"<li><strong>{text(city['name'])}</strong>: {text(one['words'])}</li>"
        for city in content["cities"]
        for one in city.get("asked", ())
    )
    say = texts_in(SOURCE).say
    return f"<p>{text(say('network.intro.asked'))}</p>" + (
        f"<ul>{items}</ul>" if items else f"<p>{text(say(none_asked(content['cities'])))}</p>"
    )
