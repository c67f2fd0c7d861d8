"""One request as people see it: the resident's page without personal data, a line of the staff's queue."""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Mapping
from typing import Any

from city_config import City
from nagara import statements
from nagara.cities import city_of_reference
from nagara.database import Pool
from nagara.errors import UnknownRequest
from nagara.event_log import PUBLIC_KINDS
from nagara.ids import resident_token
from nagara.photos import keeping
from nagara.public.publication import (
    public_address,
    public_note,
    public_position,
    public_values,
    public_words,
)
from nagara.read_together import read_together
from nagara.residents.views import ResidentStanding, for_everybody, for_the_holder, reason_names

_public_kinds = sorted(kind.value for kind in PUBLIC_KINDS)


def find_city(reference: str) -> tuple[City, str]:
    """The city of a reference and the reference as stored; raise ``UnknownRequest``."""
    found = city_of_reference(reference)
    if found is None:
        raise UnknownRequest(f"There is no request {reference[:20]!r}.", field="reference")
    return found


async def public_status(
    pool: Pool, city: City, reference: str, token: str | None, secret: bytes
) -> dict[str, Any]:
    """What anybody may know of a request, and its timeline; one that is not public only with its own token.

    Without the right token such a request is as unknown as one that does not exist.
    """
    values = public_values(city) | {
        "city_id": city.id, "reference": reference, "public_kinds": _public_kinds,
    }  # fmt: skip
    asked = [statements.PUBLIC_STATUS, *([statements.OWN_PARTS] if token else [])]
    found, *mine = await read_together(pool, city.id, *((statement, values) for statement in asked))
    if not found:
        raise UnknownRequest(f"There is no request {reference!r}.", field="reference")
    (
        id_, ref, status, service, department, assignee, district, lat, lon, received, updated, closed,
        closing_reason, note, acknowledge_by, respond_by, resolve_by, standard, _confidential, description,
        address, reason, parent, channel, public, generation, fingerprint, erased, acknowledged, responded, others,
        photos, timeline,
    ) = found[0]  # fmt: skip
    own = token is not None and hmac.compare_digest(
        token.encode(), resident_token(secret, city.id, id_, generation).encode()
    )
    standing = ResidentStanding(status, closed, note, others, erased, fingerprint, acknowledged, responded)
    events = [_event_for_all(event, own) for event in timeline or ()]
    if not (public or own):
        raise UnknownRequest(f"There is no request {reference!r}.", field="reference")
    now = dt.datetime.now(dt.UTC)
    return {
        "reference": ref,
        "city": city.id,
        "status": status,
        "open": closed is None,
        "service": named_service(city, service),
        "district": named_district(city, district),
        "department": named_department(city, department),
        "assignee": named_assignee(city, assignee),
        "position": public_position(city, lat, lon, own),
        "description": description if own else public_words(city, channel, description),
        "address": address if own else public_address(city, channel, address),
        "route_reason": reason,
        "received_at": received,
        "updated_at": updated,
        "closed_at": closed,
        "closing_reason": closing_reason,
        "note": note,
        "duplicate_of": parent,
        "promise": promise_shown(acknowledge_by, respond_by, resolve_by, standard),
        "photos": keeping.shown_to(city, photos or [], public, token if own else None, now),
        "timeline": [event | {"reason_names": reason_names(event)} for event in events],
        "others": others,
        **for_everybody(city, standing, closing_reason, service),
        **for_the_holder(city, standing, events, mine[0][0] if own else None),
    }


def promise_shown(
    acknowledge_by: dt.datetime | None,
    respond_by: dt.datetime | None,
    resolve_by: dt.datetime | None,
    standard: str,
) -> dict[str, Any]:
    """A promise as every answer shows it; times in UTC."""
    return {
        "acknowledge_by": acknowledge_by,
        "respond_by": respond_by,
        "resolve_by": resolve_by,
        "standard": standard,
    }


def named_service(city: City, code: str) -> dict[str, Any]:
    """A service's code and names; only the code where the city no longer offers it."""
    service = city.services_by_code.get(code)
    return {"code": code, "names": dict(service.names) if service else {"en": code}}


def named_department(city: City, code: str) -> dict[str, Any]:
    """A department's code and names."""
    department = city.departments_by_code.get(code)
    return {"code": code, "names": dict(department.names) if department else {"en": code}}


def named_assignee(city: City, code: str | None) -> dict[str, Any] | None:
    """Who works on it: a contractor or department by its names; a person is not named to the public."""
    if code is None:
        return None
    body = city.contractors_by_code.get(code) or city.departments_by_code.get(code)
    return {"code": code, "names": dict(body.names)} if body else None


def named_district(city: City, code: str | None) -> dict[str, Any] | None:
    """A district's code and names."""
    if code is None:
        return None
    return {"code": code, "names": dict(city.district_names.get(code, {"en": code}))}


def _event_for_all(event: Mapping[str, Any], own: bool) -> dict[str, Any]:
    """An event of the timeline; what residents wrote is left to the holder of the private link."""
    shown = {name: event[name] for name in ("kind", "at", "status", "reason")}
    return shown | {"note": public_note(event["actor_kind"], event["note"], own)}
