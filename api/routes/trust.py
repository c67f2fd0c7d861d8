"""Roots over cities' histories for everybody, and for who holds a reference the proof that its request is there."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import psycopg
from fastapi import APIRouter, Query, Response
from starlette.concurrency import run_in_threadpool

from api.answers import json_answer
from api.dependencies import ClientAddress, FromProcess, Open
from api.error_responses import documented
from api.schemas import trust as trust_schemas
from nagara.cities import city_of
from nagara.database import app_connection, city_session
from nagara.request_views import find_city, public_status
from nagara.trust.proving import prove
from nagara.trust.roots import newest_held

router = APIRouter(prefix="/api/v1", tags=["network"], dependencies=[Open])


@router.get(
    "/requests/{reference}/proof",
    response_model=trust_schemas.Proof,
    responses=documented(404, 429),
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


@router.get(
    "/network/roots",
    response_model=trust_schemas.HeldRoots,
    responses=documented(404),
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
