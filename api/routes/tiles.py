"""Vector tiles: a city's open requests, as points near by and as counted squares from afar (Mapbox Vector Tile 2.1)."""

from __future__ import annotations

import time
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Header, Path, Response
from fastapi import Request as Call

from api.answers import json_answer
from api.conditional import is_known
from api.dependencies import ClientAddress, CurrentCity, FromProcess, Open, Resources
from api.error_responses import documented
from api.hot import OpenRoute
from api.schemas import gis as schemas
from city_config import City
from nagara.database import read_in_city
from nagara.gis import cells, map_builds, map_points
from nagara.gis.drawn_tiles import Drawn
from nagara.gis.mercator import DEEPEST, Tile, tile_at
from nagara.places.bounds import bounds_of
from nagara.read_together import read_together
from nagara.settings import settings

router = APIRouter(prefix="/tiles", tags=["gis"], dependencies=[Open], route_class=OpenRoute)
MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
HEADERS = {"Cache-Control": "public, max-age=30, stale-while-revalidate=30", "Vary": "Accept-Encoding"}
LAYERS = [
    {
        "id": map_points.LAYER,
        "description": "Open requests, one point each",
        "minzoom": map_points.FROM_ZOOM,
        "maxzoom": DEEPEST,
        "fields": {
            "reference": "String",
            "service": "String: code of the service",
            "status": "String",
            "received": "String: day of receipt (UTC)",
        },
    },
    {
        "id": cells.LAYER,
        "description": "Squares, each a point amid what lies in it; also near by, where a tile holds very many",
        "minzoom": 0,
        "maxzoom": DEEPEST,
        "fields": {"count": "Number: open requests in the square"},
    },
]


@router.get(
    "/{city}.json",
    response_model=schemas.TileJson,
    responses=documented(404),
    operation_id="describe_tiles",
)
async def described(city: CurrentCity) -> Response:
    """What a map needs to know to show a city's tiles (TileJSON 3.0.0)."""
    centre = city.map.centre
    content = {
        "tilejson": "3.0.0",
        "name": f"Open requests of {city.name_in(city.names, 'en')}",
        "tiles": [f"{settings().public_url.rstrip('/')}/tiles/{city.id}/{{z}}/{{x}}/{{y}}.mvt"],
        "minzoom": 0,
        "maxzoom": map_points.FROM_ZOOM + 2,
        "bounds": list(bounds_of(city)),
        "center": [centre.lon, centre.lat, city.map.zoom],
        "attribution": city.name_in(city.names, "en"),
        "vector_layers": LAYERS,
    }
    return json_answer(content, 200, {"Cache-Control": "public, max-age=3600"})


@router.get(
    "/{city}/{z}/{x}/{y}.mvt",
    response_class=Response,
    responses=documented(404, 429)
    | {
        200: {"content": {MEDIA_TYPE: {}}, "description": "The tile"},
        204: {"description": "Nothing lies in it"},
        304: {"description": "It is as it was"},
    },
    operation_id="get_tile",
)
async def tile(
    city: CurrentCity,
    z: Annotated[int, Path(description=f"Zoom, 0 to {DEEPEST}", examples=[15])],
    x: Annotated[int, Path(description="Column, from the west", examples=[25931])],
    y: Annotated[int, Path(description="Row, from the north", examples=[15322])],
    call: Call,
    process: FromProcess,
    address: ClientAddress,
    if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
) -> Response:
    """A tile of the city's map: what is open and public now; of a whole city, as it stood some seconds ago."""
    await process.limiter.count("tile", address)
    drawn = await _drawn(process, city, tile_at(z, x, y))
    if not drawn.content:
        return Response(status_code=204, headers=HEADERS)
    headers = HEADERS | {"ETag": drawn.tag}
    if is_known(drawn.tag, if_none_match):
        return Response(status_code=304, headers=headers)
    if "gzip" in call.headers.get("Accept-Encoding", ""):
        return Response(drawn.packed, 200, headers | {"Content-Encoding": "gzip"}, MEDIA_TYPE)
    return Response(drawn.content, 200, headers, MEDIA_TYPE)


async def _drawn(process: Resources, city: City, asked: Tile) -> Drawn:
    """The tile, in one round trip; in two near by, where very many lie in it, and from afar, before the city's first
    tiles were made."""
    if asked.z >= map_points.FROM_ZOOM:
        return await _drawn_near_by(process, city, asked)
    [rows] = await read_together(process.pool, city.id, map_builds.question(city, asked))
    kept = map_builds.kept(city, rows)
    if kept is not None:
        return process.tiles.drawn(city, asked, rows, lambda *_: kept)
    [rows] = await read_in_city(process.pool, city.id, map_builds.all_question(city))
    return process.tiles.drawn(city, asked, rows, map_builds.drawn)


async def _drawn_near_by(process: Resources, city: City, asked: Tile) -> Drawn:
    """A tile of points: the one drawn last, if nothing in it has changed."""
    asked_at = time.monotonic()
    kept = process.tiles.kept(city, asked)
    if kept is None:
        [rows] = await read_in_city(process.pool, city.id, map_points.question(city, asked))
    else:
        question = kept.question(partial(map_points.question, city, asked))
        [rows] = await read_together(process.pool, city.id, question)
    found = map_points.found(city, rows)
    if kept is not None and not found.changed:
        return kept.still_holds(found.seen)
    if not map_points.are_too_many(found.rows):
        return process.tiles.drawn(city, asked, found.rows, map_points.as_tile, found.seen, asked_at)
    [rows] = await read_in_city(process.pool, city.id, map_points.squares_question(city, asked))
    return process.tiles.drawn(city, asked, rows, map_points.as_squares, found.seen, asked_at)
