"""A report from another system: checked in the standard's order, filed through Nagara's own intake."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from api.dependencies import ClientAddress, FromProcess
from api.error_responses import with_allowed
from api.routes.open311 import document
from api.routes.open311.forms import answer, errors_answer
from api.routes.open311.parameters import (
    Given,
    asked_form,
    decimal,
    jurisdiction,
    of_body,
    read_instant,
    service_named,
)
from api.routes.open311.partners import pictures_of, system_of
from api.routes.open311.services import language_headers, reader_of
from api.routes.open311.stages import in_sandbox, on_both
from api.routes.requests import file_within_limits
from api.schemas.filing import ContactBody
from city_config import City, Service
from city_config.schema import Question
from nagara.errors import InvalidInput, OutsideCity
from nagara.filing.handed_in import MAX_KEY, Filing, check_answers
from nagara.filing.intake import Filed
from nagara.open311 import sandbox
from nagara.open311.views import CHANNEL, filed_notice, join_address
from nagara.places.finding import check_coordinates, index_for
from nagara.rate_limits import Source

router = APIRouter()
Answers = dict[str, str | list[str]]


@on_both(
    router,
    "POST",
    "/requests.{form}",
    "file_request",
    response_model=list[document.Posted],
    responses=document.answers(
        "service_requests",
        "<service_requests><request><service_request_id>PNH-7K3M9QX-C</service_request_id></request></service_requests>",
        400, 403, 404, 413, 429,
    ),
    openapi_extra={"parameters": list(document.POST_PARAMETERS), "requestBody": document.POST_BODY},
)  # fmt: skip
async def file(request: Request, process: FromProcess, address: ClientAddress) -> Response:
    """File a request. It is durable when this answers, and has its id at once.

    Checked in this order: form, jurisdiction, key, service, place, answers (all at once), texts. A retry
    with the same ``Idempotency-Key`` or ``client_request_id`` gets the same answer. In the sandbox everything
    is checked alike, and nobody works on what is filed.
    """
    form = asked_form(request.path_params["form"])
    given = await of_body(request)
    city = jurisdiction(given)
    await process.limiter.count("read", address)
    label = await run_in_threadpool(system_of, city, given.shared("api_key"))
    service = _service(given, city)
    lat, lon, where = _place(given, city)
    answers, faults = read_answers(service, given.attributes())
    if faults:
        return errors_answer(form, 400, faults)
    reader = reader_of(request, given, city)
    trying = in_sandbox(request)
    pictures = await pictures_of(process, city, given, trying)
    filing = Filing(
        service_code=service.code,
        lat=lat,
        lon=lon,
        address=where,
        description=given.text("description") or "",
        answers=answers,
        contact=_contact(given),
        language=reader.language if given.shared("locale") else None,
        media=pictures.kept,
        media_digests=pictures.digests,
        channel=CHANNEL,
        idempotency_key=_key(request, given, label),
        actor_kind="api_key",
        actor=label,
    )
    source = Source(label, given.text("device_id") or None)
    filed: Filed | sandbox.Trial
    if trying:
        await process.limiter.count_all("file by system", source, None)
        filed = await sandbox.file_trial(process.pool, city, filing, label)
    else:
        filed = await file_within_limits(process, city, filing, source, "file by system")
    notice = filed_notice(
        reader, filed.department, filed.times.resolve_by, filed.times.standard, pictures.missing, trying
    )
    content = {"service_request_id": filed.reference, "service_notice": notice, "account_id": None}
    return answer(form, "service_requests", [content], headers=language_headers(reader))


@router.api_route(
    "/v2/requests.{form}", methods=["DELETE", "OPTIONS", "PATCH", "PUT"], include_in_schema=False
)
@router.api_route(
    "/sandbox/v2/requests.{form}", methods=["DELETE", "OPTIONS", "PATCH", "PUT"], include_in_schema=False
)
async def not_possible(request: Request) -> Response:
    """Requests are read and filed here; nothing else. Two routes share the address, this one names both."""
    raise HTTPException(405, f"{request.method} is not possible here.", {"Allow": "GET, POST"})


def _service(given: Given, city: City) -> Service:
    code = given.one("service_code")
    if code is None:
        raise InvalidInput("service_code is missing.", field="service_code")
    return service_named(city, code)


def _place(given: Given, city: City) -> tuple[float | None, float | None, str | None]:
    """Position and address in words. The position binds where both are given."""
    lat, lon = decimal(given, "lat"), decimal(given, "long")
    address = join_address(given.one("address_string"), given.one("address_id"))
    if (lat is None) != (lon is None):
        raise InvalidInput("lat and long belong together; one of them is missing.", field="lat")
    if lat is not None and lon is not None:
        check_coordinates(lat, lon)
        if not index_for(city).locate(lat, lon).inside:
            raise OutsideCity(f"The position is outside {city.name_in(city.names, 'en')}.", field="lat")
    elif address is None:
        raise InvalidInput("Say where it is: lat and long, or address_string, or address_id.", field="lat")
    return lat, lon, address


def read_answers(service: Service, given: Mapping[str, Sequence[str]]) -> tuple[Answers, list[str]]:
    """The answers to a service's questions, and everything that is wrong with them, in words.

    Answers to questions the service does not ask are left out: clients send their own attributes along.
    """
    answers: Answers = {}
    faults: list[str] = []
    for question in service.questions:
        try:
            value = _answer(question, given.get(question.code, ()))
            alone = {} if value is None else {question.code: value}
            check_answers(service.model_copy(update={"questions": (question,)}), alone)
        except InvalidInput as fault:
            faults.append(f"attribute[{question.code}]: {with_allowed(fault.message, fault.allowed)}")
        else:
            answers |= alone
    return answers, faults


def _answer(question: Question, values: Sequence[str]) -> str | list[str] | None:
    if not values:
        return None
    if question.datatype == "multivaluelist":
        return list(dict.fromkeys(value.strip() for value in values))
    if len(values) > 1:
        raise InvalidInput("It takes one answer only.")
    value = values[0]
    if question.datatype == "datetime":
        at = read_instant(value)
        if at is None:
            raise InvalidInput(f"{value[:40]!r} is not a date and time with zone.")
        return at.isoformat()
    if question.datatype == "number":
        return str(decimal(Given({question.code: values}), question.code))
    return value.strip() if question.datatype == "singlevaluelist" else value


REACHED = {
    "name": "at most 200 characters",
    "email": "an address like resident@example.org",
    "phone": "a number of five digits or more, like +855 12 345 678",
}


def _contact(given: Given) -> dict[str, Any]:
    name = " ".join(part for part in (given.one("first_name"), given.one("last_name")) if part)
    try:
        contact = ContactBody(name=name or None, email=given.one("email"), phone=given.one("phone"))
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise InvalidInput(
            f"{name} is not one that can be reached.", field=name, allowed=REACHED[name]
        ) from None
    return contact.model_dump(exclude_none=True)


def _key(request: Request, given: Given, label: str) -> str | None:
    """The key under which a repetition is known; one system's never meet another's, nor those of the web."""
    key = request.headers.get("idempotency-key") or given.one("client_request_id")
    if key is None:
        return None
    if len(key) > MAX_KEY:
        raise InvalidInput(f"Idempotency-Key or client_request_id is longer than {MAX_KEY} characters.")
    digest = hashlib.sha256("\x00".join((label, key)).encode()).hexdigest()
    return f"{CHANNEL}:{digest}"
