"""The HTTP application: its routes, its edge, and what it holds open while it serves."""

from __future__ import annotations

import datetime as dt
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from fastapi import FastAPI
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api.cross_origin import Preflights
from api.dependencies import Resources
from api.edge import BodyLimit, HeadAnswers, SecurityHeaders
from api.error_responses import add_error_answers
from api.examples import add_examples
from api.front import Application
from api.routes import (
    accounts,
    audits,
    bulk,
    check,
    cities,
    city_desk,
    demo,
    demo_chat,
    exports,
    external_owner,
    federation,
    feeds,
    field_work,
    following,
    health,
    keys,
    live,
    media,
    moderation,
    network,
    network_figures,
    network_reports,
    ogc,
    open311,
    open_data,
    pages,
    public_list,
    queue,
    report_review,
    requests,
    resident_accounts,
    residents,
    review_notices,
    single_sign_on,
    staff,
    staff_accounts,
    staff_notices,
    suggestions,
    supervision,
    telegram,
    tiles,
    trust,
    wall,
    webhooks,
)
from api.tracing import TracedCalls
from nagara import logs
from nagara.cities import configuration, prepare
from nagara.database import app_pool
from nagara.filing.desk import all_written
from nagara.gis.drawn_tiles import DrawnTiles
from nagara.photos.darkroom import Darkroom
from nagara.photos.storage import media_store
from nagara.rate_limits import RateLimiter
from nagara.redis_connections import connected
from nagara.settings import settings
from nagara.staff.live import live as live_news
from nagara.staff.presence import Presence

log = logging.getLogger(__name__)
DESCRIPTION = """\
Residents report, departments answer within a promise, silence escalates, and cities compare honestly.

Every refusal has one shape: `{"error": {"code", "message", "field"?, "allowed"?, "reference"}}`.
Times are ISO 8601 in UTC. GeoReport v2 lives under `/open311/v2` with the standard's own forms.
"""


class Described(Application):
    """The application whose document has examples."""

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        if self.openapi_schema is None:
            add_examples(super().openapi())
        return super().openapi()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the pool and the limits; a wrong city file stops the start with its lines."""
    logs.configure()
    chosen = settings()
    served = configuration()
    prepare(dt.datetime.now(dt.UTC))
    pool = app_pool()
    redis = connected(chosen.redis_url, socket_timeout=1, socket_connect_timeout=1)
    limiter = RateLimiter(redis, chosen.rate_limits == "on", chosen.secret)
    darkroom = Darkroom(media_store(chosen))
    async with live_news(chosen.redis_url) as hub:
        app.state.resources = Resources(
            pool, limiter, chosen.secret, darkroom, hub, Presence(redis), DrawnTiles()
        )
        await pool.open()
        log.info("serving %d cities", len(served.cities))
        # What start-up made lives as long as the process; the collector need not walk through it again.
        gc.collect()
        gc.freeze()
        try:
            yield
        finally:
            await all_written(pool)
            await pool.close()
            await redis.aclose()
            darkroom.close()


def create_app() -> FastAPI:
    """The application, ready to be served."""
    app = Described(
        title="Nagara",
        version="1",
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # its page loads scripts from another host
        redoc_url=None,
    )
    add_error_answers(app)
    # A call is held against one address after another: what is called most comes first.
    for room in (requests, queue, staff):
        app.include_router(room.router)
    for room in (
        health,
        cities,
        suggestions,
        check,
        residents,
        media,
        accounts,
        report_review,
        review_notices,
        network,
        network_figures,
        network_reports,
        open311,
    ):
        app.include_router(room.router)
    app.include_router(public_list.router)
    app.include_router(queue.kept)
    for room in (trust, federation):
        app.include_router(room.router)
    desks = (field_work, city_desk, moderation, live, wall, bulk, exports, supervision, external_owner)
    for room in (*desks, audits):
        app.include_router(room.router)
    app.include_router(staff.moves)  # these come after the other rooms of staff: their address takes any word
    for room in (single_sign_on, staff_accounts, keys, webhooks, staff_notices, telegram):
        app.include_router(room.router)
    for room in (following, resident_accounts, feeds, tiles, ogc, open_data):
        app.include_router(room.router)
    if settings().demo:
        app.include_router(demo.router)
        app.include_router(demo_chat.router)
    pages.mount(app)
    app.add_middleware(HeadAnswers)
    app.add_middleware(Preflights)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)  # which the answers of those before carry as well
    if settings().traces_url is not None:
        app.add_middleware(TracedCalls)  # which measures what goes the usual way
    else:
        app.open_front(requests.router, queue.router, staff.router, tiles.router)
    return app


def served_app() -> ASGIApp:
    """The application behind the proxies it trusts: without any, nobody's word for an address is taken."""
    trusted = [address.strip() for address in settings().trusted_proxies.split(",") if address.strip()]
    application = create_app()
    if not trusted:
        return application
    return cast(ASGIApp, ProxyHeadersMiddleware(cast(Any, application), trusted_hosts=trusted))


app = served_app()
