"""A request of ours in the words of an external owner: the fields of its POST. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from city_config import City
from city_config.schema import ExternalOwner

LONGEST = 4000
"""Characters of a description, by the standard."""

Fields = list[tuple[str, str]]


class CannotSend(Exception):
    """The request cannot be sent as it is; ``because`` is a code that the console has words for."""

    def __init__(self, because: str) -> None:
        super().__init__(because)
        self.because = because


@dataclass(frozen=True, slots=True)
class ToSend:
    """What of a request may go to another system."""

    city_id: str
    id: uuid.UUID
    reference: str
    service_code: str
    lat: float | None
    lon: float | None
    address: str | None
    description: str
    answers: Mapping[str, Any]
    confidential: bool
    erased: bool
    contact: Mapping[str, str]


def key_of(city_id: str, request_id: uuid.UUID, owner: str) -> str:
    """Under which key it is sent, every time."""
    return f"nagara-{city_id}-{request_id}-{owner}"


def mark_of(reference: str) -> str:
    """How our reference stands in what they show, to be found again."""
    return f"[Nagara {reference}]"


def fields_of(city: City, owner: ExternalOwner, request: ToSend, media: tuple[str, ...] = ()) -> Fields:
    """The fields of the POST, without key and jurisdiction. Raises ``CannotSend``."""
    service = owner.services.get(request.service_code)
    if service is None:
        raise CannotSend("service_not_mapped")
    if request.erased:
        raise CannotSend("erased")
    if request.confidential and not owner.goes_along.confidential:
        raise CannotSend("confidential")
    along = owner.goes_along
    fields: Fields = [("service_code", service)]
    if request.lat is not None and request.lon is not None:
        fields += [("lat", f"{request.lat:.6f}"), ("long", f"{request.lon:.6f}")]
    elif not (request.address and along.address):
        raise CannotSend("no_place")
    if request.address and along.address:
        fields.append(("address_string", request.address))
    words = _words(owner, request)
    if words:
        fields.append(("description", words))
    fields += _answers(owner, request.answers)
    fields += _contact(along.contact, request.contact)
    fields += [("media_url", url) for url in media]
    fields.append(("client_request_id", key_of(city.id, request.id, owner.code)))
    return fields + sorted(owner.always.items())


def _words(owner: ExternalOwner, request: ToSend) -> str:
    """The resident's words, and our reference where it will be looked for. What is too long says that it goes on."""
    words = request.description.strip() if owner.goes_along.description else ""
    mark = mark_of(request.reference) if owner.repeat == "by_looking" else ""
    room = LONGEST - len(mark) - 2
    if len(words) > room:
        words = words[: room - 1].rstrip() + "…"
    return "\n\n".join(part for part in (words, mark) if part)


def _answers(owner: ExternalOwner, answers: Mapping[str, Any]) -> Fields:
    found: Fields = []
    for code, value in answers.items():
        theirs = owner.questions.get(code)
        if theirs is None or value in (None, "", []):
            continue
        if isinstance(value, list):
            name = f"attribute[{theirs.code}][]"
            found += [(name, theirs.values.get(str(one), str(one))) for one in value]
        else:
            found.append((f"attribute[{theirs.code}]", theirs.values.get(str(value), str(value))))
    return found


def _contact(wanted: str, contact: Mapping[str, str]) -> Fields:
    if wanted == "none":
        return []
    first, _, last = contact.get("name", "").strip().partition(" ")
    given = {"first_name": first, "last_name": last}
    if wanted == "all":
        given |= {"email": contact.get("email", ""), "phone": contact.get("phone", "")}
    return [(name, value) for name, value in given.items() if value]
