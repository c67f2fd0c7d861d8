"""A city's figures month by month, with the months marked in which what is counted, or how, became another."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import psycopg

from city_config import Configuration
from nagara.errors import InvalidInput
from nagara.indicators.definitions import BY_ID
from nagara.indicators.period import Period
from nagara.indicators.publishing import OLDER, publish
from nagara.indicators.sheets import Asked
from nagara.indicators.side_by_side import HEADLINE
from nagara.indicators.snapshots import month_figures
from nagara.network.pulled import pulled_cities, told_of
from nagara.network.sheets_read import alone, head_of

VERSIONS = """
with recursive used as (
    (select method_version, holidays_version, built_at from indicator_snapshot where city_id = %(city)s
      order by method_version, holidays_version, built_at limit 1)
    union all
    select later.* from used cross join lateral (
        select s.method_version, s.holidays_version, s.built_at from indicator_snapshot s
         where s.city_id = %(city)s
           and (s.method_version, s.holidays_version) > (used.method_version, used.holidays_version)
         order by s.method_version, s.holidays_version, s.built_at limit 1) later)
select * from used
"""
"""Each pair of versions with its first snapshot: a step along the index for each, however many snapshots there are."""
USUAL = (*HEADLINE, "N1", "N3a.share", "N4.published", "N8", "N10.declined", "N11", "N15", "N15.residents")


def trend(
    connection: psycopg.Connection[Any],
    configuration: Configuration,
    period: Period,
    city_id: str,
    figures: Sequence[str] = (),
) -> dict[str, Any]:
    """The figures of each month of a period; ``breaks`` says since when they are counted otherwise, and how.

    Figures that need other cities (standardised ones) are not told by month: too few codes have enough issues.
    """
    unknown = [key for key in figures if key not in BY_ID]
    if unknown:
        raise InvalidInput(f"There is no figure {unknown[0][:40]!r}.", field="figure", allowed=sorted(BY_ID))
    (city,), sheets = alone(connection, configuration, Asked(period), [city_id])
    answer: dict[str, Any] = head_of(city) | {"period": str(period), "snapshot": None}
    if city.id not in sheets:
        return answer | {"months": [], "breaks": []}
    snapshot, sheet = sheets[city.id].snapshot, sheets[city.id].sheet
    pulled = pulled_cities(connection).get(city.id)
    rows = month_figures(connection, city.id, snapshot.id, period)
    wanted = figures or USUAL
    read = {*wanted, *OLDER}
    months = []
    for month, own, _ in rows:
        shown = publish(told_of(pulled, sheet, {key: one for key, one in own.items() if key in read}))
        told = {key: shown[key] for key in wanted if key in shown}
        months.append({"month": f"{month:%Y-%m}", "figures": told})
    versions = connection.execute(VERSIONS, {"city": city.id}).fetchall()
    found = [*_configurations([(row[0], row[2] or ()) for row in rows]), *_versions(versions)]
    made_of = {"id": str(snapshot.id), "cut_off": snapshot.cut_off.isoformat()}
    breaks = [one for one in found if f"{period.first:%Y-%m}" <= one["month"] <= f"{period.last:%Y-%m}"]
    breaks.sort(key=lambda b: b["month"])
    return answer | {"snapshot": made_of, "months": months, "breaks": breaks}


def _configurations(months: Sequence[tuple[dt.date, Sequence[str]]]) -> list[dict[str, str]]:
    """Months whose requests were filed under a configuration that the month before did not know."""
    found = []
    for (_, before), (month, now) in itertools.pairwise(months):
        if before and set(now) - set(before):
            found.append(
                _break(
                    month, "configuration", "The city's services, owners, promises or districts were changed."
                )
            )
    return found


def _versions(rows: Sequence[tuple[str, str, dt.datetime]]) -> list[dict[str, str]]:
    """When figures were first computed by the present method and calendar, where there were others before."""
    found = []
    method = "Figures published before were of method {}; here all months are of the present one."
    holidays = "Promises before were reckoned with version {} of the calendar of holidays."
    for versions, what, words in (
        ([(row[0], row[2]) for row in rows], "method", method),
        ([(row[1], row[2]) for row in rows], "holidays", holidays),
    ):
        first: dict[str, dt.datetime] = {}
        for version, built_at in versions:
            first[version] = min(built_at, first.get(version, built_at))
        for before, now in pairwise(sorted(first, key=lambda version: first[version])):
            found.append(_break(first[now].date(), what, words.format(before)))
    return found


def _break(day: dt.date, what: str, words: str) -> dict[str, str]:
    return {"month": f"{day:%Y-%m}", "what": what, "words": words}
