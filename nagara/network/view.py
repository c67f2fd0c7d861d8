"""Figures of cities side by side, as the network's pages, its reports and its clients read them. Aggregates only.

Every answer is made of cities' sheets (``indicators.sheets``): one question for the newest snapshots, one for the
sheets that are kept, and one for cells where a sheet has to be made. The public sees no small numbers; ``internal``
answers show them with a flag.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from orjson import Fragment

from city_config import City, Configuration
from nagara.errors import InvalidInput
from nagara.indicators.brief import QUALITY
from nagara.indicators.definitions import BY_ID, DEFINITIONS, FEW, METHOD_VERSION
from nagara.indicators.figures import ALL_CODES
from nagara.indicators.period import Period
from nagara.indicators.publishing import ages_shown, hidden, publish, published
from nagara.indicators.reasons import explained
from nagara.indicators.sheet import AGE_CLASSES
from nagara.indicators.sheets import Asked, CitySheet, hidden_districts
from nagara.indicators.shown import Shown
from nagara.indicators.side_by_side import FUNNELS, HEADLINE
from nagara.indicators.snapshots import ALL_DISTRICTS
from nagara.network.pulled import WITHHELD, pulled_cities, told_of
from nagara.network.sheets_read import Connection, Figures, Read, alone, head_of

BANDS = ((300_000, "below 0.3 m"), (2_000_000, "0.3 to 2 m"), (None, "above 2 m"))
"""Cities of a band are read beside each other: context, not an adjustment."""


def indicators(
    connection: Connection,
    configuration: Configuration,
    period: Period,
    city_ids: Sequence[str],
    code: str = ALL_CODES,
    district: str = ALL_DISTRICTS,
    *,
    internal: bool = False,
    rank: bool = False,
    snapshots: Mapping[str, UUID] | None = None,
    to_send: bool = False,
) -> dict[str, Any]:
    """Figures of the cities for a period from their newest snapshots (or those given), in order of city name.

    A city without a snapshot is named in ``without_figures``, never left out in silence. Funnels are there when the
    whole network is asked for, ranks only on demand and as intervals. ``to_send``: what is kept ready of a city stands
    in the answer as the JSON it is (``orjson.Fragment``), for who makes JSON of it and nothing else.
    """
    asked = Asked(period, code, district)
    read = Read(connection, configuration, asked, city_ids, snapshots, whole=not (to_send and asked.whole))
    ready: Mapping[str, Shown] = {}
    if to_send and asked.whole:
        ready = read.shown(connection, configuration, internal=internal)
        read.read_whole(connection, configuration, read.sheets.keys() - ready.keys())
    weighed = read.weighed()
    raw = read.figures(weighed)
    funnels = read.funnels(raw, internal=internal) if asked.whole and not city_ids else {}
    said = {key: _said(one) for key, one in funnels.items()}
    ranked = read.ranks(raw, internal=internal) if rank else None
    rows = []
    for city in read.cities:
        found = read.sheets.get(city.id)
        if found is None:
            continue
        row = head_of(city) | {"peer": _peer(city)}
        row |= {"simulated": found.sheet["simulated"], "snapshot": found.snapshot.as_json()}
        if city.id in ready:
            row |= _ready(ready[city.id], publish(weighed[city.id], internal=internal))
        else:
            row |= _told(read, found, raw[city.id], internal)
        row["beside"] = {key: own[city.id] for key, own in said.items() if city.id in own}
        row["ranks"] = None
        if ranked is not None:
            row["ranks"] = {key: own[city.id] for key, own in ranked.items() if city.id in own}
        rows.append(row)
    return {
        "period": str(period),
        "code": code,
        "district": district or None,
        "method_version": METHOD_VERSION,
        "weights": read.weights.as_json(),
        "simulated": [row["city"] for row in rows if row["simulated"]],
        "funnels": funnels,
        "cities": rows,
        "without_figures": [city.id for city in read.cities if city.id not in read.sheets],
    }


def overview(connection: Connection, configuration: Configuration, period: Period) -> dict[str, Any]:
    """Every city on one page: how much it reported, how good its data are, and the headline figures."""
    read = Read(connection, configuration, Asked(period))
    raw = read.figures(read.weighed(HEADLINE))
    said = read.verdicts(raw, [key for key in HEADLINE if key in FUNNELS])
    rows = []
    for city in read.cities:
        found = read.sheets.get(city.id)
        row = head_of(city) | {"centre": {"lat": city.map.centre.lat, "lon": city.map.centre.lon}}
        if found is None:
            rows.append(
                row
                | {
                    "simulated": False,
                    "snapshot": None,
                    "coverage": None,
                    "headline": {},
                    "beside": {},
                    "pulled": None,
                }
            )
            continue
        told = {key: raw[city.id][key] for key in (*QUALITY, *HEADLINE) if key in raw[city.id]}
        shown = _shown(found, told, False)
        row |= {"simulated": found.sheet["simulated"], "snapshot": _short(found)}
        row["coverage"] = _coverage(found.sheet["coverage"]) | {
            "quality": {key: shown[key] for key in QUALITY if key in shown}
        }
        row["headline"] = {key: shown[key] for key in HEADLINE if key in shown}
        row["beside"] = {key: own[city.id] for key, own in said.items() if city.id in own}
        row["pulled"] = read.pulled[city.id].as_json() if city.id in read.pulled else None
        rows.append(row)
    return {"period": str(period), "method_version": METHOD_VERSION, "cities": rows}


def funnel_of(
    connection: Connection, configuration: Configuration, period: Period, figure: str
) -> dict[str, Any]:
    """One figure of all cities around their common value; raises ``InvalidInput`` for one that has no funnel."""
    if figure not in FUNNELS:
        raise InvalidInput(f"{figure[:40]!r} has no funnel.", field="figure", allowed=FUNNELS)
    read = Read(connection, configuration, Asked(period))
    shown: dict[str, Any] = read.funnels(read.figures(read.weighed((figure,))), [figure])[figure]
    return {"period": str(period)} | shown


def equity(
    connection: Connection, configuration: Configuration, period: Period, city_id: str
) -> dict[str, Any]:
    """How the districts of a city differ, with chance taken off, beside how readily each reports (N14)."""
    (city,), sheets = alone(connection, configuration, Asked(period), [city_id])
    answer: dict[str, Any] = head_of(city) | {"period": str(period), "snapshot": None, "districts": []}
    found = sheets.get(city.id)
    if found is None:
        return answer | {"figure": None, "gaps": None}
    pulled = pulled_cities(connection).get(city.id)
    figure = told_of(pulled, found.sheet, {"N13": found.sheet["figures"]["N13"]})
    told = found.sheet["equity"] or {"withheld": "no districts", "smoothed": {}, "kept": {}}
    untold = figure["N13"]["withheld"] == WITHHELD
    if untold:
        told = {"withheld": WITHHELD, "smoothed": {}, "kept": {}}
    gaps = {key: value for key, value in told.items() if key not in ("smoothed", "kept")}
    gaps |= explained(gaps["withheld"])
    answer |= {"simulated": found.sheet["simulated"], "snapshot": _short(found), "gaps": gaps}
    answer["figure"] = _shown(found, figure, False)["N13"]
    untold_counts = hidden_districts(connection, found.snapshot, period)
    for row in found.sheet["districts"]:
        own = told_of(pulled, found.sheet, {"N14.delay": row["delay"]})
        known = row | {"delay": own["N14.delay"]} | ({"value": None} if untold else {})
        shown = _district(city, known, told)
        if row["district"] in untold_counts:
            shown |= {"n": None, "delay": hidden(shown["delay"])}
        reason = WITHHELD if untold else shown["withheld"]
        answer["districts"].append(shown | {"withheld": reason} | explained(reason))
    return answer


def _district(city: City, row: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """A district's mean time open in 30 days; withheld below 30 issues."""
    enough = row["n"] >= BY_ID["N13"].minimum_n and row["value"] is not None
    half = 1.959964 * row["error"] if enough else 0.0
    names = city.district_names.get(row["district"])
    return {
        "district": row["district"],
        "geometry": f"{city.id}:{row['district']}",
        "names": dict(names) if names else {},
        "population": row["population"],
        "n": None if 0 < row["issues"] < FEW else row["issues"],
        "value": row["value"] if enough else None,
        "low": max(0.0, row["value"] - half) if enough else None,
        "high": row["value"] + half if enough else None,
        "smoothed": told["smoothed"].get(row["district"]) if enough else None,
        "kept": told["kept"].get(row["district"]) if enough else None,
        "withheld": None if enough else f"fewer than {BY_ID['N13'].minimum_n} issues followed for 30 days",
        "delay": published("N14.delay", row["delay"]),
    }


def backlog(
    connection: Connection, configuration: Configuration, period: Period, city_ids: Sequence[str]
) -> dict[str, Any]:
    """What is open, whenever received, by age; the period only chooses which sheet is read."""
    cities, sheets = alone(connection, configuration, Asked(period), city_ids)
    rows = []
    for city in cities:
        found = sheets.get(city.id)
        if found is None:
            continue
        own = {key: figure for key, figure in found.sheet["figures"].items() if key.startswith("N7")}
        shown = _shown(found, own, False)
        classes = [
            {"from_days": above / 24, "to_days": None if upto is None else upto / 24, "open": count}
            for (above, upto), count in zip(
                AGE_CLASSES, ages_shown(found.sheet["backlog"], shown), strict=True
            )
        ]
        row = head_of(city) | {"simulated": found.sheet["simulated"], "snapshot": _short(found)}
        rows.append(row | {"figures": shown, "classes": classes})
    return {"period": str(period), "cities": rows}


def definitions(configuration: Configuration) -> dict[str, Any]:
    """What each figure is, and the common codes it is computed for."""
    codes = [
        {
            "code": code.code,
            "names": dict(code.names),
            "service_class": code.service_class,
            "comparability": code.comparability,
            "reference_hours": code.reference_hours,
        }
        for code in configuration.network.codes
    ]
    return {"definitions": [definition.as_json() for definition in DEFINITIONS], "codes": codes}


def _short(found: CitySheet) -> dict[str, Any]:
    return {"id": str(found.snapshot.id), "cut_off": found.snapshot.cut_off.isoformat()}


def _peer(city: City) -> dict[str, Any]:
    stated = city.population
    band = None
    if stated:
        band = next(name for upto, name in BANDS if upto is None or stated.value <= upto)
    source = f"{stated.source}, {stated.year}" if stated and stated.source else None
    return {"population": stated.value if stated else None, "population_source": source, "band": band}


def _shown(found: CitySheet, figures: Mapping[str, Mapping[str, Any]], internal: bool) -> Figures:
    """Figures as the public sees them, or officials; a part that gives small ones away is hidden whole."""
    shown = publish(figures, internal=internal)
    if found.sheet["hidden"] and not internal:
        return {key: hidden(figure) for key, figure in shown.items()}
    return shown


def _coverage(told: Mapping[str, Any]) -> dict[str, Any]:
    few = {name: None if 0 < told[name] < FEW else told[name] for name in ("reports", "issues")}
    return {**{name: value for name, value in told.items() if name != "imported"}, **few}


def _told(read: Read, found: CitySheet, figures: Figures, internal: bool) -> dict[str, Any]:
    """What is shown of a city's sheet."""
    without, hidden_whole = found.sheet["without_emergencies"], found.sheet["hidden"] and not internal
    if without is not None:
        without = _shown(found, read.told(found.snapshot.city_id, without), internal)
        if found.sheet.get("without_hidden") and not internal:
            without = {key: hidden(figure) for key, figure in without.items()}
    return {
        "figures": _shown(found, figures, internal),
        "without_emergencies": without,
        "survival": [] if hidden_whole else found.sheet["survival"],
    }


def _ready(shown: Shown, weighed: Mapping[str, Any]) -> dict[str, Any]:
    """The same of what is kept ready, with what only the network's mix decides."""
    return {
        "figures": Fragment(shown.with_further(weighed)),
        "without_emergencies": Fragment(shown.without_emergencies),
        "survival": Fragment(shown.survival),
    }


def _said(shown: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What a funnel says of each city that it says anything of."""
    names = ("verdict", "words", "z", "z_adjusted", "stands")
    return {
        point["city"]: {name: point[name] for name in names} for point in shown["points"] if point["verdict"]
    }
