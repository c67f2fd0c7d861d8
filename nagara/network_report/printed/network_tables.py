"""The tables of the network's printed report: each city a line, in order of name, with its figure on an axis. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nagara.network_report.beside import network_table
from nagara.network_report.printed.axes import axis, place, whole_days
from nagara.network_report.printed.city_details import ages_of
from nagara.network_report.printed.city_figures import UNITS
from nagara.network_report.printed.of_city import names
from nagara.network_report.texts import SOURCE, Texts

Content = Mapping[str, Any]
City = Mapping[str, Any]
COLUMNS = 7
"""Kinds of issue side by side in one table."""

NOTHING = ("N5b", "N5", "N7b.past_promise")
"""Figures of which there may be none to count: the words say none of what."""


def named(city: City, texts: Texts) -> dict[str, Any]:
    """A city's name in the report's language, and in its own or in English beside it."""
    name, other = names(city, texts.language)
    tag = next((tag for tag, own in city["names"].items() if own == other), SOURCE)
    return {
        "name": name,
        "local": other,
        "local-lang": tag.partition("-")[0],
        "simulated": city["simulated"],
    }


def name_in(city: City, texts: Texts) -> str:
    """A city's name in the report's language."""
    return names(city, texts.language)[0]


def cover(city: City, texts: Texts) -> dict[str, Any]:
    """How many reports a city has, from when, and how complete their records are."""
    found = city["coverage"]
    first, last = (
        texts.short_month(month) if month else "–" for month in (found["first_month"], found["last_month"])
    )
    shares = (found[name] for name in ("with_district", "followed_30_days", "imported"))
    cells = [
        texts.count(found["reports"]),
        texts.count(found["issues"]),
        first if first == last else texts.say("range", low=first, high=last),
        *("–" if one is None else texts.share(one) for one in shares),
    ]
    return {"city": named(city, texts), "cells": cells}


def first_read(content: Content) -> list[str]:
    """The headline figures of the report, in order."""
    known = {figure for city in content["cities"] for figure in city["headline"]}
    return [figure for figure in UNITS if figure in known]


def headline(cities: Sequence[City], figure: str, texts: Texts) -> dict[str, Any]:
    """One headline figure of all cities that have it, and why the others have none."""
    unit = UNITS[figure]
    values = [city["headline"][figure]["now"] for city in cities]
    top = 1.0
    if unit == "hours":
        top = whole_days([now["high"] or now["value"] for now in values if now["value"] is not None])
    rows = rows_of(cities, lambda city: city["headline"].get(figure), top, unit, texts)
    return {
        "title": texts.say(f"figure.{figure}"),
        "about": texts.say(f"about.{figure}"),
        "axis": [(0.0, "0"), (1.0, days(top, texts))] if unit == "hours" else axis(texts),
        "rows": [row for row in rows if row["strip"] is not None],
        "left": left_out(cities, figure, texts),
        "none": texts.say("network.none"),
    }


def beside(cities: Sequence[City], texts: Texts) -> dict[str, Any]:
    """What the headline is to be read beside."""
    found = network_table(cities, texts)
    return found | {"rows": [{"city": named(city, texts), "cells": cells} for city, cells in found["rows"]]}


def left_out(cities: Sequence[City], figure: str, texts: Texts) -> list[str]:
    """Cities without the figure, by the reason; in English, as the report keeps it, else in short."""
    reasons: dict[str, list[str]] = {}
    for city in cities:
        now = city["headline"][figure]["now"]
        if now["value"] is None or now["withheld"]:
            reasons.setdefault(_why(now["withheld"], figure, texts), []).append(name_in(city, texts))
    return [texts.say("network.left", why=why, cities=", ".join(found)) for why, found in reasons.items()]


def _why(withheld: str | None, figure: str, texts: Texts) -> str:
    if withheld is None:
        return texts.say("not_reached")
    if withheld == "none" and figure in NOTHING:
        return texts.say(f"network.nothing.{figure}")
    return withheld if texts.language == SOURCE and withheld != "none" else texts.reason(withheld)


def days(hours: float, texts: Texts) -> str:
    """The end of an axis: whole days."""
    return texts.say("days", n=f"{hours / 24:g}")


def reference(cities: Sequence[City], texts: Texts) -> dict[str, Any]:
    """Shares within the monitoring reference, of the cities that have any."""
    rows = rows_of(
        cities,
        lambda city: {"now": city["figures"]["N4.reference"], "before": None},
        1.0,
        "share",
        texts,
        skip_empty=True,
    )
    return {"axis": axis(texts), "rows": rows}


def rows_of(
    cities: Sequence[City],
    pick: Callable[[City], Mapping[str, Any] | None],
    top: float,
    unit: str,
    texts: Texts,
    *,
    skip_empty: bool = False,
) -> list[dict[str, Any]]:
    """A figure of each city on an axis from 0 to ``top``, in words, with the period before and the count."""
    rows = []
    for city in cities:
        found = pick(city)
        if found is None or (skip_empty and found["now"]["withheld"]):
            continue
        now, before = found["now"], found["before"]
        known = now["value"] is not None and not now["withheld"]
        past = before["value"] if before else None
        rows.append(
            {
                "city": named(city, texts),
                "strip": place(now, before, [], top, hollow=city["simulated"]) if known else None,
                "said": texts.estimate(now, unit),
                "provisional": bool(now["provisional"]),
                "before": "–" if past is None else texts.amount(past, unit),
                "count": texts.count(now["n"]),
            }
        )
    return rows


def districts(cities: Sequence[City], texts: Texts) -> dict[str, Any]:
    """The districts of each city as ticks of one axis, and how far they differ beyond chance."""
    found = {
        city["id"]: [row["value"] for row in city["districts"].get("rows", ()) if row["value"] is not None]
        for city in cities
    }
    top = whole_days([value for values in found.values() for value in values])
    nothing = {"value": None, "low": None, "high": None}
    rows = []
    for city in cities:
        values = found[city["id"]]
        now = city["headline"]["N13"]["now"]
        of = city["districts"].get("expected", len(values))
        rows.append(
            {
                "city": named(city, texts),
                "strip": place(nothing, None, values, top, hollow=False) if values else None,
                "known": texts.say("network.of", n=len(values), of=of),
                "shown": now["value"] is not None,
                "said": texts.estimate(now, "hours"),
            }
        )
    return {"rows": rows, "scale": days(top, texts), "left": left_out(cities, "N13", texts)}


def kinds(content: Content, cities: Sequence[City], texts: Texts) -> list[dict[str, Any]]:
    """Every kind of issue that two cities have a figure for, some columns at a time."""
    codes = [
        code
        for code in content["codes"]
        if sum((city["by_code"].get(code["code"]) or {}).get("value") is not None for city in cities) > 1
    ]
    tables = []
    for begin in range(0, len(codes), COLUMNS):
        part = codes[begin : begin + COLUMNS]
        rows = [
            {"city": named(city, texts), "cells": [_cell(city, code["code"], texts) for code in part]}
            for city in cities
        ]
        heads = [f"{kind_in(code, texts)}, {texts.span(code['reference_hours'])}" for code in part]
        tables.append({"head": heads, "rows": [row for row in rows if any(row["cells"])]})
    return tables


def kind_in(code: Mapping[str, Any], texts: Texts) -> str:
    """A kind of issue in the report's language."""
    return str(code.get("names", {}).get(texts.language, code["label"]))


def _cell(city: City, code: str, texts: Texts) -> list[str] | None:
    figure = city["by_code"].get(code)
    if figure is None or figure["value"] is None:
        return None
    bounded = figure["low"] is not None and figure["high"] is not None
    ends = (
        texts.say("range", low=texts.share(figure["low"]), high=texts.share(figure["high"]))
        if bounded
        else ""
    )
    return [texts.share(figure["value"]), ends]


def backlog(city: City, texts: Texts) -> dict[str, Any] | None:
    """A city's open issues by age; None with fewer than 20."""
    found = ages_of(city, texts)
    if found is None:
        return None
    return {
        "city": named(city, texts),
        "parts": found["parts"],
        "open": texts.number(found["total"]),
        "said": texts.estimate(city["figures"]["N7b.median"], "hours"),
    }
