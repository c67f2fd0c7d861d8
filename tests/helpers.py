"""Requests for tests: filed through the real intake, aged by the owner of the tables, multiplied by SQL."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

from city_config import City
from nagara.database import role_options
from nagara.filing.desk import file_request
from nagara.filing.handed_in import Filing
from nagara.importing.drawing import new_references
from nagara.settings import settings

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Known:
    """A request a test knows of."""

    city_id: str
    id: uuid.UUID
    reference: str


def file(city: City, **fields: Any) -> Known:
    """File a request through the intake, at the city's centre and under its first service unless told."""
    centre = city.map.centre
    somewhere = {} if {"address", "district"} & set(fields) else {"lat": centre.lat, "lon": centre.lon}
    service = next(s for s in city.services if not any(q.required for q in s.questions))
    values: dict[str, Any] = {"service_code": service.code, **somewhere, **fields}
    filing = Filing(**values)

    async def filed() -> Known:
        async with AsyncConnectionPool(
            settings().database_url,
            min_size=1,
            max_size=1,
            kwargs={"options": role_options("nagara_app")},
            open=False,
        ) as pool:
            request = await file_request(pool, city, filing, settings().secret)
            return Known(city.id, request.id, request.reference)

    return asyncio.run(filed())


def age(owner: Connection, request: Known, hours: float) -> None:
    """Make a request as many hours older: all its times but those of its events, which cannot be changed."""
    times = (
        "received_at", "observed_at", "acknowledge_by", "respond_by", "resolve_by", "acknowledged_at",
        "responded_at", "paused_at", "closed_at", "next_step_at",
    )  # fmt: skip
    moved = ", ".join(f"{name} = {name} - make_interval(secs => %(seconds)s)" for name in times)
    owner.execute(
        f"update request set {moved} where city_id = %(city)s and id = %(id)s",
        {"seconds": hours * 3600, "city": request.city_id, "id": request.id},
    )
    owner.commit()


def multiply(owner: Connection, request: Known, copies: int) -> list[str]:
    """Lay that many more requests beside one, alike but for id and reference, each with its first event.

    Returns their references.
    """
    references: set[str] = set()
    while len(references) < copies:
        references.update(new_references(request.reference[:3], copies - len(references)))
    columns = [
        row[0]
        for row in owner.execute(
            "select column_name from information_schema.columns where table_name = 'request' "
            "and is_generated = 'NEVER' "
            "and column_name not in ('id', 'reference', 'idempotency_key', 'body_digest') order by 1"
        )
    ]
    names = ", ".join(columns)
    owner.execute(
        f"with copied as ("
        f"insert into request (id, reference, {names}) "
        f"select gen_random_uuid(), drawn, {names} from request, unnest(%s::text[]) as drawn "
        f"where city_id = %s and id = %s returning city_id, id, status) "
        f"insert into event (city_id, request_id, kind, actor_kind, to_status, data) "
        f"select city_id, id, 'filed', 'resident', status, '{{}}' from copied",
        (list(references), request.city_id, request.id),
    )
    owner.commit()
    return list(references)


def pairs_dropped(plan: dict[str, Any]) -> float:
    """How many pairs of rows a plan that was run held against each other in vain."""
    own = float(plan.get("Rows Removed by Join Filter", 0)) * float(plan["Actual Loops"])
    return own + sum(pairs_dropped(below) for below in plan.get("Plans", ()))
