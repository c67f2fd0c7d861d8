"""What dashboards ask of figures: periods that are kept ready, periods and parts that nobody had asked for before.

Each question up to the JSON that is sent, in a process that keeps nothing yet.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import psycopg

from bench.figures import Line, spread
from bench.load import percentile
from nagara.cities import configuration
from nagara.database import role_options, time_told
from nagara.indicators import sheets
from nagara.indicators.distributions import chi_squared_quantile
from nagara.indicators.figures import ALL_CODES
from nagara.indicators.period import Period
from nagara.network import courses, trend, view

Connection = psycopg.Connection[Any]
Ask = Callable[[Period, str], object]
ASKED_OF = 12
"""Cities of which each question about a city is asked."""

FEW_TIMES = 5
P95_BAR_MS = 50.0


def questions(url: str, cities: Sequence[str], code: str) -> list[Line]:
    """Make what is kept of every city after a build, then ask; ``code`` is one of which there are requests."""
    known = configuration()
    with psycopg.connect(url, options=role_options("nagara_clock", 600_000)) as clock:
        told, began = time_told(clock), time.perf_counter()
        for city in cities:
            sheets.keep_usual(clock, known, city, told)
            clock.commit()
        kept = time.perf_counter() - began
    usual, quarter = (sheets.usual_periods(told.date())[place] for place in (-1, 5))
    gc.collect()
    gc.freeze()  # as the API does once it has started
    with psycopg.connect(url, autocommit=True, options=role_options("nagara_app")) as app:
        rows = _usual(app, usual, cities)
        rows += _first(app, Period(usual.first, quarter.first), usual, cities, code)
    return [Line("sheets of the usual periods of all cities, made after a build", f"{kept:.2f} s"), *rows]


def _usual(app: Connection, usual: Period, cities: Sequence[str]) -> list[Line]:
    known = configuration()
    asked: dict[str, Ask] = {
        "overview": lambda period, city: view.overview(app, known, period),
        "one city": lambda period, city: view.indicators(app, known, period, [city], to_send=True),
        "all cities": lambda period, city: view.indicators(app, known, period, [], to_send=True),
        "all cities for officials": lambda period, city: view.indicators(
            app, known, period, [], internal=True, to_send=True
        ),
        "curve": lambda period, city: courses.curve(app, known, period, [city], to_send=True),
        "curves of all": lambda period, city: courses.curve(app, known, period, [], to_send=True),
        "funnel": lambda period, city: view.funnel_of(app, known, period, "N5"),
        "districts": lambda period, city: view.equity(app, known, period, city),
        "backlog": lambda period, city: view.backlog(app, known, period, [city]),
        "trend": lambda period, city: trend.trend(app, known, period, city),
    }
    fresh: dict[str, list[float]] = {name: [] for name in asked}
    again = []
    for city in cities[:ASKED_OF]:
        for name, ask in asked.items():
            fresh[name].append(_afresh(ask, usual, city))
            again.append(_milliseconds(ask, usual, city))
    every = [one for times in fresh.values() for one in times]
    each = ", ".join(f"{name} {_spread(times)}" for name, times in fresh.items())
    name = "dashboard questions of twelve months, nothing in memory, p50 / p95 / p99 / most"
    met = percentile(sorted(every), 0.95) <= P95_BAR_MS
    return [
        Line(name, spread(every, "ms"), f"p95 <= {P95_BAR_MS:g} ms", met),
        Line("each of them, p50 / p95", each),
        Line("the same asked again, p50 / p95", _spread(again)),
    ]


def _first(app: Connection, odd: Period, usual: Period, cities: Sequence[str], code: str) -> list[Line]:
    known = configuration()

    def of_one(period: Period, code: str = ALL_CODES) -> Ask:
        return lambda _, city: view.indicators(app, known, period, [city], code, to_send=True)

    def of_all(period: Period, code: str = ALL_CODES) -> Ask:
        return lambda _, city: view.indicators(app, known, period, [], code, to_send=True)

    one, all_ = "figures of a period nobody had asked for, ", ", p50 / p95"
    told: dict[str, tuple[Ask, int]] = {
        f"{one}one city{all_}": (of_one(odd), ASKED_OF),
        f"{one}all cities{all_}": (of_all(odd), FEW_TIMES),
        f"figures of one code in twelve months, one city{all_}": (of_one(usual, code), ASKED_OF),
        f"figures of one code in twelve months, all cities{all_}": (of_all(usual, code), FEW_TIMES),
    }
    return [
        Line(name, _spread([_afresh(ask, odd, city) for city in cities[:times]]))
        for name, (ask, times) in told.items()
    ]


def _afresh(ask: Ask, period: Period, city: str) -> float:
    """As of a process that was asked nothing yet."""
    sheets.forget()
    chi_squared_quantile.cache_clear()
    return _milliseconds(ask, period, city)


def _milliseconds(ask: Ask, period: Period, city: str) -> float:
    began = time.perf_counter()
    orjson.dumps(ask(period, city))
    return (time.perf_counter() - began) * 1000


def _spread(times: Sequence[float]) -> str:
    return f"{statistics.median(times):.0f} / {statistics.quantiles(times, n=20)[-1]:.0f} ms"
