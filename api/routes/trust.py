"""Roots over cities' histories for everybody, and for who holds a reference the proof that its request is there."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import psycopg
from fastapi import APIRouter, Depends, Query, Response
from starlette.concurrency import run_in_threadpool

from api.answers import json_answer
from api.dependencies import ClientAddress, FromProcess, Open, person_allowed, staff_city
from api.error_responses import documented
from api.schemas import trust as trust_schemas
from nagara.accounts import Account
from nagara.cities import city_of
from nagara.database import app_connection, city_session
from nagara.errors import UnknownRequest
from nagara.event_log import Actor
from nagara.permissions import Permission
from nagara.public.request_views import find_city, public_status
from nagara.trust.corrections import correct_time
from nagara.trust.proving import prove
from nagara.trust.roots import newest_held

router = APIRouter(prefix="/api/v1", tags=["network"])
Supervisor = Annotated[Account, Depends(person_allowed(Permission.SUPERVISE))]


@router.get(
    "/requests/{reference}/proof",
    response_model=trust_schemas.Proof,
    responses=documented(404, 429),
    dependencies=[Open],
    operation_id="get_request_proof",
)
async def proof(
    reference: str,
    process: FromProcess,
    address: ClientAddress,
    token: Annotated[str | None, Query(max_length=100, description="From the private link")] = None,
    day: Annotated[dt.date | None, Query(description="Day of the root; default: the newest")] = None,
) -> Response:
    """The proof that a day's root holds a request's history; checked by anybody with ``nagara/trust/proof.py``.

    Keep it: if the history is rewritten later, a new answer can no longer contain the head that it names.
    """
    await process.limiter.count("read", address)
    city, stored = find_city(reference)
    await public_status(process.pool, city, stored, token, process.secret)  # unknown to whom it is not shown
    return json_answer(await run_in_threadpool(_proof, city.id, stored, day))


def _proof(city_id: str, reference: str, day: dt.date | None) -> dict[str, object]:
    with city_session(city_id) as session:
        connection = session.connection().connection.driver_connection
        assert isinstance(connection, psycopg.Connection)  # noqa: S101 - the engine's driver is psycopg
        return prove(connection, city_id, reference, day)


@router.post(
    "/staff/requests/{reference}/events/{number}/time",
    status_code=201,
    response_model=trust_schemas.Corrected,
    responses=documented(401, 403, 404),
    operation_id="correct_event_time",
    tags=["staff"],
)
def correct(
    reference: str, number: int, body: trust_schemas.TimeCorrectionBody, staff: Supervisor
) -> Response:
    """Say that an event happened at another time. A new event says so; the one that was wrong stays."""
    city, stored = find_city(reference)
    if city.id != staff_city(staff).id:
        raise UnknownRequest(f"There is no request {stored!r}.", field="reference")
    with city_session(city.id) as session:
        actor = Actor("staff", staff.username)
        made = correct_time(session, city.id, stored, number, body.occurred_at, body.reason, actor)
    return json_answer({"event": made}, 201)


@router.get(
    "/network/roots",
    response_model=trust_schemas.HeldRoots,
    responses=documented(404),
    dependencies=[Open],
    operation_id="list_roots",
)
def roots(
    city: Annotated[str | None, Query(max_length=64, description="A city's id; default: all")] = None,
    before: Annotated[dt.date | None, Query(description="Only roots of earlier days")] = None,
    limit: Annotated[int, Query(ge=1, le=400)] = 100,
) -> Response:
    """The roots that cities handed to the network, newest first; for everybody to keep and compare."""
    chosen = city_of(city).id if city is not None else None
    with app_connection() as connection:
        found = newest_held(connection, chosen, before, limit)
    return json_answer({"roots": found})
