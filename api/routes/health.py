"""Whether this process lives, and whether it can do its work."""

from __future__ import annotations

import asyncio
import logging

import psycopg
from fastapi import APIRouter, Response
from psycopg_pool import PoolTimeout
from pydantic import BaseModel
from redis.asyncio import Redis
from redis.exceptions import RedisError

from api.answers import json_answer
from api.dependencies import FromProcess, Open
from nagara.cities import configuration
from nagara.migrations import newest_revision
from nagara.settings import settings

router = APIRouter(tags=["health"])
log = logging.getLogger(__name__)
PATIENCE_SECONDS = 3


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
    needed = newest_revision()
    fit = database == "ok" and revision == needed
    content = {
        "status": "ready" if fit else "not ready",
        "database": database,
        "schema_revision": revision if revision == needed else f"{revision or 'none'}, needs {needed}",
        "redis": redis,
        "cities": len(configuration().cities),
    }
    return json_answer(content, 200 if fit else 503)


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
