"""What the bot says next: the one thing that is missing, with its buttons; at the end what would be sent. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from city_config import City, Configuration, Service
from city_config.services import Question
from city_config.texts import Messages
from nagara.filing.handed_in import something_to_read
from nagara.places.finding import index_for
from nagara.telegram_reports.drafts import Draft

LONGEST_TEXT = 4096
SHOWN_WORDS = 500
ON_A_PAGE = 10
SERVICE, ANSWER, DONE, PAGE, LANGUAGE, SEND, DROP = "s", "a", "d", "p", "l", "send", "drop"

Button = tuple[str, str]
"""What is read on it, and what it carries: at most 64 bytes."""


@dataclass(frozen=True, slots=True)
class Saying:
    """A message of the bot: text, and the buttons below it; ``place_button`` asks the phone for its position."""

    text: str
    buttons: tuple[Button, ...] = ()
    place_button: str | None = None

    def for_chat(self, chat: str) -> dict[str, Any]:
        """The arguments of sendMessage."""
        content: dict[str, Any] = {
            "chat_id": chat,
            "text": self.text[:LONGEST_TEXT],
            "link_preview_options": {"is_disabled": True},
        }
        if self.buttons:
            rows = [[{"text": text[:100], "callback_data": data}] for text, data in self.buttons]
            content["reply_markup"] = {"inline_keyboard": rows}
        elif self.place_button:
            key = {"text": self.place_button, "request_location": True}
            content["reply_markup"] = {
                "keyboard": [[key]],
                "resize_keyboard": True,
                "one_time_keyboard": True,
            }
        return content


@dataclass(frozen=True, slots=True)
class Speech:
    """The texts in a chat's language, and what they speak of."""

    known: Configuration
    messages: Messages
    now: dt.datetime

    def named(self, city: City, names: Mapping[str, str]) -> str:
        """A name in the chat's language, else as the city says it."""
        return city.name_in(names, self.messages.language)


def mark(*parts: str) -> str:
    """Stands for a service or an answer in a button, however long its code is."""
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).hexdigest()


def open_services(city: City, now: dt.datetime) -> list[Service]:
    """What a city takes or says something about today, in its own order."""
    day = now.astimezone(city.zone).date()
    return [service for service in city.services if service.holds_on(day)]


def next_question(city: City, draft: Draft) -> Question | None:
    """The first question that must be answered and is not; None where nothing is missing.

    Those on which it depends whether the city takes the report at all are asked like those it demands.
    """
    service = city.services_by_code[draft.service or ""]
    decisive = {code for notice in service.stop_notices for code in notice.shown_when}
    for question in service.questions:
        if not (question.required or question.code in decisive) or not question.shown(draft.answers):
            continue
        value = draft.answers.get(question.code)
        given = something_to_read(value) if isinstance(value, str) else value not in (None, [])
        several = question.datatype == "multivaluelist"
        if not given or (several and question.code not in draft.finished):
            return question
    return None


def ask_next(speech: Speech, draft: Draft, suggested: Sequence[str]) -> Saying:
    """What is said to a draft: what it lacks first, or all of it with the button that sends it."""
    say = speech.messages.bot_says
    if draft == Draft(draft.id, language=draft.language):
        return Saying(say("welcome"), place_button=say("place_button"))
    if draft.city is None:
        return Saying(say("ask_place"), place_button=say("place_button"))
    city = speech.known.cities[draft.city]
    if draft.service is None:
        if not draft.words and not draft.photos:
            return Saying(say("ask_what"))
        return ask_service(speech, city, suggested, 0 if not suggested else None)
    question = next_question(city, draft)
    return summary(speech, city, draft) if question is None else _ask(speech, city, question, draft)


def ask_service(speech: Speech, city: City, suggested: Sequence[str], page: int | None) -> Saying:
    """The services the words may mean, or with ``page`` a part of all there are."""
    say = speech.messages.bot_says
    services = open_services(city, speech.now)
    if page is None:
        shown = [city.services_by_code[code] for code in suggested]
        further: tuple[Button, ...] = ((say("other_service"), f"{PAGE}:0"),)
    else:
        begins = page * ON_A_PAGE
        shown = services[begins : begins + ON_A_PAGE]
        rest = len(services) > begins + ON_A_PAGE
        further = ((say("more"), f"{PAGE}:{page + 1 if rest else 0}"),) if len(services) > ON_A_PAGE else ()
    buttons = [
        (f"{one.icon} {speech.named(city, one.names)}", f"{SERVICE}:{mark(one.code)}") for one in shown
    ]
    return Saying(say("ask_service"), (*buttons, *further))


def _ask(speech: Speech, city: City, question: Question, draft: Draft) -> Saying:
    lines = [speech.named(city, question.names)]
    if question.hint:
        lines.append(speech.named(city, question.hint))
    if question.datatype == "datetime":
        lines.append(speech.now.astimezone(city.zone).strftime("%Y-%m-%d %H:%M"))
    taken = draft.answers.get(question.code)
    chosen = taken if isinstance(taken, list) else []
    buttons = [
        (
            f"{'✓ ' if choice.key in chosen else ''}{speech.named(city, choice.names)}",
            f"{ANSWER}:{mark(question.code, choice.key)}",
        )
        for choice in question.choices
    ]
    if chosen:
        buttons.append((speech.messages.bot_says("done"), f"{DONE}:{mark(question.code)}"))
    return Saying("\n".join(lines), tuple(buttons))


def summary(speech: Speech, city: City, draft: Draft) -> Saying:
    """What would be sent: service, place, words, answers, pictures, and what the city says to it."""
    say, service = speech.messages.bot_says, city.services_by_code[draft.service or ""]
    day = speech.now.astimezone(city.zone).date()
    lines = [say("summary"), "", f"{service.icon} {speech.named(city, service.names)}"]
    lines.append(f"📍 {place_named(speech, city, draft)}")
    if draft.words:
        lines.append(draft.words[:SHOWN_WORDS])
    for question in service.questions:
        if question.code in draft.answers:
            lines.append(f"{speech.named(city, question.names)} {_answered(speech, city, question, draft)}")
    if draft.photos:
        lines.append(say("photos", count=str(len(draft.photos))))
    notices = [n.notice for n in service.stop_notices if not n.stops and n.appears(draft.answers, day)]
    if service.emergency_notice:
        notices.append(service.emergency_notice)
    lines += [line for notice in notices for line in ("", f"⚠ {speech.named(city, notice)}")]
    buttons = ((say("send"), f"{SEND}:{draft.id}"), (say("cancel"), f"{DROP}:{draft.id}"))
    return Saying("\n".join(lines), buttons)


def place_named(speech: Speech, city: City, draft: Draft) -> str:
    """District and city of a draft's position."""
    name = speech.named(city, city.names)
    if draft.place is None:
        return name
    found = index_for(city).locate(*draft.place, speech.now.astimezone(city.zone).date())
    district = city.district_names.get(found.district or "")
    return f"{speech.named(city, district)}, {name}" if district else name


def _answered(speech: Speech, city: City, question: Question, draft: Draft) -> str:
    value = draft.answers[question.code]
    names = {choice.key: speech.named(city, choice.names) for choice in question.choices}
    taken = value if isinstance(value, list) else [value]
    return ", ".join(names.get(one, str(one)) for one in taken)[:SHOWN_WORDS]


def ask_language(speech: Speech) -> Saying:
    """The languages there are texts in, each by its own name."""
    buttons = [
        (messages.bot_says("language_name"), f"{LANGUAGE}:{tag}")
        for tag, messages in sorted(speech.known.messages.items())
    ]
    return Saying(speech.messages.bot_says("language_name"), tuple(buttons))
