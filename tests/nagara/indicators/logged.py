"""Puts requests with a stated history into a real event log, as an import does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from nagara.ids import new_reference, uuid7

REQUEST = """
insert into request (city_id, id, reference, status, service_code, network_code, department, priority,
                     district, place_method, description, answers, channel, confidential, received_at, rule, reason,
                     config_fingerprint, promise_standard, next_due_at, escalation_step, version, updated_at)
values (%s, %s, %s, %s, 's', %s, 'd', 'normal', %s, 'point', '', '{}', 'web', false, %s, 'r', 'r', 'f',
        'published', %s, 0, 1, %s)
"""

EVENT = """
insert into event (city_id, request_id, kind, occurred_at, actor_kind, to_status, data)
values (%s, %s, %s, %s, %s, %s, %s)
"""

Happening = tuple[str, float, str]
"""(kind, hours after receipt, kind of actor)."""


def log_request(
    db: psycopg.Connection[Any],
    city_id: str,
    received: dt.datetime,
    happenings: Sequence[Happening] = (),
    *,
    code: str = "road_pothole",
    district: str | None = "01",
    due_hours: float | None = 72,
    standard: str = "published",
    actor: str = "resident",
    data: dict[str, Any] | None = None,
    filed: dict[str, Any] | None = None,
) -> str:
    """Add one request with its events; returns its reference."""
    request_id, reference = uuid7(), new_reference("TST")
    due = received + dt.timedelta(hours=due_hours) if due_hours is not None else None
    values = (city_id, request_id, reference, "received", code, district, received, received, received)
    db.execute(REQUEST, values)
    first = {
        "network_code": code,
        "district": district,
        "channel": "web",
        "config_fingerprint": "f1",
        "promise_standard": standard,
        "resolve_by": due.isoformat() if due else None,
    }
    db.execute(
        EVENT, (city_id, request_id, "filed", received, actor, "received", Jsonb(first | (filed or {})))
    )
    for kind, hours, who in happenings:
        at = received + dt.timedelta(hours=hours)
        db.execute(EVENT, (city_id, request_id, kind, at, who, None, Jsonb(data or {})))
    return reference
