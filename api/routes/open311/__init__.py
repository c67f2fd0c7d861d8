"""GeoReport v2 (Open311): the standard's addresses, forms and errors over Nagara's own requests."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/open311", tags=["open311"])
