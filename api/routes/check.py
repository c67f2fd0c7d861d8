"""Before a report is sent: what would become of it, and what is known about the same problem already."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from api.answers import json_answer
from api.dependencies import ClientSource, CurrentCity, FromProcess, Open
from api.error_responses import documented
from api.routes.requests import filing_of
from api.schemas import filing as schemas
from city_config import City
from nagara.errors import NotOffered, NotTakenHere, OutsideCity, Redirected
from nagara.filing.checking import Appraisal, Check, check
from nagara.places.finding import Place
from nagara.places.rounds import Collection, CollectionDue
from nagara.public.request_views import named_department, named_district, promise_shown

router = APIRouter(prefix="/api/v1", tags=["residents"], dependencies=[Open])


@router.post(
    "/cities/{city}/requests/check",
    response_model=schemas.Checked,
    responses=documented(404, 413, 429),
    operation_id="check_request",
)
async def check_request(
    city: CurrentCity, body: schemas.CheckBody, process: FromProcess, source: ClientSource
) -> Response:
    """What would become of a report, as far as it is known. Nothing is kept of it.

    Says whether it would be taken and what to do instead, which questions are to be asked, who would own it and
    answer by when, whether a collection was due, and which open reports near the place may be about the same.
    """
    await process.limiter.count_all("check", source)
    found = await check(process.pool, city, filing_of(body, None))
    return json_answer(checked_answer(city, found))


def checked_answer(city: City, found: Check) -> dict[str, Any]:
    """A check as it is answered."""
    appraisal = found.appraisal
    times = appraisal.times
    return {
        "taken": appraisal.refusal is None,
        "refusal": _refusal(appraisal.refusal) if appraisal.refusal else None,
        "notices": [{"notice": dict(n.notice), "phone": n.shown_phone} for n in appraisal.notices],
        "questions": list(appraisal.questions),
        "place": _place(city, appraisal),
        "department": named_department(city, appraisal.route.owner) if appraisal.route else None,
        "promise": promise_shown(times.acknowledge_by, times.respond_by, times.resolve_by, times.standard)
        if times
        else None,
        "collection": _collection(city, appraisal.collection) if appraisal.collection else None,
        "nearby": found.nearby,
    }


def _refusal(refusal: NotTakenHere | OutsideCity) -> dict[str, Any]:
    kinds = {OutsideCity: "outside", NotOffered: "not_offered", Redirected: "redirect"}
    details = refusal.details
    shown = {
        "kind": kinds.get(type(refusal), "stop"),
        "notice": details.get("notice") or {"en": refusal.message},
        "url": details.get("url"),
        "phone": details.get("phone"),
    }
    nearest = details.get("nearest_city")
    return shown | ({"nearest_city": nearest} if nearest else {})


def _place(city: City, appraisal: Appraisal) -> dict[str, Any] | None:
    if isinstance(appraisal.refusal, OutsideCity):
        nearest = appraisal.refusal.details.get("nearest_city")
        return place_shown(city, Place(False, None, (), "outside")) | {"nearest_city": nearest}
    return place_shown(city, appraisal.place) if appraisal.place else None


def place_shown(city: City, place: Place) -> dict[str, Any]:
    """Where a position lies, as answers show it."""
    return {
        "inside": place.inside,
        "district": named_district(city, place.district),
        "zones": list(place.areas),
    }


def _collection(city: City, due: CollectionDue) -> dict[str, Any]:
    return {
        "state": due.state,
        "last": _coming(city, due.last),
        "running": _coming(city, due.running),
        "next": _coming(city, due.next),
    }


def _coming(city: City, collection: Collection | None) -> dict[str, Any] | None:
    """One coming of the crew; a round without a name of its own goes by its code."""
    if collection is None:
        return None
    names = next((r.names for r in city.rounds if r.code == collection.round), None)
    return {
        "round": {"code": collection.round, "names": dict(names or {"en": collection.round})},
        "from": collection.opens,
        "to": collection.closes,
    }
