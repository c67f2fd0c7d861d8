"""What a notice says: an event's facts in the words of the city and the language of the reader. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from city_config import City, Configuration
from city_config.texts import Audience, Messages, Notification, Wording
from nagara.notifications.channels.sms import short_text
from nagara.notifications.moments import written_moment
from nagara.notifications.private_links import UNFILLED

LONGEST_PUSH_TEXT = 400
"""Characters; browsers show fewer."""

PATHS: Mapping[bool, str] = {False: "/#/track/", True: "/staff/#/"}
"""Where a request is read, by whether staff read it. Neither address holds a secret; ``private_links`` adds one."""


@dataclass(frozen=True, slots=True)
class Happening:
    """An event, and what of its request a notice may speak of at ``told_at``; nothing about who filed it."""

    city_id: str
    kind: str
    data: Mapping[str, Any]
    reference: str
    service_code: str
    department: str
    resolve_by: dt.datetime | None
    promise_standard: str
    language: str | None
    told_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """A text ready to be sent: its language, one line of subject, the body, and where to read on.

    ``topic`` is what it is about: a newer push message about the same thing takes the place of an older one.
    """

    language: str
    subject: str
    body: str
    link: str | None = None
    topic: str | None = None

    def for_channel(self, channel: str) -> Notice:
        """The same for a channel: a text message is the subject and the link, within its few characters."""
        if channel == "sms":
            text = short_text(self.subject, self.link, self.topic or "")
            return replace(self, subject="", body=text)
        if channel == "push":
            return replace(self, body=_shortened(self.body))
        return self


def _shortened(body: str) -> str:
    """What a notification of the browser has room for: the sentences, without the lines that are links."""
    lines = [line for line in body.splitlines() if line.strip() and "://" not in line]
    return "\n".join(lines)[:LONGEST_PUSH_TEXT].rstrip()


@dataclass(frozen=True, slots=True)
class Standing:
    """How a report stands, in a message about many; ``overdue``: the promised time that passed."""

    reference: str
    service_code: str
    status: str
    overdue: dt.datetime | None
    token: str | None


def for_resident(
    configuration: Configuration, happening: Happening, public_url: str, *, private: bool = False
) -> Notice | None:
    """What the resident is told, in the language they filed in if there are texts in it; None: nothing.

    ``private``: it goes to the contact the request was filed with, and leaves room for the private link's token.
    """
    city = configuration.cities[happening.city_id]
    messages = configuration.messages_for(happening.language, *city.languages)
    worded = worded_as(city, messages, "resident", happening.kind, happening.service_code)
    if worded is None:
        return None
    text, _ = worded
    values = _values(city, messages, happening, public_url, staff=False)
    if private:
        values["status_url"] += UNFILLED
    return Notice(messages.language, *text.filled(values), values["status_url"], happening.reference)


def for_follower(
    configuration: Configuration,
    happening: Happening,
    public_url: str,
    *,
    status: str,
    language: str | None,
    stop_url: str,
) -> Notice | None:
    """What somebody is told who follows the request: how it stands, and nothing that was written to or by anybody."""
    city = configuration.cities[happening.city_id]
    messages = configuration.messages_for(language, *city.languages)
    if happening.kind not in {str(kind) for kind in messages.notifications}:
        return None
    named = {str(name): text for name, text in messages.statuses.items()}
    values = _values(city, messages, happening, public_url, staff=False)
    values |= {"note": "", "status": named.get(status, status), "stop_url": stop_url}
    text = messages.others["followed"]
    return Notice(messages.language, *text.filled(values), values["status_url"], happening.reference)


def for_watcher(
    configuration: Configuration,
    city: City,
    request: Mapping[str, str | None],
    public_url: str,
    *,
    language: str | None,
    stop_url: str,
) -> Notice:
    """What somebody is told who watches an area: that a request (reference, service, district) came in there."""
    messages = configuration.messages_for(language, *city.languages)
    named = named_request(city, request, messages.language)
    link = f"{public_url.rstrip('/')}{PATHS[False]}{request['reference']}"
    values = named | {"status_url": link, "stop_url": stop_url}
    return Notice(messages.language, *messages.others["alert"].filled(values), link, request["reference"])


def for_day(
    configuration: Configuration,
    city: City,
    lines: Sequence[str],
    count: int,
    public_url: str,
    *,
    language: str | None,
    stop_url: str,
) -> Notice:
    """A day's news of an area in one message."""
    messages = configuration.messages_for(language, *city.languages)
    values = {
        "city": city.name_in(city.names, messages.language),
        "count": str(count),
        "list": "\n".join(lines),
        "stop_url": stop_url,
    }
    link = f"{public_url.rstrip('/')}/#/follow"
    return Notice(messages.language, *messages.others["digest"].filled(values), link, f"day {city.id}")


def for_reports(
    configuration: Configuration,
    city: City,
    reports: Sequence[Standing],
    count: int,
    public_url: str,
    *,
    language: str | None,
    stop_url: str,
) -> Notice:
    """A day's or week's news of the reports somebody filed or follows, and which of them are overdue."""
    messages = configuration.messages_for(language, *city.languages)
    statuses = {str(name): text for name, text in messages.statuses.items()}
    page = f"{public_url.rstrip('/')}{PATHS[False]}"
    parts = []
    for one in reports:
        service = city.services_by_code.get(one.service_code)
        named = city.name_in(service.names, messages.language) if service else one.service_code
        lines = [f"{one.reference}  {named}: {statuses.get(one.status, one.status)}"]
        if one.overdue is not None:
            time = written_moment(city, messages.language, one.overdue)
            lines.append(messages.promises["overdue"].replace("{time}", time))
        lines.append(f"{page}{one.reference}{f'?token={one.token}' if one.token else ''}")
        parts.append("\n".join(lines))
    if count > len(reports):
        parts.append("…")
    values = {
        "city": city.name_in(city.names, messages.language),
        "count": str(count),
        "list": "\n\n".join(parts),
        "stop_url": stop_url,
    }
    link, topic = f"{public_url.rstrip('/')}/#/mine", f"reports {city.id}"
    return Notice(messages.language, *messages.others["reports"].filled(values), link, topic)


def for_work(
    configuration: Configuration, city: City, lines: Sequence[str], count: int, public_url: str
) -> Notice:
    """What of somebody's work is overdue, in the city's first language that has texts."""
    messages = configuration.messages_for(*city.languages)
    link = f"{public_url.rstrip('/')}/staff/"
    values = {
        "city": city.name_in(city.names, messages.language),
        "count": str(count),
        "list": "\n".join(lines),
        "status_url": link,
    }
    return Notice(messages.language, *messages.others["work"].filled(values), link, f"work {city.id}")


def for_code(
    configuration: Configuration, city: City, code: str, *, language: str | None, link: str = ""
) -> Notice:
    """Six digits for somebody to show that a contact is theirs; ``link`` does the same by itself."""
    messages = configuration.messages_for(language, *city.languages)
    values = {"code": code, "city": city.name_in(city.names, messages.language), "status_url": link}
    subject, body = messages.others["code"].filled(values)
    return Notice(messages.language, subject, re.sub(r"\n{3,}", "\n\n", body), link or None)


def named_request(city: City, request: Mapping[str, str | None], language: str) -> dict[str, str]:
    """A request's city, reference, service and district by name."""
    service = city.services_by_code.get(request["service_code"] or "")
    district = city.district_names.get(request["district"] or "")
    return {
        "city": city.name_in(city.names, language),
        "reference": request["reference"] or "",
        "service": city.name_in(service.names, language) if service else request["service_code"] or "",
        "district": city.name_in(district, language) if district else "",
    }


def for_staff(
    configuration: Configuration, happening: Happening, public_url: str, language: str | None = None
) -> Notice | None:
    """What staff are told, in the city's first language that has texts unless one is asked for; None: nothing."""
    city = configuration.cities[happening.city_id]
    messages = configuration.messages_for(language, *city.languages)
    worded = worded_as(city, messages, "staff", happening.kind, happening.service_code)
    if worded is None:
        return None
    text, _ = worded
    values = _values(city, messages, happening, public_url, staff=True)
    return Notice(messages.language, *text.filled(values), values["status_url"], happening.reference)


def worded_as(
    city: City, messages: Messages, audience: Audience, kind: str, service_code: str
) -> tuple[Notification, Wording] | None:
    """The words for a kind of notice about a service, and whose they are; None: it is told to nobody.

    The city's own for the service come first, then its own for all, then everybody's.
    """
    service = city.services_by_code.get(service_code)
    own = city.texts.get(messages.language)
    found = (
        own.worded(audience, kind, service_code, service.network_code if service else None) if own else None
    )
    if found is not None:
        return found
    shared = messages.notifications if audience == "resident" else messages.for_staff
    text = {str(known): text for known, text in shared.items()}.get(kind)
    return (text, "network") if text is not None else None


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
        "promise": _promise(city, messages, happening, staff=staff),
        "status_url": f"{public_url.rstrip('/')}{PATHS[staff]}{happening.reference}",
        "note": _text(data, "note") or _text(data, "because") or _text(data, "parent"),
        "reason": reasons.get(reason, reason),
    }


def _promise(city: City, messages: Messages, happening: Happening, *, staff: bool) -> str:
    """The sentence saying by when; a time that only serves comparison is never called a promise.

    A time that has passed is nothing to wait for: only staff, who have to answer for it, are told of it.
    """
    if happening.resolve_by is None or (not staff and happening.resolve_by <= happening.told_at):
        return ""
    sentence = messages.promises["expected" if happening.promise_standard == "reference" else "promised"]
    return sentence.replace("{time}", written_moment(city, messages.language, happening.resolve_by))


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""
