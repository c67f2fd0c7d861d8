"""What somebody says goes into their draft: words, pictures, a place, a service, answers. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from city_config import City
from city_config.services import Question
from nagara.errors import InvalidInput, NotOffered, NotTakenHere
from nagara.filing.handed_in import MAX_DESCRIPTION, MAX_PHOTOS, check_answers, why_not_taken
from nagara.places.finding import index_for, nearest_city
from nagara.telegram_reports.drafts import Draft
from nagara.telegram_reports.saying import ANSWER, DONE, SERVICE, Speech, mark, next_question, open_services
from nagara.telegram_reports.updates import Incoming


@dataclass(frozen=True, slots=True)
class Taken:
    """The draft afterwards, and what is to be said before the next question."""

    draft: Draft
    notes: tuple[str, ...] = ()


def take(speech: Speech, draft: Draft, incoming: Incoming) -> Taken:
    """Put what came into the draft; nothing that was said before is lost by it."""
    notes: list[str] = []
    if incoming.place is not None:
        draft, note = _take_place(speech, draft, incoming.place)
        notes += note
    if incoming.photo is not None and incoming.photo not in draft.photos:
        if len(draft.photos) < MAX_PHOTOS:
            draft = replace(draft, photos=(*draft.photos, incoming.photo))
        else:
            notes.append(speech.messages.bot_says("too_many", count=str(MAX_PHOTOS)))
    if incoming.text:
        draft, note = _take_text(speech, draft, incoming.text)
        notes += note
    if incoming.pressed is not None:
        draft, note = _take_press(speech, draft, incoming.pressed)
        notes += note
    return Taken(draft, tuple(notes))


def _take_place(speech: Speech, draft: Draft, place: tuple[float, float]) -> tuple[Draft, list[str]]:
    """The city is the one that holds the place, or that counts it as near; another one asks anew."""
    city, metres = nearest_city(speech.known, *place)
    day = speech.now.astimezone(city.zone).date()
    if not index_for(city).locate(*place, day).inside:
        name, count = speech.named(city, city.names), f"{metres / 1000:.1f}"
        return draft, [speech.messages.bot_says("outside", city=name, count=count)]
    if draft.city != city.id:
        draft = draft.without_service()
    return replace(draft, place=place, city=city.id), []


def _take_text(speech: Speech, draft: Draft, text: str) -> tuple[Draft, list[str]]:
    """An answer where one in words is awaited or a choice is named; else more words of the description."""
    if draft.city is not None and draft.service is not None:
        city = speech.known.cities[draft.city]
        question = next_question(city, draft)
        if question is not None:
            if not question.choices:
                return _answer(speech, city, draft, question, text)
            for choice in question.choices:
                if text.casefold() in {name.casefold() for name in choice.names.values()}:
                    return _answer(speech, city, draft, question, choice.key)
    words = f"{draft.words}\n{text}" if draft.words else text
    left_out = [speech.messages.bot_says("too_many", count=str(MAX_PHOTOS))]
    return replace(draft, words=words[:MAX_DESCRIPTION]), left_out if len(words) > MAX_DESCRIPTION else []


def _take_press(speech: Speech, draft: Draft, pressed: str) -> tuple[Draft, list[str]]:
    """A button; one of another draft or question changes nothing."""
    kind, _, carried = pressed.partition(":")
    if draft.city is None:
        return draft, []
    city = speech.known.cities[draft.city]
    if kind == SERVICE:
        found = next((one for one in open_services(city, speech.now) if mark(one.code) == carried), None)
        return (draft, []) if found is None else _choose(speech, city, draft, found.code)
    question = next_question(city, draft) if draft.service is not None else None
    if question is None:
        return draft, []
    if kind == DONE and carried == mark(question.code):
        return replace(draft, finished=(*draft.finished, question.code)), []
    for choice in question.choices if kind == ANSWER else ():
        if carried == mark(question.code, choice.key):
            return _answer(speech, city, draft, question, choice.key)
    return draft, []


def _choose(speech: Speech, city: City, draft: Draft, code: str) -> tuple[Draft, list[str]]:
    return _unless_refused(speech, city, replace(draft.without_service(), service=code))


def _answer(
    speech: Speech, city: City, draft: Draft, question: Question, value: str
) -> tuple[Draft, list[str]]:
    kept: Any = value
    if question.datatype == "multivaluelist":
        earlier = draft.answers.get(question.code, [])
        kept = [*earlier, value] if value not in earlier else earlier
    answers = dict(draft.answers) | {question.code: kept}
    service = city.services_by_code[draft.service or ""]
    try:
        check_answers(service, answers, complete=False)
    except InvalidInput as wrong:
        allowed = (
            wrong.allowed if isinstance(wrong.allowed, str) else ", ".join(map(str, wrong.allowed or ()))
        )
        return draft, [speech.messages.bot_says("wrong_answer", list=allowed)]
    return _unless_refused(speech, city, replace(draft, answers=answers))


def _unless_refused(speech: Speech, city: City, draft: Draft) -> tuple[Draft, list[str]]:
    """The draft, or the one before a service was chosen with what the city says instead."""
    service = city.services_by_code[draft.service or ""]
    day: dt.date = speech.now.astimezone(city.zone).date()
    refusal = why_not_taken(city, service, draft.answers, day)
    if refusal is None:
        return draft, []
    return draft.without_service(), [refusal_words(speech, city, refusal)]


def refusal_words(speech: Speech, city: City, refusal: NotTakenHere) -> str:
    """Why the city does not take it, in the chat's language, with whom to turn to."""
    name = speech.named(city, city.names)
    if isinstance(refusal, NotOffered):
        return speech.messages.bot_says("not_offered", city=name)
    told = refusal.details or {}
    words = [speech.named(city, told["notice"]), told.get("url"), told.get("phone")]
    return "\n".join(str(word) for word in words if word)
