"""What the network's figures are: their definitions and the common codes."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.answers import json_answer
from api.dependencies import Open
from api.schemas import network as network_schemas
from nagara.cities import configuration
from nagara.network import view as network_view

router = APIRouter(prefix="/api/v1/network", tags=["network"])


@router.get(
    "/definitions",
    response_model=network_schemas.Definitions,
    dependencies=[Open],
    operation_id="get_definitions",
)
def definitions() -> Response:
    """What each figure is - what it estimates, of whom, with which interval and minimum - and the common codes."""
    return json_answer(network_view.definitions(configuration()))
