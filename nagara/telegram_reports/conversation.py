"""One update of a chat: put into the draft, acted upon, answered; each handled once, whatever is repeated.

The draft is read, what comes of it is worked out, and it is kept only if no other update of the chat was quicker;
otherwise it is worked out again. What was kept and not answered - the network broke - is answered with the same
when Telegram sends the update again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from nagara.cities import city_of_reference, configuration
from nagara.database import Pool
from nagara.errors import BotUnreachable, Conflict, Invalid, TooManyRequests
from nagara.photos.darkroom import Darkroom
from nagara.rate_limits import RateLimiter
from nagara.settings import settings
from nagara.suggestions import suggestions_for
from nagara.telegram_reports import drafts, filing, start_codes
from nagara.telegram_reports.bot_api import BotApi
from nagara.telegram_reports.drafts import Draft, Held
from nagara.telegram_reports.saying import (
    DROP,
    LANGUAGE,
    PAGE,
    SEND,
    Saying,
    Speech,
    ask_language,
    ask_next,
    ask_service,
    next_question,
)
from nagara.telegram_reports.taking import take
from nagara.telegram_reports.updates import Incoming

log = logging.getLogger(__name__)

TRIES = 8
"""An album comes as several updates at once."""


@dataclass(frozen=True, slots=True)
class Room:
    """What a conversation needs of the process."""

    pool: Pool
    darkroom: Darkroom
    limiter: RateLimiter


@dataclass(frozen=True, slots=True)
class Outcome:
    """The draft afterwards and what is said."""

    draft: Draft
    saying: Saying
    acted: bool = False
    """Something stands in the database already: it is not worked out again."""


async def handle(room: Room, incoming: Incoming) -> None:
    """Handle an update and answer it. Raises ``Unavailable`` where it is to come again; then nothing is lost."""
    secret = settings().secret
    digest = drafts.chat_digest(secret, incoming.chat).hex()
    held = await drafts.read(room.pool, secret, incoming)
    if held.answered:
        return
    async with BotApi() as api:
        try:
            if held.answered is None:
                await room.limiter.count("update by chat", digest, str(incoming.update_id))
        except TooManyRequests:
            await _say_once(room, api, held, incoming, digest)
            return
        content = await _kept(room, api, held, incoming, digest)
        await _answer(api, incoming, content)
    await drafts.mark_answered(room.pool, incoming)


async def _kept(room: Room, api: BotApi, held: Held, incoming: Incoming, digest: str) -> Mapping[str, Any]:
    """What is to be answered, once it is kept."""
    secret, outcome = settings().secret, None
    for _ in range(TRIES):
        if held.answered is not None:
            return held.last_said or {}
        if outcome is None or not outcome.acted:
            outcome = await _worked_out(room, api, held, incoming, digest)
        content = outcome.saying.for_chat(incoming.chat)
        if await drafts.keep(room.pool, secret, incoming, held, outcome.draft, content):
            return content
        held = await drafts.read(room.pool, secret, incoming)
    raise BotUnreachable("Too many updates of one chat at once.")


async def _answer(api: BotApi, incoming: Incoming, content: Mapping[str, Any]) -> None:
    if incoming.press_id:
        await api.call("answerCallbackQuery", {"callback_query_id": incoming.press_id})
    if content:
        await api.call("sendMessage", content)


async def _say_once(room: Room, api: BotApi, held: Held, incoming: Incoming, digest: str) -> None:
    """To a chat that writes too much, one word a minute."""
    try:
        await room.limiter.count("refused chat", digest)
    except TooManyRequests:
        return
    text = _speech(held, held.draft, incoming).messages.bot_says("too_fast")
    await _answer(api, incoming, Saying(text).for_chat(incoming.chat))


def _speech(held: Held, draft: Draft, incoming: Incoming) -> Speech:
    known = configuration()
    return Speech(known, known.messages_for(draft.language or incoming.language), held.now)


async def _worked_out(room: Room, api: BotApi, held: Held, incoming: Incoming, digest: str) -> Outcome:
    draft = _still_offered(held.draft)
    speech = _speech(held, draft, incoming)
    command, _, rest = incoming.text.partition(" ")
    if command.startswith("/"):
        return await _command(room, speech, draft, incoming, command.partition("@")[0], rest.strip())
    kind, _, carried = (incoming.pressed or "").partition(":")
    if kind == LANGUAGE and carried in speech.known.messages:
        draft = replace(draft, language=carried)
        return await _next(room, _speech(held, draft, incoming), draft, ())
    if kind == DROP and carried == draft.id:
        return Outcome(draft.emptied(), Saying(speech.messages.bot_says("cancelled")))
    if kind == SEND and carried == draft.id:
        return await _send(room, api, speech, draft, incoming, digest)
    if kind == PAGE and draft.city is not None and carried.isdigit() and len(carried) < 4:
        return Outcome(draft, ask_service(speech, speech.known.cities[draft.city], (), int(carried)))
    taken = take(speech, draft, incoming)
    return await _next(room, speech, taken.draft, taken.notes)


async def _next(room: Room, speech: Speech, draft: Draft, notes: tuple[str, ...]) -> Outcome:
    suggested: list[str] = []
    if draft.city is not None and draft.service is None and draft.words:
        city = speech.known.cities[draft.city]
        day = speech.now.astimezone(city.zone).date()
        found = await suggestions_for(room.pool, speech.known, city, draft.words)
        suggested = [
            one.service_code for one in found if city.services_by_code[one.service_code].holds_on(day)
        ]
    saying = ask_next(speech, draft, suggested[:3])
    return Outcome(draft, replace(saying, text="\n\n".join((*notes, saying.text))))


async def _command(
    room: Room, speech: Speech, draft: Draft, incoming: Incoming, command: str, rest: str
) -> Outcome:
    say = speech.messages.bot_says
    match command:
        case "/cancel":
            return Outcome(draft.emptied(), Saying(say("cancelled")))
        case "/language":
            return Outcome(draft, ask_language(speech))
        case "/status" | "/stop":
            return Outcome(draft, Saying(await _of_report(room, speech, incoming, command, rest)))
        case "/start" if rest:
            opened = await start_codes.read_code(room.pool, rest, speech.now)
            if opened is None:
                return Outcome(draft, Saying(say("link_old")))
            city, reference, request_id = opened
            await filing.follow(room.pool, city, request_id, incoming.chat, speech.messages.language)
            return Outcome(draft, Saying(say("told_here", reference=reference)))
        case _:
            saying = await _next(room, speech, draft, ())
            return replace(
                saying, saying=replace(saying.saying, text=_welcomed(say("welcome"), saying.saying.text))
            )


def _welcomed(welcome: str, text: str) -> str:
    return text if text == welcome else f"{welcome}\n\n{text}"


async def _of_report(room: Room, speech: Speech, incoming: Incoming, command: str, written: str) -> str:
    """``/status`` and ``/stop``: of one's own reports alone; what is not one's own is as unknown as no report."""
    named = city_of_reference(written[:40])
    if named is not None:
        city, reference = named
        stands = await filing.status(room.pool, speech, city, reference, incoming.chat)
        if stands is not None and command == "/status":
            return stands
        if stands is not None:
            await filing.unfollow(room.pool, city, reference, incoming.chat)
            return speech.messages.bot_says("not_told", reference=reference)
    return speech.messages.bot_says("unknown_reference")


async def _send(
    room: Room, api: BotApi, speech: Speech, draft: Draft, incoming: Incoming, digest: str
) -> Outcome:
    """File what is complete; what is not, or is refused by now, is asked for again."""
    city = speech.known.cities.get(draft.city or "")
    if city is None or draft.service is None or next_question(city, draft) is not None:
        return await _next(room, speech, draft, ())
    try:
        await room.limiter.count("file by chat", digest, draft.id)
    except TooManyRequests:
        return Outcome(draft, Saying(speech.messages.bot_says("too_fast")))
    developed, usable = await filing.pictures(api, room.darkroom, city, draft)
    if usable != draft.photos:
        note = speech.messages.bot_says("photo_refused")
        return await _next(room, speech, replace(draft, photos=usable), (note,))
    try:
        language = speech.messages.language
        filed = await filing.file(room.pool, room.darkroom, city, draft, developed, incoming, language)
    except Invalid as refused:
        log.info("a report of a chat was refused: %s", refused.code)
        return Outcome(draft, Saying(speech.messages.bot_says("try_again")))
    except Conflict:  # filed, and then added to before its answer was kept: what stands, stands
        draft, said = draft.emptied(), speech.messages.bot_says("welcome")
        return Outcome(draft, Saying(said))
    return Outcome(draft.emptied(), Saying(filing.answer(speech, city, filed)), acted=True)


def _still_offered(draft: Draft) -> Draft:
    """The draft as far as the cities' files still know what it names."""
    city = configuration().cities.get(draft.city or "")
    if city is None:
        return replace(draft.without_service(), city=None, place=None)
    return draft if draft.service in city.services_by_code else draft.without_service()
