"""Many requests in one file: GeoReport Bulk as CSV."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from api.dependencies import ClientAddress, FromProcess
from api.routes.open311 import document
from api.routes.open311.parameters import instant, jurisdiction, of_query
from api.routes.open311.requests import services_of, states_of
from api.routes.open311.services import language_headers, reader_of
from nagara.errors import NotFound
from nagara.open311 import bulk
from nagara.open311.lists import ListFilter

router = APIRouter()


@router.get(
    "/v2/bulk/requests.{form}",
    operation_id="open311_bulk",
    response_class=Response,
    responses=document.file_answers(400, 404, 429),
    openapi_extra={"parameters": list(document.BULK_PARAMETERS)},
)
async def requests(request: Request, process: FromProcess, address: ClientAddress) -> Response:
    """A city's requests as one CSV file, newest first: of the last 90 days, or of up to a year.

    The same requests and words as the list shows, with Nagara's finer status and the time of closing.
    """
    if request.path_params["form"].strip() != "csv":
        raise NotFound("Bulk files come in one form; ask for .csv.")
    given = of_query(request)
    city = jurisdiction(given)
    received = bulk.span(instant(given, "start_date"), instant(given, "end_date"), dt.datetime.now(dt.UTC))
    wanted = ListFilter(received, closed=states_of(given), services=services_of(given, city))
    await process.limiter.count("read", address)
    reader = reader_of(request, given, city)
    pages = bulk.pages(process.pool, reader, wanted)
    first = bulk.csv_lines(reader, (await anext(pages)).rows, head=True)

    async def parts() -> AsyncIterator[bytes]:
        yield first
        async for page in pages:
            yield bulk.csv_lines(reader, page.rows, head=False)

    headers = {"Content-Disposition": f'attachment; filename="{city.id}-requests.csv"'}
    return StreamingResponse(
        parts(), media_type="text/csv; charset=utf-8", headers=headers | language_headers(reader)
    )
