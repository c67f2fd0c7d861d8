"""Reports of the network: built, listed, and read in every form - by everybody once they are published.

Before that, their reviewers read them at the same addresses, marked as drafts; for anybody else they are not there.
"""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from api.answers import json_answer
from api.dependencies import ClientAddress, FromProcess, Open, Reporter, current_staff, session_token
from api.error_responses import documented
from api.schemas import common as common_schemas
from api.schemas import network_reports as schemas
from nagara import network_report
from nagara.accounts import Account
from nagara.cities import configuration
from nagara.database import network_connection, read_in_city, time_told
from nagara.errors import Refused, UnknownReport
from nagara.indicators.period import Period
from nagara.network_report import StoredReport
from nagara.network_report.forms import MEDIA, print_city, print_report
from nagara.review import reading, releases, reviews

router = APIRouter(prefix="/api/v1/network", tags=["network"])
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
PUBLISHED = {"Cache-Control": "public, max-age=3600", "Vary": "Authorization, Cookie"}
UNPUBLISHED = {"Cache-Control": "no-store", "Vary": "Authorization, Cookie"}


async def reader(
    report: str, request: Request, process: FromProcess, address: ClientAddress
) -> Account | StoredReport:
    """Who is signed in; for the public, which may ask so and so often, the report itself if it is published."""
    await process.limiter.count("read", address)
    try:
        return await current_staff(await session_token(request), process)
    except Refused:
        id_ = _report_id(report)
        [rows] = await read_in_city(process.pool, "network", releases.question(id_))
        return releases.found(id_, rows)


Reader = Annotated[Account | StoredReport, Depends(reader)]
Ranks = Annotated[bool, Query(description="Also the 95 % interval of each city's rank; never a single rank")]
Language = Annotated[
    str, Query(max_length=16, description="A language of the city, or of one of the report's cities, or en")
]


class ReportBody(common_schemas.Input):
    """Which months a report is about."""

    period: str


class Built(BaseModel):
    """A report that stands."""

    id: uuid.UUID
    period: str
    url: str
    review: uuid.UUID | None


@router.get("/reports", response_model=schemas.Reports, dependencies=[Open], operation_id="list_reports")
async def reports(process: FromProcess) -> Response:
    """Published network reports, newest first; a correction is an edition that says what it changes."""
    [rows] = await read_in_city(process.pool, "network", releases.list_question())
    shown = [row | {"url": f"/api/v1/network/reports/{row['id']}"} for row in releases.listed(rows)]
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


def _form(
    report: str, form: str, reader: Account | StoredReport, ranks: bool = False, language: str = "en"
) -> Response:
    found = _read(_report_id(report), reader)
    printed = print_report(found.report, form, draft=found.draft, with_ranks=ranks, language=language)
    headers = dict(UNPUBLISHED if found.draft else PUBLISHED)
    if form == "html":
        headers["Content-Security-Policy"] = PAGE_POLICY
    else:
        spoken = "" if language == "en" else f"-{language}"
        headers["Content-Disposition"] = (
            f'inline; filename="network-report-{found.report.period}{spoken}.{form}"'
        )
    if form == "csv":
        metadata = f"<{found.report.id}.csv-metadata.json>"
        headers["Link"] = f'{metadata}; rel="describedby"; type="application/csvm+json"'
    return Response(printed, media_type=MEDIA[form], headers=headers)


def _read(report: uuid.UUID, reader: Account | StoredReport, city: str | None = None) -> reading.Reading:
    if isinstance(reader, StoredReport):
        return reading.Reading(reader, draft=False)
    with network_connection() as connection:
        return reading.read(connection, report, reader, configuration(), city_id=city)


def _report_id(text: str) -> uuid.UUID:
    """The id of a report; what cannot be one is as unknown as one that is not there."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise UnknownReport(f"There is no network report {text[:40]!r}.", field="report") from None


@router.get(
    "/reports/{report}/cities/{city}/{page}.pdf",
    responses=documented(404) | {200: {"content": {"application/pdf": {}}}},
    dependencies=[Open],
    operation_id="get_report_of_city",
)
def report_of_city(
    report: str, city: str, page: Literal["report", "summary"], reader: Reader, language: Language = "en"
) -> Response:
    """A city's part on paper: its report, or one page for a head of government, in a language of its own."""
    found = _read(_report_id(report), reader, city)
    printed = print_city(found.report, page, city, language, draft=found.draft)
    headers = dict(UNPUBLISHED if found.draft else PUBLISHED)
    name = f"{city}-{page}-{found.report.period}-{language}.pdf"
    headers["Content-Disposition"] = f'inline; filename="{name}"'
    return Response(printed, media_type=MEDIA["pdf"], headers=headers)


@router.get(
    "/reports/{report}.csv-metadata.json",
    responses=documented(404) | {200: {"content": {"application/csvm+json": {}}}},
    dependencies=[Open],
    operation_id="get_report_csv_metadata",
)
def report_csv_metadata(report: str, reader: Reader) -> Response:
    """What the columns of the CSV are and where they come from: CSV on the Web, with DCAT terms."""
    return _form(report, "csv-metadata.json", reader)


@router.get(
    "/reports/{report}.json",
    response_model=schemas.ReportContent,
    responses=documented(404),
    dependencies=[Open],
    operation_id="get_report_json",
)
def report_json(report: str, reader: Reader) -> Response:
    """The same report for programs, with its data dictionary and the snapshots it was made of."""
    return _form(report, "json", reader)


@router.get(
    "/reports/{report}.csv",
    responses=documented(404) | {200: {"content": {"text/csv": {}}}},
    dependencies=[Open],
    operation_id="get_report_csv",
)
def report_csv(report: str, reader: Reader) -> Response:
    """Every figure of the report as a row of a table."""
    return _form(report, "csv", reader)


@router.get(
    "/reports/{report}.xlsx",
    responses=documented(404)
    | {200: {"content": {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {}}}},
    dependencies=[Open],
    operation_id="get_report_workbook",
)
def report_workbook(report: str, reader: Reader) -> Response:
    """The report as a workbook: figures, districts, funnels, questions, dictionary, methods."""
    return _form(report, "xlsx", reader)


@router.get(
    "/reports/{report}.pdf",
    responses=documented(404) | {200: {"content": {"application/pdf": {}}}},
    dependencies=[Open],
    operation_id="get_report_pdf",
)
def report_pdf(report: str, reader: Reader, ranks: Ranks = False, language: Language = "en") -> Response:
    """The report on paper: PDF/A-2a and PDF/UA-1, byte for byte the same from the same content.

    In English or a language of its cities; the definitions of the figures stand in English in every language.
    """
    return _form(report, "pdf", reader, ranks, language)


@router.get(
    "/reports/{report}",
    responses=documented(404) | {200: {"content": {"text/html": {}}}},
    dependencies=[Open],
    operation_id="get_report",
)
def report(report: str, reader: Reader) -> Response:
    """A report as a readable page, with links to its other forms."""
    return _form(report, "html", reader)
