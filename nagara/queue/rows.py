"""Requests as lines of the queue, from rows in the order of ``COLUMNS``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from city_config import City
from nagara.lifecycle import NOTHING_DUE
from nagara.per_city import PerCity

COLUMNS: tuple[LiteralString, ...] = (
    "id", "reference", "status", "service_code", "network_code", "department", "assignee", "priority",
    "district", "lat", "lon", "address", "description", "received_at", "acknowledge_by", "respond_by",
    "resolve_by", "promise_standard", "next_due_at", "escalation_step", "escalated_by_hand", "closed_at",
    "confidential", "channel", "version", "updated_at",
)  # fmt: skip
NAMES = (*COLUMNS, "late")
"""What a row holds: the columns, and whether the promise to resolve was missed."""

Named = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Named:
    """Codes with their names, put together once for all answers; nobody changes them."""

    services: Mapping[str, Named]
    departments: Mapping[str, Named]
    districts: Mapping[str, Named]
    assignees: Mapping[str, Mapping[str, str]]


def _build(city: City) -> _Named:
    def named(code: str, names: Mapping[str, str]) -> Named:
        return {"code": code, "names": dict(names)}

    return _Named(
        {code: named(code, one.names) for code, one in city.services_by_code.items()},
        {code: named(code, one.names) for code, one in city.departments_by_code.items()},
        {code: named(code, names) for code, names in city.district_names.items()},
        {code: dict(one.names) for code, one in city.departments_by_code.items()}
        | {code: dict(one.names) for code, one in city.contractors_by_code.items()},
    )


_named = PerCity(_build)


def queue_lines(city: City, rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    """Rows as lines of the queue."""
    named, city_id = _named.of(city), city.id
    return [_line(named, city_id, row) for row in rows]


def queue_line(city: City, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row by the names of ``NAMES``, and whatever else it holds, as a line of the queue."""
    return _line(_named.of(city), city.id, [row.get(name) for name in NAMES])


def _line(named: _Named, city_id: str, row: Sequence[Any]) -> dict[str, Any]:
    (
        _id, reference, status, service, network_code, department, assignee, priority, district, lat, lon,
        address, description, received_at, acknowledge_by, respond_by, resolve_by, standard, next_due_at,
        step, by_hand, closed_at, _confidential, channel, version, updated_at, late,
    ) = row  # fmt: skip
    return {
        "reference": reference,
        "city": city_id,
        "status": status,
        "service": named.services.get(service) or _unnamed(service),
        "network_code": network_code,
        "district": None if district is None else named.districts.get(district) or _unnamed(district),
        "department": named.departments.get(department) or _unnamed(department),
        "assignee": assignee,
        "assignee_names": named.assignees.get(assignee),
        "priority": priority,
        "received_at": received_at,
        "updated_at": updated_at,
        "closed_at": closed_at,
        "next_due_at": None if next_due_at >= NOTHING_DUE else next_due_at,
        "promise": {
            "acknowledge_by": acknowledge_by,
            "respond_by": respond_by,
            "resolve_by": resolve_by,
            "standard": standard,
        },
        "late": late,
        "escalation_level": max(step, int(by_hand)),
        "lat": lat,
        "lon": lon,
        "address": address,
        "description": description,
        "channel": channel,
        "version": version,
    }


def _unnamed(code: str) -> Named:
    """A code the city no longer has."""
    return {"code": code, "names": {"en": code}}
