"""What a resident hands in, and what makes it acceptable. Pure; nothing here knows the database."""

from __future__ import annotations

import datetime as dt
import hashlib
import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from city_config import City, Service
from city_config.services import Redirect, StopNotice
from nagara.errors import (
    AnswerMissing,
    AnswerNotAllowed,
    InvalidInput,
    NotOffered,
    NotTakenHere,
    NotText,
    Redirected,
    StoppedByNotice,
    TextTooLong,
    TooManyPhotos,
    UnknownQuestion,
    WrongDeviceTime,
)

MAX_DESCRIPTION = 4000
MAX_TEXT = 500
MAX_KEY = 200
MAX_ANSWERS_BYTES = 20_000
MAX_PHOTOS = 5
FUTURE_TOLERANCE = dt.timedelta(hours=24)
"""A phone's clock may be wrong by a day; further ahead it is refused rather than stored as nonsense."""

OLDEST_OBSERVATION = dt.timedelta(days=366)

UNSEEN_KINDS = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp", "Mn", "Me", "Mc"})
"""Unicode categories that show nothing by themselves: controls, format characters, blanks, marks without a letter."""

UNSEEN_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
"""Fillers of Hangul and the empty Braille cell: letters and symbols by their category, but blank."""


class Filing(NamedTuple):
    """What a resident, or a system on their behalf, hands in."""

    service_code: str
    lat: float | None = None
    lon: float | None = None
    address: str | None = None
    district: str | None = None
    description: str = ""
    answers: Mapping[str, Any] = MappingProxyType({})
    contact: Mapping[str, str] = MappingProxyType({})
    observed_at: dt.datetime | None = None
    language: str | None = None
    confidential: bool = False
    media: tuple[uuid.UUID, ...] = ()
    media_digests: tuple[str, ...] = ()
    """What the pictures are, where each repetition sends them anew and they get other ids."""
    same_as: str | None = None
    """Reference of an open request of the same problem, which this one joins."""
    channel: str = "web"
    idempotency_key: str | None = None
    actor_kind: str = "resident"
    actor: str | None = None


def body_digest(filing: Filing) -> bytes:
    """SHA-256 over everything the resident handed in; the key itself does not count.

    Raises ``InvalidInput`` for what cannot be written as JSON, which the database could not keep either.
    """
    content = (
        filing.service_code, filing.lat, filing.lon, filing.address, filing.district, filing.description,
        dict(filing.answers), dict(filing.contact), filing.observed_at, filing.language, filing.confidential,
        filing.channel, *(filing.media_digests or map(str, filing.media)),
    )  # fmt: skip
    if filing.same_as is not None:  # left out where nothing is joined: older digests stay what they are
        content = (*content, {"same_as": filing.same_as})
    return hashlib.sha256(as_json("body", content)).digest()


def as_json(name: str, content: Any) -> bytes:
    """JSON with its keys in order; raise ``InvalidInput`` for half characters and numbers beyond 64 bits."""
    try:
        return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise InvalidInput(
            f"{name} cannot be kept: {error}.", field=name, allowed="UTF-8 text and 64-bit numbers"
        ) from error


def something_to_read(text: str | None) -> bool:
    """Whether a text shows anything: one of blanks, zero-width characters and the like says nothing."""
    return any(
        unicodedata.category(character) not in UNSEEN_KINDS and character not in UNSEEN_LETTERS
        for character in text or ""
    )


def check_texts(filing: Filing) -> None:
    """Refuse texts of a filing that are too long or are not text."""
    check_text("description", filing.description, MAX_DESCRIPTION)
    check_text("address", filing.address, MAX_TEXT)
    check_text("language", filing.language, 35)
    for name, value in filing.contact.items():
        check_text(f"contact.{name}", value, MAX_TEXT)


def check_media(media: Sequence[uuid.UUID]) -> None:
    """Refuse too many pictures, and the same one twice."""
    if len(media) > MAX_PHOTOS or len(set(media)) < len(media):
        raise TooManyPhotos(
            f"{len(media)} pictures were named, some perhaps twice.",
            field="media",
            allowed=f"at most {MAX_PHOTOS} different ones",
        )


def check_text(name: str, value: str | None, longest: int) -> None:
    """Refuse text that is too long or that UTF-8 or PostgreSQL cannot hold; lengths are in code points."""
    if value is None:
        return
    if len(value) > longest:
        raise TextTooLong(
            f"{name} has {len(value)} characters; at most {longest} are allowed.",
            field=name,
            allowed=f"at most {longest} characters",
        )
    if "\x00" in value or not _is_text(value):
        raise NotText(f"{name} contains characters that are not text.", field=name, allowed="UTF-8 text")


def _is_text(value: str) -> bool:
    """Whether UTF-8 can hold it: it holds no half of a character."""
    try:
        return value.isascii() or bool(value.encode())
    except UnicodeEncodeError:
        return False


def check_observed(observed_at: dt.datetime | None, now: dt.datetime) -> None:
    """Refuse a device time without zone, or too far from the time of receipt to mean anything."""
    if observed_at is None:
        return
    if observed_at.tzinfo is None:
        raise WrongDeviceTime(
            "observed_at has no time zone.",
            field="observed_at",
            allowed="ISO 8601 with zone, 2026-01-31T08:00:00+07:00",
        )
    if observed_at > now + FUTURE_TOLERANCE or observed_at < now - OLDEST_OBSERVATION:
        raise WrongDeviceTime(
            f"observed_at {observed_at.isoformat()} is not within the last year.",
            field="observed_at",
            allowed=f"{(now - OLDEST_OBSERVATION).isoformat()} to {(now + FUTURE_TOLERANCE).isoformat()}",
        )


def check_taken(city: City, service: Service, answers: Mapping[str, Any], day: dt.date) -> None:
    """Refuse what the city does not take on a local day, with what the resident is to do instead."""
    refusal = why_not_taken(city, service, answers, day)
    if refusal is not None:
        raise refusal


def why_not_taken(
    city: City, service: Service, answers: Mapping[str, Any], day: dt.date
) -> NotTakenHere | None:
    """Why a report with these answers is not taken on a local day; None where it is."""
    if not service.holds_on(day):
        open_today = [each.code for each in city.services if each.holds_on(day)]
        return NotOffered(
            f"{city.name_in(city.names, 'en')} does not take {service.code!r} on {day}.",
            field="service_code",
            allowed=open_today,
        )
    stop = service.stopped_by(answers, day)
    if stop is None:
        return None
    details = {
        "notice": dict(stop.notice),
        "url": stop.url if isinstance(stop, Redirect) else None,
        "phone": stop.shown_phone if isinstance(stop, StopNotice) else stop.phone,
    }
    kind = Redirected if isinstance(stop, Redirect) else StoppedByNotice
    words = [city.name_in(stop.notice, "en"), details["url"], details["phone"]]
    waits_for = list(stop.shown_when) if isinstance(stop, StopNotice) else []
    field = f"answers.{waits_for[0]}" if waits_for else "service_code"
    return kind(" ".join(str(word) for word in words if word), field=field, details=details)


def check_answers(service: Service, answers: Mapping[str, Any], *, complete: bool = True) -> None:
    """Hold answers against the service's questions; raise a kind of ``InvalidInput`` for the first misfit.

    While they are still being given (``complete`` False) none is missing yet.
    """
    if answers and len(as_json("answers", dict(answers))) > MAX_ANSWERS_BYTES:
        raise TextTooLong(
            "answers are too long.", field="answers", allowed=f"at most {MAX_ANSWERS_BYTES} bytes as JSON"
        )
    questions = {question.code: question for question in service.questions}
    for code in answers:
        if code not in questions:
            raise UnknownQuestion(
                f"Service {service.code!r} asks no question {str(code)[:40]!r}.",
                field=f"answers.{str(code)[:40]}",
                allowed=questions,
            )
    for code, question in questions.items():
        value = answers.get(code)
        if isinstance(value, str):  # also one of which nothing can be seen: it is kept as it came
            check_text(f"answers.{code}", value, MAX_DESCRIPTION)
        keys = [choice.key for choice in question.choices]
        if _given(question.datatype, value):
            _check_answer(code, question.datatype, keys, value)
        elif complete and question.required and question.shown(answers):
            raise AnswerMissing(
                f"The question {code!r} must be answered.",
                field=f"answers.{code}",
                allowed=keys or question.datatype,
            )


def _given(datatype: str, value: Any) -> bool:
    """Whether there is an answer; words of which nothing can be seen are none."""
    if isinstance(value, str) and datatype in ("string", "text"):
        return something_to_read(value)
    return value not in (None, "", [])


def _check_answer(code: str, datatype: str, keys: Sequence[str], value: Any) -> None:
    where = f"answers.{code}"
    if datatype == "multivaluelist":
        chosen = value if isinstance(value, list) else [value]
        if any(item not in keys for item in chosen):
            raise AnswerNotAllowed(
                f"{value!r} is not among the choices of {code!r}.", field=where, allowed=keys
            )
    elif datatype == "singlevaluelist":
        if value not in keys:
            raise AnswerNotAllowed(
                f"{value!r} is not among the choices of {code!r}.", field=where, allowed=keys
            )
    elif datatype == "number":
        try:
            float(value)
        except (TypeError, ValueError):
            raise AnswerNotAllowed(f"{value!r} is not a number.", field=where, allowed="a number") from None
    elif datatype == "datetime":
        try:
            dt.datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise AnswerNotAllowed(
                f"{value!r} is not a date and time.", field=where, allowed="ISO 8601"
            ) from None
    elif not isinstance(value, str):
        raise AnswerNotAllowed(f"The answer to {code!r} must be text.", field=where, allowed="text")
