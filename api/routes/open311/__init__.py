"""GeoReport v2 (Open311): the standard's addresses, forms and errors over Nagara's own requests.

One endpoint serves every city; ``jurisdiction_id`` is the city's id and belongs to every call.
"""

from __future__ import annotations

from fastapi import APIRouter

from api.dependencies import Open
from api.error_responses import speak_own_form
from api.routes.open311 import bulk, filing, requests, services, updates
from api.routes.open311.forms import refusal_under

PREFIX = "/open311"

router = APIRouter(prefix=PREFIX, tags=["open311"], dependencies=[Open])
for room in (services, requests, filing, updates, bulk):
    router.include_router(room.router)
speak_own_form(PREFIX, refusal_under)
