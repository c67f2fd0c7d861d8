"""Cities that run their own Nagara: the door for their bundles, and the keys that open it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api.answers import json_answer
from api.dependencies import ClientAddress, FromProcess, Officer, Open
from api.error_responses import documented
from api.schemas import federation as federation_schemas
from nagara.cities import configuration
from nagara.database import network_connection, time_told
from nagara.federation import door, registry
from nagara.federation.bundle import VERSION, Letter, schema
from nagara.federation.members import members
from nagara.federation.signing import encode
from nagara.settings import settings

router = APIRouter(prefix="/api/v1", tags=["federation"])
LETTER = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object", "title": Letter.__name__}}},
    }
}


@router.post(
    "/federation/bundles",
    status_code=201,
    response_model=federation_schemas.BundleReceived,
    responses=documented(403, 409, 413, 429),
    dependencies=[Open],
    operation_id="send_bundle",
    openapi_extra=LETTER,
)
async def send(request: Request, process: FromProcess, address: ClientAddress) -> Response:
    """Take in a signed bundle of a city. Its signature is what lets it in; its form is at ``/federation/schema``.

    A refusal names what is wrong, and nothing of a refused bundle is kept but that it was refused.
    """
    await process.limiter.count("bundle", address)
    content = await request.body()
    taken = await run_in_threadpool(door.receive, configuration(), content)
    told = {
        "city": taken.city,
        "digest": taken.digest,
        "snapshot": taken.snapshot_id,
        "rows": taken.rows,
        "roots": taken.roots,
    }
    return json_answer(told, 201)


@router.get(
    "/federation/schema",
    response_model=federation_schemas.BundleSchema,
    dependencies=[Open],
    operation_id="get_bundle_schema",
)
def bundle_schema() -> Response:
    """The JSON Schema of a signed bundle: every object closed, every text a code, and no place for a person."""
    return json_answer({"version": VERSION, "json_schema": schema()})


@router.get(
    "/network/federation/keys",
    response_model=federation_schemas.FederationKeys,
    responses=documented(401, 403),
    operation_id="list_federation_keys",
)
def keys(officer: Officer) -> Response:
    """Every key that speaks or spoke for a city."""
    with network_connection() as connection:
        return json_answer({"keys": [_shown(key) for key in registry.keys(connection)]})


@router.post(
    "/network/federation/keys",
    status_code=201,
    response_model=federation_schemas.FederationKey,
    responses=documented(401, 403, 404, 409),
    operation_id="register_federation_key",
)
def register(body: federation_schemas.KeyBody, officer: Officer) -> Response:
    """Trust a city's key from now on, beside those it has: so a city changes its key without a gap."""
    with network_connection() as connection:
        key = registry.register(
            connection,
            configuration(),
            officer.username,
            body.city,
            body.public_key,
            body.address,
            loopback=settings().demo,
        )
    return json_answer(_shown(key), 201)


@router.post(
    "/network/federation/keys/{key}/retire",
    response_model=federation_schemas.FederationKey,
    responses=documented(401, 403, 404),
    operation_id="retire_federation_key",
)
def retire(key: str, officer: Officer) -> Response:
    """Trust a key no longer, at once. What it signed before stays."""
    with network_connection() as connection:
        return json_answer(_shown(registry.retire(connection, officer.username, key)))


@router.get(
    "/network/federation/bundles",
    response_model=federation_schemas.Traffic,
    responses=documented(401, 403),
    operation_id="list_bundles",
)
def traffic(officer: Officer, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> Response:
    """What arrived and what was refused, newest first."""
    with network_connection() as connection:
        told = {"received": door.received(connection, limit), "refused": door.refused(connection, limit)}
    return json_answer(told)


@router.get(
    "/network/federation/members",
    response_model=federation_schemas.MemberStates,
    responses=documented(401, 403),
    operation_id="list_federation_members",
)
def member_states(officer: Officer) -> Response:
    """Each city of the network: hosted here or elsewhere, what came last, what was refused, how far its roots reach."""
    with network_connection() as connection:
        found = members(connection, configuration(), time_told(connection))
    return json_answer({"members": found})


def _shown(key: registry.Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "city": key.city,
        "public_key": encode(key.public_key),
        "address": key.address,
        "registered_by": key.registered_by,
        "registered_at": key.registered_at,
        "retired_by": key.retired_by,
        "retired_at": key.retired_at,
    }
