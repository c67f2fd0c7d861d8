"""Requests and services as GeoReport v2 (Open311) shows them, and which requests it may show at all.

Pure. Keys of the returned trees are the standard's own names.

What the standard leaves open is decided here: every documented field is present, null where unknown; a
closed request's ``updated_datetime`` is its closing. Which requests exist here, and which of their words
are read, ``nagara.public.publication`` decides.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from city_config import City, Messages, Service
from city_config.services import StopNotice
from nagara.event_log import EventKind
from nagara.lifecycle import CLOSED, Status
from nagara.open311.lists import Row
from nagara.photos.keeping import shown_to
from nagara.public import publication
from nagara.public.publication import (
    public_address,
    public_note,
    public_position,
    public_words,
)
from nagara.public.request_views import promise_shown

CHANNEL = publication.CHANNEL_OF_PUBLISHED_WORDS
ADDRESS_ID = re.compile(r"(?s)(.*?)\s*\[address_id ([^\[\]]+)\]")
NOTE_TYPES: Mapping[str, str] = {
    EventKind.FILED: "submitted",
    EventKind.ACKNOWLEDGED: "opened",
    EventKind.RESOLVED: "closed",
    EventKind.DECLINED: "closed",
    EventKind.WITHDRAWN: "closed",
    EventKind.DUPLICATE_LINKED: "closed",
}
"""The four kinds of note that extended GeoReport knows; everything else that happens is ``activity``."""


Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a city is shown: the language asked for (None: the city's first) and its texts."""

    city: City
    language: str | None
    messages: Messages

    def name(self, names: Mapping[str, str]) -> str:
        """A name in the reader's language, or the next best."""
        return self.city.name_in(names, self.language)


def is_acceptable(service: Service, day: dt.date) -> bool:
    """Whether a report is taken at all on a local day.

    The standard's list is of acceptable types of request, and has no field to say who else takes one: what is
    always refused, or taken elsewhere, is not in it. Requests filed while it was are shown as ever.
    """
    return service.holds_on(day) and service.stopped_by({}, day) is None


def service_item(reader: Reader, service: Service) -> Tree:
    """A line of the service list."""
    group = reader.city.groups.get(service.group)
    return {
        "service_code": service.code,
        "service_name": reader.name(service.names),
        "description": reader.name(service.description) if service.description else None,
        "metadata": bool(service.questions or service.stop_notices),
        "type": "realtime",
        "keywords": ",".join(word.replace(",", " ") for word in service.keywords) or None,
        "group": reader.name(group) if group else service.group,
    }


def service_definition(reader: Reader, service: Service, day: dt.date) -> Tree:
    """A service's notices of a local day and its questions; a list without any where it asks nothing.

    What ``variable`` false means is the standard's way to show a text that wants no answer.
    """
    attributes = [
        _notice(reader, order, notice)
        for order, notice in enumerate((n for n in service.stop_notices if n.holds_on(day)), 1)
    ]
    for order, question in enumerate(service.questions, len(attributes) + 1):
        attribute: Tree = {
            "variable": True,
            "code": question.code,
            "datatype": question.datatype,
            "required": question.required and not question.shown_when,
            "datatype_description": reader.name(question.hint) if question.hint else None,
            "order": order,
            "description": reader.name(question.names),
        }
        if question.choices:
            attribute["values"] = [{"key": c.key, "name": reader.name(c.names)} for c in question.choices]
        attributes.append(attribute)
    return {"service_code": service.code, "attributes": attributes}


def _notice(reader: Reader, order: int, notice: StopNotice) -> Tree:
    """A notice as a text among the questions, with the number to call where the city confirmed it."""
    words = " ".join(part for part in (reader.name(notice.notice), notice.shown_phone) if part)
    return {
        "variable": False,
        "code": f"notice-{order}",
        "datatype": "text",
        "required": False,
        "datatype_description": None,
        "order": order,
        "description": words,
    }


def request_item(reader: Reader, row: Row, extensions: bool = False, public_url: str = "") -> Tree:
    """A request as anybody may see it; ``public_url`` begins the addresses of its pictures."""
    city = reader.city
    service = city.services_by_code.get(row.service_code)
    department = city.departments_by_code.get(row.department)
    position = public_position(city, row.lat, row.lon, own=False)
    address, address_id = split_address(public_address(city, row.channel, row.address))
    photos = pictures(city, row.photos or (), public_url)
    item: Tree = {
        "service_request_id": row.reference,
        "status": "closed" if Status(row.status) in CLOSED else "open",
        "status_notes": status_notes(reader, row),
        "service_name": reader.name(service.names) if service else row.service_code,
        "service_code": row.service_code,
        "description": public_words(city, row.channel, row.description),
        "agency_responsible": reader.name(department.names) if department else row.department,
        "service_notice": None,
        "requested_datetime": row.received_at,
        "updated_datetime": row.closed_at or row.updated_at,
        "expected_datetime": row.resolve_by,
        "address": address,
        "address_id": address_id,
        "zipcode": None,
        "lat": position["lat"] if position else None,
        "long": position["lon"] if position else None,
        "media_url": photos[0]["media_url"] if photos else None,
    }
    if extensions:
        item["extended_attributes"] = _extended(row) | {"photos": photos}
        item["notes"] = [_note(reader, event) for event in row.events or ()]
    return item


def status_notes(reader: Reader, row: Row) -> str:
    """Where the request stands, finer than open and closed, why it was closed, and what staff told of it."""
    statuses: Mapping[Any, str] = reader.messages.statuses
    reasons: Mapping[Any, str] = reader.messages.closing_reasons
    parts = [statuses.get(row.status, row.status)]
    if row.closing_reason:
        parts.append(reasons.get(row.closing_reason, row.closing_reason))
    if row.parent:
        parts.append(row.parent)
    if row.status_note:
        parts.append(row.status_note)
    return " – ".join(parts)


def _extended(row: Row) -> Tree:
    return {
        "channel": row.channel,
        "detailed_status": row.status,
        "network_code": row.network_code,
        "district": row.district,
        "duplicate": row.status == Status.DUPLICATE,
        "parent_service_request_id": row.parent,
        "promise": promise_shown(row.acknowledge_by, row.respond_by, row.resolve_by, row.promise_standard),
    }


def pictures(
    city: City, photos: Sequence[Mapping[str, Any]], public_url: str, request_public: bool = True
) -> list[Tree]:
    """The pictures anybody may see, of a request that ``request_public`` says anybody may see."""
    base = public_url.rstrip("/")
    return [
        {
            "media_url": f"{base}{photo['url']}",
            "thumbnail_url": f"{base}{photo['thumbnail_url']}",
            "width": photo["width"],
            "height": photo["height"],
            "kind": photo["kind"],
        }
        for photo in shown_to(city, photos, request_public=request_public)
    ]


def _note(reader: Reader, event: Mapping[str, Any]) -> Tree:
    statuses: Mapping[Any, str] = reader.messages.statuses
    reasons: Mapping[Any, str] = reader.messages.closing_reasons
    kind, reason = event["kind"], event["reason"]
    summary = statuses.get(event["status"]) or kind.replace("_", " ")
    told = [
        reasons.get(reason, reason) if reason else None,
        public_note(event["actor_kind"], event["note"], own=False),
    ]
    return {
        "datetime": dt.datetime.fromisoformat(event["at"]),
        "summary": summary,
        "description": " – ".join(part for part in told if part) or None,
        "type": NOTE_TYPES.get(kind, "activity"),
    }


def join_address(text: str | None, address_id: str | None) -> str | None:
    """One line of address from the standard's two: Nagara keeps no register that ids could point into."""
    if address_id is None:
        return text
    return f"{text or ''} [address_id {address_id}]".strip()


def split_address(address: str | None) -> tuple[str | None, str | None]:
    """The standard's two fields from the one line that ``join_address`` made."""
    found = ADDRESS_ID.fullmatch(address) if address else None
    if found is None:
        return address, None
    return found[1] or None, found[2]


def filed_notice(
    reader: Reader,
    department: str,
    resolve_by: dt.datetime | None,
    standard: str,
    missing_pictures: int = 0,
    trial: bool = False,
) -> str:
    """What the reporter is told at once, in English: who has it, by when, and what was not taken."""
    owner = reader.city.departments_by_code.get(department)
    name = reader.city.name_in(owner.names, "en") if owner else department
    told = [f"Sent to {name}."] if not trial else [f"A trial: nobody works on it. It would go to {name}."]
    if resolve_by is not None:
        until = f"{resolve_by.astimezone(reader.city.zone):%Y-%m-%d %H:%M} ({reader.city.timezone})"
        if standard == "reference":
            told.append(f"The city has published no promise; the usual time to deal with it ends {until}.")
        else:
            told.append(f"The promise is to deal with it by {until}.")
    if missing_pictures:
        told.append(
            f"{missing_pictures} of the pictures at media_url could not be fetched; send the files themselves."
        )
    return " ".join(told)
