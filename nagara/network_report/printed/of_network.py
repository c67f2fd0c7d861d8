"""What stands on the printed pages of the network's report, in English. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nagara.indicators.funnel import WORDS as VERDICT_WORDS
from nagara.network_report.beside import network_table
from nagara.network_report.comparing import STANDARDISED, ranks
from nagara.network_report.page import READING, SECTIONS
from nagara.network_report.plots import round_sizes
from nagara.network_report.printed.of_city import ages_of, place, was_heard_of
from nagara.network_report.printed.of_network_words import (
    ABOUT,
    BACKLOG_UNIT,
    CODES_HEAD,
    COMPARED,
    COVER_HEAD,
    DEFINITIONS_HEAD,
    FUNNEL_NAMES,
    INTRO,
    NAMES,
    NOTHING,
    PROVENANCE_HEAD,
    UNITS,
    WORDS,
)  # fmt: skip
from nagara.network_report.sections import AGES, LIMITS, mix_of
from nagara.network_report.sections import was_heard_of as has_anything
from nagara.network_report.texts import SOURCE, texts_in
from nagara.network_report.words import (
    NOT_REACHED,
    estimate,
    period,
    round_hours,
    share,
    short_month,
)
from nagara.network_report.words import (
    count as exact_count,
)

Content = Mapping[str, Any]
City = Mapping[str, Any]
COLUMNS = 7
"""Kinds of issue side by side in one table."""

SHARE_MARKS = [(0.0, "0%"), (0.5, "50%"), (1.0, "100%")]


def network_pages(content: Content, digest: str, draft: bool, with_ranks: bool = False) -> dict[str, Any]:
    """The data of the whole report; intervals of ranks only where somebody asked for them."""
    heard = [city for city in content["cities"] if was_heard_of(city)]
    silent = [city["name"] for city in content["cities"] if not has_anything(city)]
    words = texts_in(SOURCE)
    return {
        "lang": SOURCE,
        "region": None,
        "title": f"{content['network']}: how cities answer, {period(content['period'])}",
        "description": "Report of the network, with intervals, methods and sources",
        "keywords": [content["period"], digest],
        "network": content["network"],
        "kind": f"{len(content['cities'])} cities, in order of name",
        "heading": "How cities answer their residents",
        "question": "Network report",
        "period": period(content["period"]),
        "draft": words.say("draft") if draft else None,
        "notices": content["remarks"],
        "reading": list(READING),
        "foot": f"Report {digest[:16]}, method version {content['method_version']}.",
        "page": words.words["page"],
        "words": WORDS,
        "sections": {key: title for key, title, _ in SECTIONS} | {"ranks": "Intervals of rank"},
        "intro": dict(INTRO)
        | {"headline": INTRO["headline"].format(mix=_mix(content), when=mix_of(content))},
        "cover-head": COVER_HEAD,
        "cover": [_cover(city) for city in heard],
        "silent": f"Without reports in this period: {', '.join(silent)}." if silent else None,
        "noted": [[city["name"], " ".join(city["questions"])] for city in heard if city["questions"]],
        "headline": [_headline(content, heard, figure) for figure in _first(content)],
        "beside": _beside(heard),
        "funnels": [_funnel(content, funnel) for funnel in content.get("funnels", ())],
        "ranks": _ranks(content) if with_ranks else [],
        "districts": _districts(heard),
        "asked": [
            [city["name"], " ".join(one["words"] for one in city["asked"])] for city in heard if city["asked"]
        ],
        "kinds": _kinds(content, heard),
        "age-names": list(AGES),
        "backlog": [row for city in content["cities"] if (row := _backlog(city)) is not None],
        "reference": {"axis": SHARE_MARKS, "rows": _rows(heard, _reference, 1.0, "share", skip_empty=True)},
        "limits": list(LIMITS),
        "definitions-head": DEFINITIONS_HEAD,
        "definitions": [_definition(line) for line in content["definitions"]],
        "codes-head": CODES_HEAD,
        "codes": [_code(content, code) for code in content["codes"]],
        "provenance-head": PROVENANCE_HEAD,
        "provenance": [_provenance(city) for city in content["cities"]],
        "digest-line": f"Digest of this report's content: {digest}. The same snapshots give the same report, byte for "
        f"byte. Form {content.get('report_version') or '1'} of the report.",
    }


def _mix(content: Content) -> str:
    labels = {code["code"]: code["label"].lower() for code in content["codes"]}
    largest = sorted(content["weights"].items(), key=lambda item: -item[1])[:4]
    return ", ".join(f"{labels[code]} {share(weight)}" for code, weight in largest) or "none yet"


def count(number: int | None) -> str:
    """A count in a narrow column; None is a small one that is not published."""
    return "< 10" if number is None else exact_count(number)


def named(city: City) -> dict[str, Any]:
    """A city's name, also in its own language."""
    local = city["local_name"] if city["local_name"] != city["name"] else None
    tag = next((tag for tag, name in city["names"].items() if name == local), SOURCE)
    return {
        "name": city["name"],
        "local": local,
        "local-lang": tag.partition("-")[0],
        "simulated": city["simulated"],
    }


def _cover(city: City) -> dict[str, Any]:
    found = city["coverage"]
    first, last = (
        short_month(month) if month else "–" for month in (found["first_month"], found["last_month"])
    )
    cells = [
        count(found["reports"]),
        count(found["issues"]),
        first if first == last else f"{first} to {last}",
        *(share(found[name]) for name in ("with_district", "followed_30_days", "imported")),
    ]
    return {"city": named(city), "cells": cells}


def _first(content: Content) -> list[str]:
    """The headline figures of the report, in order."""
    known = {figure for city in content["cities"] for figure in city["headline"]}
    return [figure for figure in UNITS if figure in known]


def _headline(content: Content, cities: Sequence[City], figure: str) -> dict[str, Any]:
    unit = UNITS[figure]
    values = [city["headline"][figure]["now"] for city in cities]
    top = (
        _top([now["high"] or now["value"] for now in values if now["value"] is not None])
        if unit == "hours"
        else 1.0
    )
    marks = [(0.0, "0"), (1.0, _days(top))] if unit == "hours" else SHARE_MARKS
    rows = _rows(cities, lambda city: city["headline"].get(figure), top, unit)
    return {
        "title": NAMES[figure],
        "about": ABOUT[figure],
        "axis": marks,
        "rows": [row for row in rows if row["strip"] is not None],
        "left": _left_out(cities, figure),
        "none": "No city has enough for this figure in this period.",
    }


def _beside(cities: Sequence[City]) -> dict[str, Any]:
    found = network_table(cities)
    return found | {"rows": [{"city": named(city), "cells": cells} for city, cells in found["rows"]]}


def _left_out(cities: Sequence[City], figure: str) -> list[str]:
    """Cities without the figure, by the reason."""
    reasons: dict[str, list[str]] = {}
    for city in cities:
        now = city["headline"][figure]["now"]
        if now["value"] is None or now["withheld"]:
            why = now["withheld"] or NOT_REACHED
            reasons.setdefault(NOTHING.get(figure, why) if why == "none" else why, []).append(city["name"])
    return [f"Not shown, {why}: {', '.join(found)}." for why, found in reasons.items()]


def _days(hours: float) -> str:
    return "1 day" if hours == 24 else f"{hours / 24:g} days"


def _top(values: Sequence[float]) -> float:
    """The end of an axis of hours: whole days."""
    return math.ceil(max([24.0, *values]) / 24) * 24.0


def _reference(city: City) -> Mapping[str, Any]:
    return {"now": city["figures"]["N4.reference"], "before": None}


def _rows(
    cities: Sequence[City],
    pick: Callable[[City], Mapping[str, Any] | None],
    top: float,
    unit: str,
    *,
    skip_empty: bool = False,
) -> list[dict[str, Any]]:
    rows = []
    for city in cities:
        found = pick(city)
        if found is None or (skip_empty and found["now"]["withheld"]):
            continue
        now, before = found["now"], found["before"]
        known = now["value"] is not None and not now["withheld"]
        rows.append(
            {
                "city": named(city),
                "strip": place(now, before, [], top, hollow=city["simulated"]) if known else None,
                "said": "none in this period" if now["withheld"] == "none" else estimate(now, unit),
                "provisional": bool(now["provisional"]),
                "before": _bare(before, unit),
                "count": count(now["n"]),
            }
        )
    return rows


def _bare(figure: Mapping[str, Any] | None, unit: str) -> str:
    if not figure or figure["value"] is None:
        return "–"
    return share(figure["value"]) if unit == "share" else f"{figure['value'] / 24:.1f} days"


def _funnel(content: Content, funnel: Mapping[str, Any]) -> dict[str, Any]:
    cities = {city["id"]: city for city in content["cities"]}
    sizes = [row[0] for row in funnel["limits"]]
    shares = [point["value"] for point in funnel["points"]]
    ends = [value for row in funnel["limits"] for value in row[1:]]
    low = math.floor(10 * min([*shares, min(ends)])) / 10
    high = math.ceil(10 * max([*shares, max(ends)])) / 10
    first, last = math.log(min(sizes)), math.log(max(sizes))

    def x(n: float) -> float:
        return round((math.log(n) - first) / ((last - first) or 1), 4)

    def y(value: float) -> float:
        return float(round((value - low) / ((high - low) or 1), 4))

    step = 10 if high - low <= 0.6 else 20
    marks = [percent / 100 for percent in range(round(100 * low), round(100 * high) + 1, step)]
    name = FUNNEL_NAMES[funnel["figure"]]
    outside = [p for p in funnel["points"] if p["verdict"] != "usual"]
    named_outside = ", ".join(f"{cities[p['city']]['name']} {share(p['value'])}" for p in outside) or "none"
    return {
        "title": name,
        "about": f"Network: {share(funnel['target'])}. Dashed: 95% limits; solid: 99.8%."
        + (" The limits allow for what usually differs between member cities." if funnel["tau"] else ""),
        "alt": f"{name} by number of issues, {len(funnel['points'])} cities around {share(funnel['target'])}. "
        f"Outside the 95% limits: {named_outside}.",
        "levels": [(y(mark), share(mark)) for mark in marks],
        "sizes": [(x(n), count(n)) for n in round_sizes(min(sizes), max(sizes))],
        "limits": [(x(row[0]), *(y(end) for end in row[1:])) for row in funnel["limits"]],
        "target": y(funnel["target"]),
        "points": [
            {
                "x": x(p["n"]),
                "y": y(p["value"]),
                "city": cities[p["city"]]["name"],
                "verdict": p["verdict"],
                "hollow": cities[p["city"]]["simulated"],
            }
            for p in funnel["points"]
        ],
        "rows": [
            {
                "city": named(cities[p["city"]]),
                "cells": [count(p["n"]), share(p["value"]), VERDICT_WORDS[p["verdict"]]],
            }
            for p in sorted(funnel["points"], key=lambda p: str(cities[p["city"]]["name"]))
        ],
    }


def _ranks(content: Content) -> list[dict[str, Any]]:
    cities = {city["id"]: city["name"] for city in content["cities"]}
    found = []
    for figure in STANDARDISED:
        intervals = ranks(content, figure)
        rows = [
            [cities[city], f"{one.low} to {one.high} of {len(intervals)}"] for city, one in intervals.items()
        ]
        if len(rows) > 2:
            found.append({"title": NAMES[figure], "rows": rows})
    return found


def _districts(cities: Sequence[City]) -> dict[str, Any]:
    """The districts of each city as ticks of one axis, and how far they differ beyond chance."""
    found = {
        city["id"]: [row for row in city["districts"].get("rows", ()) if row["value"] is not None]
        for city in cities
    }
    top = _top([row["value"] for rows in found.values() for row in rows])
    nothing = {"value": None, "low": None, "high": None}
    rows = []
    for city in cities:
        values = [row["value"] for row in found[city["id"]]]
        now = city["headline"]["N13"]["now"]
        rows.append(
            {
                "city": named(city),
                "strip": place(nothing, None, values, top, hollow=False) if values else None,
                "known": f"{len(values)} of {city['districts'].get('expected', len(values))}",
                "shown": now["value"] is not None,
                "said": estimate(now, "hours"),
            }
        )
    return {"rows": rows, "scale": _days(top), "left": _left_out(cities, "N13")}


def _kinds(content: Content, cities: Sequence[City]) -> list[dict[str, Any]]:
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
            {"city": named(city), "cells": [_cell(city, code["code"]) for code in part]} for city in cities
        ]
        heads = [f"{code['label']}, {round_hours(code['reference_hours'])}" for code in part]
        tables.append({"head": heads, "rows": [row for row in rows if any(row["cells"])]})
    return tables


def _cell(city: City, code: str) -> list[str] | None:
    figure = city["by_code"].get(code)
    if figure is None or figure["value"] is None:
        return None
    bounded = figure["low"] is not None and figure["high"] is not None
    return [share(figure["value"]), f"{share(figure['low'])} to {share(figure['high'])}" if bounded else ""]


def _backlog(city: City) -> dict[str, Any] | None:
    found = ages_of(city["backlog"], texts_in(SOURCE))
    if found is None:
        return None
    median = city["figures"]["N7b.median"]
    return {
        "city": named(city),
        "parts": found["parts"],
        "open": found["said"].removesuffix(" open"),
        "said": estimate(median, BACKLOG_UNIT),
    }


def _definition(line: Mapping[str, Any]) -> list[str]:
    least = f"{line['minimum_n']} issues" if line["minimum_n"] else "always"
    return [line["id"], line["name"], line["estimand"], line["denominator"], line["interval"], least]


def _code(content: Content, code: Mapping[str, Any]) -> list[str]:
    weight = content["weights"].get(code["code"])
    hours = code["reference_hours"]
    return [
        code["code"],
        code["label"],
        COMPARED[code["comparability"]],
        round_hours(hours) if hours else "none",
        share(weight) if weight else "–",
    ]


def _provenance(city: City) -> list[str]:
    made = city["snapshot"]
    if made is None:
        return [city["name"], "no snapshot", "", "", ""]
    when = made["cut_off"][:16].replace("T", " ")
    versions = f"method {made['method_version']}, holidays {made['holidays_version']}"
    inputs = f"inputs {made['inputs_digest'][:24]}… {versions}, configuration {', '.join(made['config_fingerprints'])}"
    return [city["name"], when, count(made["events_seen"]), made["id"], inputs]
