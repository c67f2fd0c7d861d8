"""Whether this process lives, and whether it can do its work."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from hmac import compare_digest
from typing import Any
from urllib.parse import urlsplit

import psycopg
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from psycopg_pool import PoolTimeout
from pydantic import BaseModel
from redis.asyncio import Redis
from redis.exceptions import RedisError

from api.answers import json_answer
from api.dependencies import ClientAddress, FromProcess, Open
from api.error_responses import documented
from nagara.cities import configuration
from nagara.errors import NotPermitted
from nagara.escalation.time_standing import ask_standing, metrics
from nagara.external_owner.metrics import ask_metrics
from nagara.migrations import newest_revision
from nagara.settings import settings

router = APIRouter(tags=["health"])
log = logging.getLogger(__name__)
PATIENCE_SECONDS = 3
NEEDED = newest_revision()
"""The tables of this process's code, known since it began: what lies on the disk may be a newer version by now."""

ON_THIS_MACHINE = ("127.0.0.1", "::1")
FOR_OTHERS = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
"""Headers of calls that a proxy passes on; not every proxy sends any."""

UNKNOWN: dict[str, Any] = {
    "oldest_due_step_seconds": None,
    "oldest_untold_event_seconds": None,
    "oldest_unsent_notice_seconds": None,
    "dead_letters": None,
    "last_runs": {},
}


class Live(BaseModel):
    """The process answers."""

    status: str


class Ready(BaseModel):
    """What was found of each part; ``ok`` or what is wrong with it."""

    status: str
    database: str
    schema_revision: str
    redis: str
    cities: int


class Time(BaseModel):
    """Whether time passes: how long the oldest of each kind has waited, in seconds, and when each task last ran."""

    status: str
    troubles: list[str]
    oldest_due_step_seconds: float | None
    oldest_untold_event_seconds: float | None
    oldest_unsent_notice_seconds: float | None
    dead_letters: int | None
    last_runs: dict[str, dt.datetime]


@router.get("/health/live", dependencies=[Open], response_model=Live, operation_id="health_live")
async def live() -> dict[str, str]:
    """The process runs; says nothing about what it depends on."""
    return {"status": "live"}


@router.get(
    "/health/ready",
    dependencies=[Open],
    response_model=Ready,
    responses={503: {"model": Ready}},
    operation_id="health_ready",
)
async def ready(process: FromProcess) -> Response:
    """Requests can be filed: the database answers and has the tables this code needs. Redis is told, not needed."""
    database, revision = await _database(process)
    redis = await _redis()
    # Tables of a later version will do: its steps only add, and the old one serves until the last process is new.
    fit = database == "ok" and revision >= NEEDED  # numbered in order, all of one width
    content = {
        "status": "ready" if fit else "not ready",
        "database": database,
        "schema_revision": revision if revision >= NEEDED else f"{revision or 'none'}, needs {NEEDED}",
        "redis": redis,
        "cities": len(configuration().cities),
    }
    return json_answer(content, 200 if fit else 503)


@router.get(
    "/health/time",
    dependencies=[Open],
    response_model=Time,
    responses={503: {"model": Time}},
    operation_id="health_time",
)
async def time(process: FromProcess) -> Response:
    """Time passes: the sweeps run, and nothing that fell due waits. 503 with the reasons where it stands still."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            standing = await ask_standing(process.pool)
    except (psycopg.Error, PoolTimeout, TimeoutError) as error:
        log.warning("cannot tell the time: %s", type(error).__name__)
        return json_answer(
            {"status": "stands still", "troubles": ["the database does not answer"]} | UNKNOWN, 503
        )
    content = {
        "status": "stands still" if standing.troubles else "passes",
        "troubles": list(standing.troubles),
        "oldest_due_step_seconds": standing.waited(standing.oldest_step),
        "oldest_untold_event_seconds": standing.waited(standing.oldest_event),
        "oldest_unsent_notice_seconds": standing.waited(standing.oldest_unsent),
        "dead_letters": standing.given_up,
        "last_runs": {run.task: run.ended_at for run in standing.runs},
    }
    return json_answer(content, 503 if standing.troubles else 200)


@router.get(
    "/metrics",
    dependencies=[Open],
    response_class=Response,
    responses=documented(403)
    | {200: {"description": "Prometheus' text format", "content": {"text/plain": {}}}},
    operation_id="metrics",
)
async def read_metrics(request: Request, address: ClientAddress, process: FromProcess) -> PlainTextResponse:
    """Lags, waiting work and last runs in Prometheus' text format, for an operator's collector.

    With the bearer key of NAGARA_METRICS_KEY. Without one for programs on this machine alone, and where the public
    address is another one only if NAGARA_METRICS_ON_LOOPBACK says that no proxy here calls as they do.
    """
    _demand_operator(request, address)
    text = metrics(await ask_standing(process.pool)) + await ask_metrics(process.pool)
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def _demand_operator(request: Request, address: str) -> None:
    """Raise ``NotPermitted`` unless the caller has the collector's key, or none is set and it is on this machine.

    A proxy on this machine calls for others, and need not say so: its call looks like an operator's. So where
    residents reach Nagara at another address than this machine's own, nobody is let in without a key.
    """
    chosen = settings()
    key = chosen.metrics_key.get_secret_value() if chosen.metrics_key else ""
    if key:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if compare_digest(given.encode(), key.encode()):
            return
    elif chosen.metrics_on_loopback or _is_of_this_machine(urlsplit(chosen.public_url).netloc):
        passed_on = any(name in request.headers for name in FOR_OTHERS)
        if (
            address in ON_THIS_MACHINE
            and _is_of_this_machine(request.headers.get("Host", ""))
            and not passed_on
        ):
            return
    raise NotPermitted("Metrics are the operator's.", field="Authorization", allowed="NAGARA_METRICS_KEY")


def _is_of_this_machine(place: str) -> bool:
    """Whether a host, perhaps with a port, names this machine: of any other a page of somebody else may call here."""
    try:
        return urlsplit(f"//{place}").hostname in (*ON_THIS_MACHINE, "localhost")
    except ValueError:
        return False


async def _database(process: FromProcess) -> tuple[str, str]:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), process.pool.connection() as connection:
            cursor = await connection.execute("select version_num from alembic_version")
            row = await cursor.fetchone()
            return "ok", row[0] if row else ""
    except (psycopg.Error, PoolTimeout, TimeoutError) as error:
        log.warning("not ready: %s", type(error).__name__)
        return "does not answer", ""


async def _redis() -> str:
    client = Redis.from_url(settings().redis_url, socket_timeout=PATIENCE_SECONDS)
    try:
        await client.ping()
    except (RedisError, OSError):
        return "does not answer"
    finally:
        await client.aclose()
    return "ok"
