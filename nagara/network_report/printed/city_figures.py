"""The figures on a city's pages: the headline beside other cities, and the curve. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nagara.network_report.printed.axes import place, whole_days
from nagara.network_report.texts import Texts

Content = Mapping[str, Any]
City = Mapping[str, Any]
UNITS = {
    "N2b": "share", "N3b.std": "share", "N3a.std": "share", "N5b": "share", "N5": "share",
    "N7b.past_promise": "share", "N13": "hours",
}  # fmt: skip
"""Of every headline figure; those of first closings stand in reports of before."""


CURVE_DAYS = (1, 3, 7, 14, 30)


def rows_of(content: Content, city: City, texts: Texts) -> list[dict[str, Any]]:
    """The five headline figures: value, interval, the period before, and everybody else on the same axis."""
    return [_row(content, city, figure, texts) for figure in UNITS if figure in city["headline"]]


def _row(content: Content, city: City, figure: str, texts: Texts) -> dict[str, Any]:
    unit = UNITS[figure]
    now, before = city["headline"][figure]["now"], city["headline"][figure]["before"]
    shown = now["value"] is not None and not now["withheld"]
    return {
        "name": texts.say(f"figure.{figure}"),
        "about": texts.say(f"about.{figure}"),
        "standing": standing(content, city, figure, texts),
        "value": texts.bare(now["value"], unit) if shown else None,
        "interval": texts.say("range", low=texts.bare(now["low"], unit), high=texts.bare(now["high"], unit))
        if shown and now["low"] is not None and now["high"] is not None
        else "",
        "withheld": None if shown else texts.reason(now["withheld"] or "none"),
        "provisional": texts.say("provisional") if now["provisional"] else None,
        "before": texts.bare(before["value"], unit) if before and before["value"] is not None else "–",
        "peers": peers(content, city, figure, texts),
        "count": texts.count(now["n"]),
        "strip": strip(content, city, figure) if shown else None,
    }


def others(content: Content, city: City, figure: str) -> list[tuple[str | None, float]]:
    """The band and value of every other city that has a figure."""
    return [
        (other["band"], other["headline"][figure]["now"]["value"])
        for other in content["cities"]
        if other["id"] != city["id"] and other["headline"][figure]["now"]["value"] is not None
    ]


def peers(content: Content, city: City, figure: str, texts: Texts) -> str:
    """From where to where the figures of cities of a like size reach; a dash for fewer than three."""
    values = [value for band, value in others(content, city, figure) if band and band == city["band"]]
    if len(values) < 3:
        return "–"
    low, high = (texts.bare(value, UNITS[figure]) for value in (min(values), max(values)))
    return texts.say("range", low=low, high=high)


def strip(content: Content, city: City, figure: str) -> dict[str, Any]:
    """Positions on an axis from 0 to 100 %, or from 0 to the longest of all cities in whole days."""
    now, before = city["headline"][figure]["now"], city["headline"][figure]["before"]
    values = [value for _, value in others(content, city, figure)]
    top = 1.0
    if UNITS[figure] == "hours":
        top = whole_days([now["high"] or 0, now["value"], *values])
    return place(now, before, values, top, hollow=city["simulated"])


def standing(content: Content, city: City, figure: str, texts: Texts) -> str | None:
    """Where a standardised figure lies, in words; the strongest only where chance and many looks do not explain it."""
    around = content.get("compared", {}).get(figure)
    verdict = around["verdicts"].get(city["id"]) if around else None
    if around is None or verdict is None:
        return None
    if verdict == "investigate" and not around["stands"].get(city["id"]):
        verdict = "watch"
    return texts.say(f"standing.{verdict}")


def curve_of(city: City, texts: Texts) -> dict[str, Any] | None:
    """The curve of issues still open, and in words what it shows."""
    points = [point for point in city["curve"] if len(point) == 4]
    if len(points) < 2:
        return None
    read = ", ".join(
        f"{texts.say('after_days', n=day)}: {texts.number(100 * point[1])}"
        for day in CURVE_DAYS
        if (point := _at(points, day))
    )
    return {"points": points, "alt": f"{texts.say('curve')} {read}."}


def _at(points: Sequence[Sequence[float]], day: float) -> Sequence[float] | None:
    return next((point for point in points if point[0] == day), None)


def closing_rows(city: City, texts: Texts) -> list[list[str]]:
    """Of 100 issues, how many were still open by day, with the limits."""
    points = [point for point in city["curve"] if len(point) == 4]
    rows = []
    for day in CURVE_DAYS:
        if point := _at(points, day):
            said, low, high = (texts.number(100 * value) for value in (point[1], point[2], point[3]))
            rows.append(
                [texts.say("after_days", n=day), texts.say("interval", value=said, low=low, high=high)]
            )
    return rows
