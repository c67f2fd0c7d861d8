"""What a notice says: an event's facts in the words of the city and the language of the reader. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from city_config import City, Configuration
from city_config.texts import Messages

PATHS: Mapping[bool, str] = {False: "/#/track/", True: "/staff/#/"}
"""Where a request is read, by whether staff read it. Neither address holds a secret."""


@dataclass(frozen=True, slots=True)
class Happening:
    """An event, and what of its request a notice may speak of; nothing about who filed it."""

    city_id: str
    kind: str
    data: Mapping[str, Any]
    reference: str
    service_code: str
    department: str
    resolve_by: dt.datetime | None
    promise_standard: str
    language: str | None


@dataclass(frozen=True, slots=True)
class Notice:
    """A text ready to be sent: its language, one line of subject, and the body."""

    language: str
    subject: str
    body: str


def for_resident(configuration: Configuration, happening: Happening, public_url: str) -> Notice | None:
    """What the resident is told, in the language they filed in if there are texts in it; None: nothing."""
    city = configuration.cities[happening.city_id]
    messages = configuration.messages_for(happening.language, *city.languages)
    text = {str(kind): text for kind, text in messages.notifications.items()}.get(happening.kind)
    if text is None:
        return None
    values = _values(city, messages, happening, public_url, staff=False)
    return Notice(messages.language, *text.filled(values))


def for_staff(configuration: Configuration, happening: Happening, public_url: str) -> Notice | None:
    """What staff are told, in the city's first language that has texts; None: nothing."""
    city = configuration.cities[happening.city_id]
    messages = configuration.messages_for(*city.languages)
    text = {str(kind): text for kind, text in messages.for_staff.items()}.get(happening.kind)
    if text is None:
        return None
    values = _values(city, messages, happening, public_url, staff=True)
    return Notice(messages.language, *text.filled(values))


def _values(
    city: City, messages: Messages, happening: Happening, public_url: str, *, staff: bool
) -> dict[str, str]:
    language, data = messages.language, happening.data
    department = _text(data, "department") or happening.department
    service = city.services_by_code.get(happening.service_code)
    owner = city.departments_by_code.get(department)
    reasons = {str(code): text for code, text in messages.closing_reasons.items()}
    reason = _text(data, "reason")
    return {
        "reference": happening.reference,
        "city": city.name_in(city.names, language),
        "service": city.name_in(service.names, language) if service else happening.service_code,
        "department": city.name_in(owner.names, language) if owner else department,
        "promise": _promise(city, messages, happening),
        "status_url": f"{public_url.rstrip('/')}{PATHS[staff]}{happening.reference}",
        "note": _text(data, "note") or _text(data, "because") or _text(data, "parent"),
        "reason": reasons.get(reason, reason),
    }


def _promise(city: City, messages: Messages, happening: Happening) -> str:
    """The sentence saying by when; a time that only serves comparison is never called a promise."""
    if happening.resolve_by is None:
        return ""
    sentence = messages.promises["expected" if happening.promise_standard == "reference" else "promised"]
    return sentence.replace("{time}", local_time(city, happening.resolve_by))


def local_time(city: City, at: dt.datetime) -> str:
    """An instant on the city's clocks, year first: no reader can take the month for the day."""
    return f"{at.astimezone(city.zone):%Y-%m-%d %H:%M}"


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""
