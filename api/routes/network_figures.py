"""The network's figures: cities side by side, funnels, curves, districts, the backlog, months. Aggregates alone."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from api.answers import json_answer
from api.dependencies import Open, allowed
from api.error_responses import documented
from api.schemas import network as network_schemas
from city_config import Configuration
from nagara.accounts import Account
from nagara.cities import configuration
from nagara.database import app_connection, city_session, network_connection
from nagara.errors import InvalidInput, UnknownCity
from nagara.indicators.asking import read_questions
from nagara.indicators.figures import ALL_CODES
from nagara.indicators.period import Period
from nagara.indicators.snapshots import ALL_DISTRICTS
from nagara.network import courses, live_counts, view
from nagara.network.counts_of_all import counts_of_all
from nagara.network.sheets_read import chosen_cities
from nagara.network.trend import trend as trend_of
from nagara.permissions import NETWORK, Permission

router = APIRouter(prefix="/api/v1/network", tags=["network"])

Months = Annotated[
    str, Query(alias="period", description="YYYY-MM or YYYY-MM..YYYY-MM", examples=["2026-09..2026-10"])
]
Cities = Annotated[list[str] | None, Query(description="City ids; default: all")]
OneCity = Annotated[str, Query(max_length=40, description="A city id")]
Code = Annotated[str, Query(max_length=64, description="A network code, or 'all'")]
District = Annotated[str, Query(max_length=64, description="A district's code; default: the whole city")]
Ranked = Annotated[bool, Query(description="Also the 95 % interval of each city's rank; never a single rank")]
Insider = Annotated[Account, Depends(allowed(Permission.REVIEW_REPORT))]
Official = Annotated[Account, Depends(allowed(Permission.VIEW_NETWORK))]


@router.get(
    "/indicators",
    response_model=network_schemas.Indicators,
    responses=documented(404),
    dependencies=[Open],
    operation_id="get_indicators",
)
def indicators(
    period: Months, city: Cities = None, code: Code = ALL_CODES, district: District = "", rank: Ranked = False
) -> Response:
    """Figures of the cities from their newest snapshots; each says its interval, its n, or why it is withheld."""
    served = _known(code, district)
    with app_connection() as connection:
        content = view.indicators(
            connection,
            served,
            Period.parse(period),
            city or [],
            code,
            district or ALL_DISTRICTS,
            rank=rank,
            to_send=True,
        )
    return json_answer(content)


@router.get(
    "/indicators/internal",
    response_model=network_schemas.Indicators,
    responses=documented(401, 403, 404),
    operation_id="get_internal_indicators",
)
def internal_indicators(
    account: Insider,
    period: Months,
    city: Cities = None,
    code: Code = ALL_CODES,
    district: District = "",
    rank: Ranked = False,
) -> Response:
    """The same for officials, and for a city's own accounts of their city: small numbers are shown, and flagged."""
    served = _known(code, district)
    asked = city or []
    if account.city_id != NETWORK:
        if any(one != account.city_id for one in asked):
            raise UnknownCity(
                "Small numbers of other cities are not shown.", field="city", allowed=[account.city_id]
            )
        asked = [account.city_id]
    with app_connection() as connection:
        content = view.indicators(
            connection,
            served,
            Period.parse(period),
            asked,
            code,
            district or ALL_DISTRICTS,
            internal=True,
            rank=rank,
            to_send=True,
        )
    return json_answer(content)


@router.get(
    "/overview",
    response_model=network_schemas.Overview,
    dependencies=[Open],
    operation_id="get_network_overview",
)
def overview(period: Months) -> Response:
    """Every city: how much it reported, how good its data are, and the headline figures."""
    with app_connection() as connection:
        return json_answer(view.overview(connection, configuration(), Period.parse(period)))


@router.get(
    "/curve",
    response_model=network_schemas.Courses,
    responses=documented(404),
    dependencies=[Open],
    operation_id="get_network_curve",
)
def curve(period: Months, city: Cities = None, code: Code = ALL_CODES, district: District = "") -> Response:
    """Of 100 issues, how many are resolved by each hour, with the 95 % band."""
    served = _known(code, district)
    with app_connection() as connection:
        found: dict[str, Any] = courses.curve(
            connection,
            served,
            Period.parse(period),
            city or [],
            code,
            district or ALL_DISTRICTS,
            to_send=True,
        )
    return json_answer(found)


@router.get(
    "/funnel",
    response_model=network_schemas.FunnelOfPeriod,
    dependencies=[Open],
    operation_id="get_network_funnel",
)
def funnel(period: Months, figure: Annotated[str, Query(max_length=40)]) -> Response:
    """One figure of all cities around their common value, with limits that widen for few cases."""
    with app_connection() as connection:
        return json_answer(view.funnel_of(connection, configuration(), Period.parse(period), figure))


@router.get(
    "/equity",
    response_model=network_schemas.Equity,
    responses=documented(404),
    dependencies=[Open],
    operation_id="get_network_equity",
)
def equity(period: Months, city: OneCity) -> Response:
    """How the districts of a city differ, with chance taken off, beside how readily each reports."""
    with app_connection() as connection:
        return json_answer(view.equity(connection, configuration(), Period.parse(period), city))


@router.get(
    "/backlog",
    response_model=network_schemas.Backlogs,
    responses=documented(404),
    dependencies=[Open],
    operation_id="get_network_backlog",
)
def backlog(period: Months, city: Cities = None) -> Response:
    """What is open in each city, and for how long."""
    with app_connection() as connection:
        return json_answer(view.backlog(connection, configuration(), Period.parse(period), city or []))


@router.get(
    "/trend",
    response_model=network_schemas.Trend,
    responses=documented(404),
    dependencies=[Open],
    operation_id="get_network_trend",
)
def trend(
    period: Months,
    city: OneCity,
    figure: Annotated[list[str] | None, Query(description="Ids of figures; default: the usual ones")] = None,
) -> Response:
    """A city's figures month by month; months from which on something is counted otherwise are marked."""
    with app_connection() as connection:
        return json_answer(trend_of(connection, configuration(), Period.parse(period), city, figure or []))


@router.get(
    "/counts",
    response_model=network_schemas.LiveCounts,
    responses=documented(401, 403, 404),
    operation_id="get_network_counts",
)
def counts(account: Official, period: Months, city: Cities = None) -> Response:
    """How many requests came, are open and were closed in each city by code and month: as it stands this moment.

    Numbers to work by, of all requests, for officials; what cities are compared by are their figures.
    """
    asked, chosen = Period.parse(period), chosen_cities(configuration(), city or [])
    with live_counts.network_reader() as connection:
        return json_answer(counts_of_all(connection, chosen, asked, dt.datetime.now(dt.UTC)))


@router.get(
    "/questions",
    response_model=network_schemas.Questions,
    responses=documented(401, 403, 404),
    operation_id="list_network_questions",
)
def questions(account: Insider, city: Cities = None) -> Response:
    """What cities are asked about their figures: a city sees its own at once, the network some days later.

    How many the network's configuration says (`questions.city_first_days`).
    """
    if account.city_id == NETWORK:
        chosen = [one.id for one in chosen_cities(configuration(), city)] if city else None
        with network_connection() as connection:
            return json_answer({"questions": read_questions(connection, chosen)})
    if any(one != account.city_id for one in city or []):
        raise UnknownCity("Other cities answer for themselves.", field="city", allowed=[account.city_id])
    with city_session(account.city_id) as session:
        driver = session.connection().connection.driver_connection
        assert driver is not None  # noqa: S101 - a session in use has a connection
        return json_answer({"questions": read_questions(driver, [account.city_id])})


def _known(code: str, district: str) -> Configuration:
    """The configuration, if the code is one of its and the district can be a code; else ``InvalidInput``."""
    served = configuration()
    if code != ALL_CODES and code not in served.network.codes_by_code:
        raise InvalidInput(
            f"{code[:40]!r} is not a network code.",
            field="code",
            allowed=[ALL_CODES, *served.network.codes_by_code],
        )
    if not district.isprintable():
        raise InvalidInput("district is not a code.", field="district")
    return served
