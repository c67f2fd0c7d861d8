"""Other systems that are told of a city's requests, for its administrators."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.answers import json_answer
from api.dependencies import Administrator, StaffSession, staff_city
from api.error_responses import documented
from api.schemas import webhooks as schemas
from nagara.errors import InvalidInput
from nagara.notifications import webhook_endpoints as webhooks
from nagara.tables import WebhookAttempt, WebhookEndpoint

router = APIRouter(prefix="/api/v1/staff/webhooks", tags=["webhooks"])
NEVER_NULL = ("label", "url", "active")


@router.get(
    "", response_model=schemas.Webhooks, responses=documented(401, 403, 404), operation_id="get_webhooks"
)
def listed(staff: Administrator, session: StaffSession) -> Response:
    """The own city's endpoints, and the kinds of events that they can be told of."""
    found = webhooks.endpoints(session, staff_city(staff).id)
    return json_answer({"webhooks": [_shown(row) for row in found], "events": webhooks.EVENTS})


@router.post(
    "",
    status_code=201,
    response_model=schemas.WebhookMade,
    responses=documented(401, 403, 404),
    operation_id="add_webhook",
)
def register(body: schemas.WebhookBody, staff: Administrator, session: StaffSession) -> Response:
    """Register an endpoint. Its secret is shown this once; every call is signed with it (Standard Webhooks)."""
    city = staff_city(staff)
    row, secret = webhooks.register(session, city.id, staff, body.label, body.url, body.events)
    return json_answer({"webhook": _shown(row), "secret": secret}, 201)


@router.patch(
    "/{id}",
    response_model=schemas.WebhookShown,
    responses=documented(401, 403, 404),
    operation_id="change_webhook",
)
def change(
    id: uuid.UUID, body: schemas.WebhookChangeBody, staff: Administrator, session: StaffSession
) -> Response:
    """Change an endpoint, or switch it on or off; while it is off nothing is laid down for it."""
    changes: dict[str, Any] = body.model_dump(exclude_unset=True)
    for name in NEVER_NULL:
        if name in changes and changes[name] is None:
            raise InvalidInput(f"{name} cannot be nothing; leave it out to keep it.", field=name)
    return json_answer(_shown(webhooks.change(session, staff_city(staff).id, id, changes)))


@router.delete("/{id}", status_code=204, responses=documented(401, 403, 404), operation_id="remove_webhook")
def remove(id: uuid.UUID, staff: Administrator, session: StaffSession) -> Response:
    """End an endpoint with its log; what was not sent yet is not sent."""
    webhooks.remove(session, staff_city(staff).id, id)
    return Response(status_code=204)


@router.post(
    "/{id}/secret",
    response_model=schemas.WebhookMade,
    responses=documented(401, 403, 404),
    operation_id="change_webhook_secret",
)
def change_secret(id: uuid.UUID, staff: Administrator, session: StaffSession) -> Response:
    """A new secret, shown this once. For a day the one before signs too, so that no call is refused meanwhile."""
    row, secret = webhooks.change_secret(session, staff_city(staff).id, id)
    return json_answer({"webhook": _shown(row), "secret": secret})


@router.post("/{id}/test", status_code=204, responses=documented(401, 403, 404), operation_id="test_webhook")
def send_test(id: uuid.UUID, staff: Administrator, session: StaffSession) -> Response:
    """Call the endpoint with a test within some seconds; the log shows what came of it."""
    webhooks.send_test(session, staff_city(staff).id, id)
    return Response(status_code=204)


@router.get(
    "/{id}/attempts",
    response_model=schemas.WebhookAttempts,
    responses=documented(401, 403, 404),
    operation_id="get_webhook_attempts",
)
def attempts(
    id: uuid.UUID,
    staff: Administrator,
    session: StaffSession,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """The newest calls of an endpoint and what they came to."""
    found = webhooks.attempts(session, staff_city(staff).id, id, limit)
    return json_answer({"attempts": [_attempt(row) for row in found]})


@router.post(
    "/{id}/redeliver", status_code=204, responses=documented(401, 403, 404), operation_id="redeliver_webhook"
)
def redeliver(
    id: uuid.UUID, body: schemas.RedeliverBody, staff: Administrator, session: StaffSession
) -> Response:
    """Send something once more, under the id it was sent under before."""
    webhooks.redeliver(session, staff_city(staff).id, id, body.webhook_id)
    return Response(status_code=204)


def _shown(row: WebhookEndpoint) -> dict[str, Any]:
    return {
        "id": row.id,
        "label": row.label,
        "url": row.url,
        "events": row.events,
        "active": row.active,
        "ended_because": row.ended_because,
        "previous_secret_until": row.previous_until,
        "created_at": row.created_at,
        "created_by": row.created_by,
    }


def _attempt(row: WebhookAttempt) -> dict[str, Any]:
    return row.model_dump(exclude={"city_id", "endpoint_id", "request_id", "seq"}) | {
        "can_be_sent_again": row.request_id is not None
    }
