"""Which service somebody may mean: offered as choices, never decided."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.answers import json_answer
from api.dependencies import ClientAddress, CurrentCity, FromProcess, Open
from api.error_responses import documented
from api.schemas import suggestions as schemas
from nagara.cities import configuration
from nagara.public.request_views import named_service
from nagara.suggestions import suggestions_for

router = APIRouter(prefix="/api/v1", tags=["cities"])


@router.post(
    "/cities/{city}/services/suggestions",
    response_model=schemas.Suggestions,
    responses=documented(404, 429),
    dependencies=[Open],
    operation_id="suggest_services",
)
async def suggest_services(
    city: CurrentCity, body: schemas.WordsBody, process: FromProcess, address: ClientAddress
) -> Response:
    """At most three services these words may mean, likeliest first. A body, so that no log keeps the words."""
    await process.limiter.count("read", address)
    found = await suggestions_for(process.pool, configuration(), city, body.words)
    return json_answer(
        {
            "suggestions": [
                {"service": named_service(city, one.service_code), "score": round(one.score, 4)}
                for one in found
            ]
        }
    )
