"""Feeds for readers and calendars; kept by caches for minutes, and answered with 304 while nothing changed."""

from __future__ import annotations

import datetime as dt
from email.utils import format_datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from starlette.concurrency import run_in_threadpool

from api.conditional import is_known
from api.dependencies import ClientAddress, CurrentCity, FromProcess, Open
from api.error_responses import documented
from city_config import City
from nagara.cities import configuration, service_of
from nagara.database import read_in_city
from nagara.errors import UnknownDistrict
from nagara.public import feeds
from nagara.public.feeds import Feed
from nagara.public.publication import public_values
from nagara.settings import settings

router = APIRouter(prefix="/api/v1/feeds", tags=["feeds"], dependencies=[Open])
Language = Annotated[str | None, Query(max_length=35, description="BCP-47; default: the city's first")]
District = Annotated[str | None, Query(max_length=64, description="Code of a district")]
IfNoneMatch = Annotated[str | None, Header(max_length=1000)]


@router.get(
    "/{city}/requests.rss",
    response_class=Response,
    responses=documented(404, 429)
    | {200: {"content": {"application/rss+xml": {}}, "description": "RSS 2.0 with GeoRSS"}},
    operation_id="requests_rss",
)
async def requests_rss(
    city: CurrentCity,
    process: FromProcess,
    address: ClientAddress,
    district: District = None,
    service: Annotated[
        list[str] | None, Query(max_length=50, description="Codes of services; none: all")
    ] = None,
    language: Language = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The newest hundred requests the public may see, newest first."""
    await process.limiter.count("read", address)
    _check_district(city, district)
    services = [service_of(city, code).code for code in service or ()]
    values = public_values(city) | {
        "city_id": city.id,
        "district": district,
        "services": services,
        "most": feeds.MOST_ITEMS,
    }
    [rows] = await read_in_city(process.pool, city.id, (feeds.NEWEST, values))
    base = settings().public_url.rstrip("/")
    feed = feeds.requests_feed(
        configuration(),
        city,
        rows,
        base,
        f"{base}/api/v1/feeds/{city.id}/requests.rss",
        language=language,
        district=district,
    )
    return _answer(feed, if_none_match, 300)


@router.get(
    "/{city}/rounds.ics",
    response_class=Response,
    responses=documented(404, 429)
    | {200: {"content": {"text/calendar": {}}, "description": "iCalendar (RFC 5545)"}},
    operation_id="rounds_calendar",
)
async def rounds_ics(
    city: CurrentCity,
    process: FromProcess,
    address: ClientAddress,
    district: District = None,
    language: Language = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The collection days of the next five weeks; where none are known, a sentence in the calendar says so."""
    await process.limiter.count("read", address)
    _check_district(city, district)
    now = dt.datetime.now(dt.UTC)

    def make() -> Feed:
        return feeds.rounds_calendar(city, district, settings().public_url, now, language=language)

    return _answer(await run_in_threadpool(make), if_none_match, 3600)


def _check_district(city: City, code: str | None) -> None:
    if code is not None and code not in city.district_names:
        raise UnknownDistrict(
            f"There is no district {code[:40]!r}.", field="district", allowed=city.district_names
        )


def _answer(feed: Feed, if_none_match: str | None, seconds: int) -> Response:
    headers = {"ETag": feed.etag, "Cache-Control": f"public, max-age={seconds}"}
    if feed.modified is not None:
        headers["Last-Modified"] = format_datetime(feed.modified.astimezone(dt.UTC), usegmt=True)
    if is_known(feed.etag, if_none_match):
        return Response(status_code=304, headers=headers)
    return Response(feed.content, media_type=feed.media_type, headers=headers)
