"""How issues ended by hours since receipt, city by city: as long as a page of all cities, and made of ready parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orjson import Fragment

from city_config import Configuration
from nagara.indicators.figures import ALL_CODES
from nagara.indicators.period import Period
from nagara.indicators.reasons import explained
from nagara.indicators.sheets import Asked, curves_of, sheets_of
from nagara.indicators.shown import CAUSES, ReadyCurve, curve_shown
from nagara.indicators.snapshots import ALL_DISTRICTS, latest_snapshots
from nagara.network.pulled import WITHHELD, PulledCity, causes_untold, pulled_cities
from nagara.network.sheets_read import Connection, chosen_cities, head_of


def curve(
    connection: Connection,
    configuration: Configuration,
    period: Period,
    city_ids: Sequence[str],
    code: str = ALL_CODES,
    district: str = ALL_DISTRICTS,
    *,
    to_send: bool = False,
) -> dict[str, Any]:
    """Of 100 issues, how many were open, resolved, declined or withdrawn after so many hours, with the 95 % band.

    Of a city whose endpoint does not tell why issues were closed, only how many were. ``to_send``: points that are
    kept ready stand in the answer as the JSON they are, for who makes JSON of it and nothing else.
    """
    asked, cities = Asked(period, code, district), chosen_cities(configuration, city_ids)
    snapshots = latest_snapshots(connection, [city.id for city in cities])
    pulled = pulled_cities(connection)
    ready: Mapping[str, ReadyCurve] = {}
    if to_send and asked.whole:
        telling = {city: one for city, one in snapshots.items() if city not in pulled}
        ready = curves_of(connection, configuration, telling, period)
    rest = {city: one for city, one in snapshots.items() if city not in ready}
    sheets = sheets_of(connection, configuration, rest, asked, rest)
    rows = []
    for city in cities:
        if city.id not in snapshots:
            continue
        told = {"id": str(snapshots[city.id].id), "cut_off": snapshots[city.id].cut_off.isoformat()}
        if city.id in ready:
            simulated = ready[city.id].simulated
            course = {"points": Fragment(ready[city.id].points), "causes_withheld": None}
        else:
            simulated = sheets[city.id].sheet["simulated"]
            course = _course(sheets[city.id].sheet, pulled.get(city.id))
        rows.append(head_of(city) | {"simulated": simulated, "snapshot": told} | course)
    return {"period": str(period), "code": code, "district": district or None, "cities": rows}


def _course(sheet: Mapping[str, Any], pulled: PulledCity | None) -> dict[str, Any]:
    """The points of a sheet's curve, and why they do not say how issues ended where they do not."""
    points = [] if sheet["hidden"] else curve_shown(sheet)
    if not causes_untold(pulled, sheet):
        return {"points": points, "causes_withheld": None}
    nothing = dict.fromkeys(CAUSES)
    told = {"points": [point | nothing for point in points], "causes_withheld": WITHHELD}
    return told | explained(WITHHELD, "causes_withheld")
