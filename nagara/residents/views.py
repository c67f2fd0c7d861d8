"""What a resident's page shows besides the status: names of reasons, the promise's length, what may be done now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from city_config import City
from city_config.texts import Messages
from nagara.cities import configuration
from nagara.lifecycle import Move, Status, transitions_from

STAGES = ("acknowledge", "respond", "resolve")
SPANS = ("calendar_hours", "working_hours", "calendar_days", "working_days")


class ResidentStanding(NamedTuple):
    """Where a request stands, as far as the resident's page depends on it."""

    status: str
    closed_at: dt.datetime | None
    note: str | None
    others: int
    erased: bool
    config_fingerprint: str
    acknowledged_at: dt.datetime | None
    responded_at: dt.datetime | None


class OwnParts(NamedTuple):
    """What only the holder of the private link is shown, as read."""

    entries: Sequence[Mapping[str, Any]] | None
    contact: bool
    parent_closed_at: dt.datetime | None
    joined: bool
    """Whether anybody joined it, those too whom nobody else may see. Never shown, as it is none of their business."""


def reason_names(event: Mapping[str, Any]) -> Mapping[str, str] | None:
    """The sentence of an event's closing reason in every language there is; None: it has none."""
    return closing_names().get(event["reason"]) if event["reason"] else None


class _Made(NamedTuple):
    """The sentences of the texts they were made of; a reload brings other texts."""

    texts: Mapping[str, Messages]
    names: Mapping[str, Mapping[str, str]]


@lru_cache(maxsize=1)
def _kept() -> list[_Made]:
    """Holds what was made last: nothing, or one."""
    return []


def closing_names() -> Mapping[str, Mapping[str, str]]:
    """Each closing reason's sentence by language."""
    texts, kept = configuration().messages, _kept()
    if not kept or kept[0].texts is not texts:
        names: dict[str, dict[str, str]] = {}
        for language, messages in texts.items():
            for code, sentence in messages.closing_reasons.items():
                names.setdefault(str(code), {})[language] = sentence
        kept[:] = [_Made(texts, names)]
    return kept[0].names


def for_everybody(
    city: City, standing: ResidentStanding, closing_reason: str | None, service_code: str
) -> dict[str, Any]:
    """What anybody may know besides: the reason's sentence, stages that are met, how the city writes times."""
    return {
        "closing_reason_names": closing_names().get(closing_reason) if closing_reason else None,
        "erased": standing.erased,
        "acknowledged_at": standing.acknowledged_at,
        "responded_at": standing.responded_at,
        "promised_within": promised_within(city, standing.config_fingerprint, service_code),
        "city_shown": {
            "names": dict(city.names),
            "timezone": city.timezone,
            "calendar": city.display.calendar,
            "numerals": dict(city.display.numerals),
        },
    }


def promised_within(city: City, fingerprint: str, service_code: str) -> dict[str, Any] | None:
    """The length of each promised stage; None where the city's files changed since and it may be another now."""
    service = city.services_by_code.get(service_code)
    if service is None or fingerprint != city.fingerprint:
        return None
    stages = service.promise.stages_for(service.priority)
    spans = {stage: getattr(stages, stage) for stage in STAGES}
    return {
        stage: next({"unit": unit, "count": getattr(span, unit)} for unit in SPANS if getattr(span, unit))
        if span is not None
        else None
        for stage, span in spans.items()
    }


def for_the_holder(
    city: City,
    standing: ResidentStanding,
    events: Sequence[Mapping[str, Any]],
    row: Sequence[Any] | None,
) -> dict[str, Any]:
    """What the holder of the private link may do, was asked and has said; nothing of it for anybody else."""
    if row is None:
        return {
            "own": False,
            "can": [],
            "question": None,
            "said": [],
            "feedback": None,
            "reopens_until": None,
        }
    parts = OwnParts(*row)
    said = [entry for entry in parts.entries or () if entry["text"] or entry["kind"] == "feedback"]
    feedback = [entry for entry in parts.entries or () if entry["kind"] == "feedback"]
    closing = parts.parent_closed_at if standing.status == Status.DUPLICATE else standing.closed_at
    told = closing is not None and any(_time(entry["about"]) == closing for entry in feedback)
    reopened = sum(entry["reopened"] for entry in feedback)
    rule = city.after_closing
    opens_again = closing is not None and not told and reopened < rule.reopenings and rule.reopen_days
    return {
        "own": True,
        "can": _can(standing, parts, closing is not None and not told),
        "question": _question(standing, events),
        "said": said,
        "feedback": feedback[-1] if feedback else None,
        "reopens_until": closing + dt.timedelta(days=rule.reopen_days) if closing and opens_again else None,
    }


def _can(standing: ResidentStanding, parts: OwnParts, to_judge: bool) -> list[str]:
    """What the holder may do now, by the names of the addresses that do it."""
    status = Status(standing.status)
    moves = transitions_from(status)
    ended = status == Status.DUPLICATE and parts.parent_closed_at is not None
    possible = {
        "additions": Move.ADD in moves and not ended and not standing.erased,
        "answer": Move.ANSWER in moves and not standing.erased,
        "feedback": Move.GIVE_FEEDBACK in moves and to_judge and not standing.erased,
        "withdraw": Move.WITHDRAW in moves and not ended and not standing.erased and not parts.joined,
        "link": True,
        "erase_contact": parts.contact,
        "erase_everything": not standing.erased,
    }
    return [name for name, allowed in possible.items() if allowed]


def _question(standing: ResidentStanding, events: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The staff's open question, and when it was asked."""
    if standing.status != Status.WAITING_REPORTER:
        return None
    asked = next((event for event in reversed(events) if event["kind"] == "asked"), None)
    return {"text": asked["note"] or "", "at": asked["at"]} if asked else None


def _time(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None
