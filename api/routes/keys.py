"""Keys of other systems, for the city's administrators."""

from __future__ import annotations

import uuid
from typing import Any

from fastapi import APIRouter, Response

from api.answers import json_answer
from api.dependencies import Administrator, StaffSession, staff_city
from api.error_responses import documented
from api.schemas import accounts as accounts_schemas
from nagara.accounts import keys
from nagara.accounts.keys import NewKey
from nagara.permissions import SCOPES
from nagara.tables import ApiKey

router = APIRouter(prefix="/api/v1/staff", tags=["staff"])


@router.get(
    "/keys",
    response_model=accounts_schemas.Keys,
    responses=documented(401, 403, 404),
    operation_id="get_keys",
)
def keys_listed(staff: Administrator, session: StaffSession) -> Response:
    """The own city's keys, without what would open anything, and the scopes there are."""
    city = staff_city(staff)
    scopes = {scope: sorted(opened) for scope, opened in SCOPES.items()}
    content = {
        "keys": [_shown(row) for row in keys.keys_of(session, city.id)],
        "scopes": scopes,
        "usual_days": keys.USUAL_LIFE.days,
        "longest_days": keys.LONGEST_LIFE.days,
    }
    return json_answer(content)


@router.post(
    "/keys",
    status_code=201,
    response_model=accounts_schemas.KeyMade,
    responses=documented(401, 403, 404),
    operation_id="add_key",
)
def add_key(body: accounts_schemas.NewKeyBody, staff: Administrator, session: StaffSession) -> Response:
    """Make a key; other systems send it as ``Authorization: Bearer``. It is shown this once.

    It ends a year from now unless another time is said, which is at most two years away; the answer says when.
    """
    city = staff_city(staff)
    new = NewKey(body.label, tuple(body.scopes), body.account, body.expires_at)
    row, key = keys.create_key(session, city.id, staff, new)
    return json_answer({"key": key, "details": _shown(row)}, 201)


@router.delete("/keys/{id}", status_code=204, responses=documented(401, 403, 404), operation_id="revoke_key")
def revoke_key(id: uuid.UUID, staff: Administrator, session: StaffSession) -> Response:
    """End a key at once."""
    keys.revoke_key(session, staff_city(staff).id, staff, id)
    return Response(status_code=204)


def _shown(row: ApiKey) -> dict[str, Any]:
    return {
        "id": row.id,
        "label": row.label,
        "account": row.username,
        "scopes": row.scopes,
        "created_at": row.created_at,
        "created_by": row.created_by,
        "expires_at": row.expires_at,
        "last_used_at": row.last_used_at,
        "revoked_at": row.revoked_at,
    }
