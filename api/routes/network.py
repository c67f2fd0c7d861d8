"""The network's side: cities side by side, and the reports made of them. Aggregates, never a request."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel

from api.answers import json_answer
from api.dependencies import Open, Reporter
from api.error_responses import documented
from api.schemas import common as common_schemas
from api.schemas import network as network_schemas
from nagara import network_report
from nagara.cities import configuration
from nagara.database import app_connection, network_connection, time_told
from nagara.errors import UnknownReport
from nagara.indicators.period import Period
from nagara.network import view as network_view
from nagara.review import releases, reviews

router = APIRouter(prefix="/api/v1/network", tags=["network"])


class ReportBody(common_schemas.Input):
    """Which months a report is about."""

    period: str


class Built(BaseModel):
    """A report that stands."""

    id: uuid.UUID
    period: str
    url: str
    review: uuid.UUID | None


@router.get(
    "/definitions",
    response_model=network_schemas.Definitions,
    dependencies=[Open],
    operation_id="get_definitions",
)
def definitions() -> Response:
    """What each figure is - what it estimates, of whom, with which interval and minimum - and the common codes."""
    return json_answer(network_view.definitions(configuration()))


@router.get(
    "/reports", response_model=network_schemas.Reports, dependencies=[Open], operation_id="list_reports"
)
def reports() -> Response:
    """Published network reports, newest first; a correction is an edition that says what it changes."""
    with app_connection() as connection:
        found = releases.released(connection)
    shown = [row | {"url": f"/api/v1/network/reports/{row['id']}"} for row in found]
    return json_answer({"reports": shown})


@router.post(
    "/reports",
    status_code=201,
    response_model=Built,
    responses=documented(401, 403),
    operation_id="build_report",
)
def build(body: ReportBody, official: Reporter) -> Response:
    """Build the report of a period from the cities' newest snapshots, as a draft for review.

    The same snapshots give the same report. Nobody but those who review it sees it before it is published; where
    an edition is under way or published already, ``review`` is null: revise that one, or begin a correction.
    """
    period = Period.parse(body.period)
    with network_connection() as connection:
        now = time_told(connection)
        built = network_report.build_report(connection, configuration(), period, now)
        review = reviews.begin(connection, built, official.sign_in_name, now)
    told = {"id": built, "period": str(period), "url": f"/api/v1/network/reports/{built}"}
    return json_answer(told | {"review": review.id if review else None}, 201)


@router.get(
    "/reports/{report}.json",
    response_model=network_schemas.ReportContent,
    responses=documented(404),
    dependencies=[Open],
    operation_id="get_report_json",
)
def report_json(report: str) -> Response:
    """The same report for programs, with the snapshots it was made of."""
    with app_connection() as connection:
        kept = releases.read_released(connection, _report_id(report))
    return json_answer(asdict(kept, dict_factory=_without_html))


def _report_id(text: str) -> uuid.UUID:
    """The id of a report; what cannot be one is as unknown as one that is not there."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise UnknownReport(f"There is no network report {text[:40]!r}.", field="report") from None


def _without_html(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in pairs if name != "html"}


@router.get(
    "/reports/{report}",
    responses=documented(404) | {200: {"content": {"text/html": {}}}},
    dependencies=[Open],
    operation_id="get_report",
)
def report(report: str) -> Response:
    """A report as a readable page."""
    with app_connection() as connection:
        html = releases.read_released(connection, _report_id(report)).html
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
    return Response(html, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": policy})
