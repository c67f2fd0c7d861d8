"""Funnels of the network's printed report, and the intervals of rank for who asks. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from nagara.network_report.comparing import STANDARDISED, ranks
from nagara.network_report.plots import round_sizes
from nagara.network_report.printed.network_tables import name_in, named
from nagara.network_report.texts import Texts

Content = Mapping[str, Any]
Scale = Callable[[float], float]


def funnel(content: Content, found: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    """One funnel: its limits and cities as fractions of both axes, the same as a table, and in words."""
    cities = {city["id"]: city for city in content["cities"]}
    low, high = _ends(found)
    sizes = [row[0] for row in found["limits"]]
    x, y = _logarithmic(min(sizes), max(sizes)), _linear(low, high)
    step = 10 if high - low <= 0.6 else 20
    marks = [percent / 100 for percent in range(round(100 * low), round(100 * high) + 1, step)]
    spread = f" {texts.say('network.funnel.spread')}" if found["tau"] else ""
    return {
        "title": texts.say(f"network.funnel.{found['figure']}"),
        "about": texts.say("network.funnel.about", target=texts.share(found["target"])) + spread,
        "alt": _told(found, cities, texts),
        "levels": [(y(mark), texts.share(mark)) for mark in marks],
        "sizes": [(x(n), texts.count(n)) for n in round_sizes(min(sizes), max(sizes))],
        "limits": [(x(row[0]), *(y(end) for end in row[1:])) for row in found["limits"]],
        "target": y(found["target"]),
        "points": [
            {
                "x": x(point["n"]),
                "y": y(point["value"]),
                "city": name_in(cities[point["city"]], texts),
                "verdict": point["verdict"],
                "hollow": cities[point["city"]]["simulated"],
            }
            for point in found["points"]
        ],
        "rows": [
            {
                "city": named(cities[point["city"]], texts),
                "cells": [
                    texts.count(point["n"]),
                    texts.share(point["value"]),
                    texts.say(f"standing.{point['verdict']}"),
                ],
            }
            for point in sorted(found["points"], key=lambda point: str(cities[point["city"]]["name"]))
        ],
    }


def _ends(found: Mapping[str, Any]) -> tuple[float, float]:
    """The ends of the axis of shares, in tenths, that hold all points and limits."""
    shares = [point["value"] for point in found["points"]]
    shares += [value for row in found["limits"] for value in row[1:]]
    return math.floor(10 * min(shares)) / 10, math.ceil(10 * max(shares)) / 10


def _logarithmic(low: float, high: float) -> Scale:
    first, last = math.log(low), math.log(high)
    return lambda n: round((math.log(n) - first) / ((last - first) or 1), 4)


def _linear(low: float, high: float) -> Scale:
    return lambda value: float(round((value - low) / ((high - low) or 1), 4))


def _told(found: Mapping[str, Any], cities: Mapping[str, Mapping[str, Any]], texts: Texts) -> str:
    """What the funnel shows, for who does not see it."""
    outside = [point for point in found["points"] if point["verdict"] != "usual"]
    listed = ", ".join(f"{name_in(cities[p['city']], texts)} {texts.share(p['value'])}" for p in outside)
    return texts.say(
        "network.funnel.alt",
        name=texts.say(f"network.funnel.{found['figure']}"),
        n=len(found["points"]),
        target=texts.share(found["target"]),
        cities=listed or "–",
    )


def rank_intervals(content: Content, texts: Texts) -> list[dict[str, Any]]:
    """Within which ranks each city lies, for the standardised figures of three cities at least."""
    cities = {city["id"]: name_in(city, texts) for city in content["cities"]}
    found = []
    for figure in STANDARDISED:
        intervals = ranks(content, figure)
        rows = [
            [cities[city], texts.say("network.rank_of", low=one.low, high=one.high, n=len(intervals))]
            for city, one in intervals.items()
        ]
        if len(rows) > 2:
            found.append({"title": texts.say(f"figure.{figure}"), "rows": rows})
    return found
