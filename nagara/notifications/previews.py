"""Notices as their readers would see them, with made-up values, for who words them. Pure but for the settings."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from city_config import City
from nagara.cities import configuration, service_of
from nagara.notifications.channels import Outgoing
from nagara.notifications.channels.mime import OWN_COLOUR, html_page
from nagara.notifications.channels.sms import segments
from nagara.notifications.wording import Happening, for_resident, for_staff, worded_as
from nagara.settings import settings

IN_THE_FUTURE = dt.timedelta(days=3)
DATA = {"note": "…", "because": "…", "reason": "fixed"}


def previews(
    city: City,
    now: dt.datetime,
    audience: Literal["resident", "staff"],
    language: str | None,
    service: str | None,
) -> list[dict[str, Any]]:
    """Every notice of an audience in a language; raise ``UnknownService`` for a service the city has not."""
    known = configuration()
    chosen = service_of(city, service) if service is not None else city.services[0]
    messages = known.messages_for(language, *city.languages)
    kinds = messages.notifications if audience == "resident" else messages.for_staff
    found = []
    for kind in map(str, kinds):
        happening = Happening(
            city_id=city.id,
            kind=kind,
            data=DATA,
            reference=f"{city.reference_prefix}-2222222-2",
            service_code=chosen.code,
            department=city.departments[0].code,
            resolve_by=now + IN_THE_FUTURE,
            promise_standard="published",
            language=messages.language,
            told_at=now,
        )
        public_url = settings().public_url
        if audience == "resident":
            notice = for_resident(known, happening, public_url)
        else:
            notice = for_staff(known, happening, public_url, messages.language)
        worded = worded_as(city, messages, audience, kind, chosen.code)
        if notice is None or worded is None:
            continue
        outgoing = Outgoing(
            "0" * 40, {}, notice.language, notice.subject, notice.body, now, notice.link, city_id=city.id
        )
        colour = city.look.colour if city.look is not None else OWN_COLOUR
        short = notice.for_channel("sms").body
        found.append(
            {
                "kind": kind,
                "language": notice.language,
                "worded_by": worded[1],
                "own_words": worded[1] != "network",
                "subject": notice.subject,
                "body": notice.body,
                "html": html_page(outgoing, city.name_in(city.names, notice.language), colour),
                "sms": short,
                "sms_parts": segments(short),
            }
        )
    return found
