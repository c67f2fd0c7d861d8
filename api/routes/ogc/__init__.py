"""OGC API - Features, Part 1: requests, districts and indicators for QGIS, GDAL and everything else that speaks it."""

from __future__ import annotations

from fastapi import APIRouter

from api.dependencies import Open
from api.error_responses import speak_own_form
from api.routes.ogc import features, service
from api.routes.ogc.forms import PREFIX, refusal_under

router = APIRouter(tags=["gis"], dependencies=[Open])
for room in (service, features):
    router.include_router(room.router)
speak_own_form(PREFIX, refusal_under)
