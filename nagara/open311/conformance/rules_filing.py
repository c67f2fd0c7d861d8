"""Rules of filing, judged only where a check may write."""

from __future__ import annotations

from nagara.open311.conformance.filing_questions import WORDS
from nagara.open311.conformance.judging import (
    PRACTICE,
    SCHEMA,
    SPEC,
    Fault,
    Faults,
    Judge,
    Rule,
    all_status,
    status_is,
    wrong_status,
)
from nagara.open311.conformance.reading import Item, Unreadable, items_of, word
from nagara.open311.conformance.talking import Exchange, NotJudged, Seen

FILED = ("filed.json", "filed.xml")
TAKEN = (200, 201)
"""What tells that a report was taken; which of them is right, one rule says."""

NO_KEY = ("without key.json", "without key.xml", "wrong key")


def _made(exchange: Exchange) -> Item:
    """What filing answered; raise ``NotJudged`` where it is no list of one, which another rule says."""
    try:
        found = items_of(exchange) if exchange.status in TAKEN else []
    except Unreadable:
        found = []
    if len(found) != 1:
        raise NotJudged(f"{exchange} is no list of one")
    return found[0]


def _list_of_one(seen: Seen) -> Faults:
    for exchange in seen.some(*FILED):
        if exchange.status not in TAKEN:
            raise NotJudged(f"{exchange} took no report")
        try:
            found = items_of(exchange)
        except Unreadable as why:
            yield Fault(exchange, str(why))
            continue
        if len(found) != 1:
            yield Fault(exchange, f"the answer is a list of {len(found)} instead of one")


def _id_or_token(seen: Seen) -> Faults:
    for exchange in seen.some(*FILED):
        made = _made(exchange)
        if word(made.get("service_request_id")) and word(made.get("token")):
            yield Fault(exchange, "service_request_id and token are given together")


def _text(seen: Seen) -> Faults:
    exchange = seen["filed.json"]
    id_ = _made(exchange).get("service_request_id")
    if id_ is not None and not isinstance(id_, str):
        yield Fault(exchange, f"service_request_id is {id_!r} instead of a text")


def _readable(seen: Seen) -> Faults:
    exchange = seen["read back"]
    yield from wrong_status(exchange, 200)


def _unchanged(seen: Seen) -> Faults:
    exchange = seen["read back"]
    try:
        found = items_of(exchange) if exchange.status == 200 else []
    except Unreadable:
        found = []
    if not found or not word(found[0].get("description")):
        raise NotJudged("the description of the request is not shown")
    said = word(found[0]["description"])
    if said.split() != WORDS.split():
        yield Fault(exchange, f"the description came back as {said[:60]!r}")


def _needs_jurisdiction(seen: Seen) -> Faults:
    """Judged where the endpoint ignores no jurisdiction when read."""
    if seen["services without jurisdiction.json"].status == 200:
        raise NotJudged("the endpoint has one jurisdiction and may ignore the parameter")
    yield from wrong_status(seen["filed without jurisdiction"], 400)


def _rule(id_: str, text: str, judge: Judge, *asks: str, should: str | None = None) -> Rule:
    return Rule(id_, "should" if should else "must", text, should or SPEC, asks, judge, writes=True)


RULES = (
    _rule("file-key", "Filing without a key, or with a wrong one, is 403.", all_status(NO_KEY, 403), *NO_KEY),
    _rule("file-service-missing", "Filing without service_code is 400.", status_is("without service", 400),
          "without service"),
    _rule("file-service-unknown", "Filing with an unknown service_code is 404.",
          status_is("of unknown service", 404), "of unknown service"),
    _rule("file-place-missing", "Filing without any place is 400.", status_is("without place", 400), "without place"),
    _rule("file-place-half", "Filing with lat alone is 400.", status_is("half a place", 400), "half a place"),
    _rule("file-place-number", "Filing with a lat that is no number is 400.", status_is("no number", 400),
          "no number"),
    _rule("file-place-words", "A report may say where it is by address_string alone.",
          status_is("place in words", *TAKEN), "place in words", should=SPEC),
    _rule("file-longest", "A description of 4,000 characters is taken, whatever they take in bytes.",
          status_is("most words", *TAKEN), "most words", should=PRACTICE),
    _rule("file-long", "A description of more than 4,000 characters is 400.", status_is("too many words", 400),
          "too many words"),
    _rule("file-answer-missing", "Filing without an answer the definition demands is 400.",
          status_is("answer missing", 400), "answer missing"),
    _rule("file-jurisdiction", "Filing without jurisdiction_id is 400 where the endpoint needs one.",
          _needs_jurisdiction, "services without jurisdiction.json", "filed without jurisdiction"),
    _rule("file-taken", "A right report is answered with 200.", all_status(FILED, 200), *FILED, should=PRACTICE),
    _rule("file-list", "Filing is answered with a list of one.", _list_of_one, *FILED),
    _rule("file-id-or-token", "Filing gives service_request_id or token, never both.", _id_or_token, *FILED),
    _rule("file-text", "service_request_id is a text in JSON.", _text, "filed.json", should=SCHEMA),
    _rule("file-multipart", "A report may come as multipart/form-data.", status_is("filed multipart", *TAKEN),
          "filed multipart", should=PRACTICE),
    _rule("file-readable", "A request can be read by its id as soon as it has one.", _readable, "read back",
          should=PRACTICE),
    _rule("file-unchanged", "A description comes back as it was sent, in any script.", _unchanged, "read back"),
)  # fmt: skip
