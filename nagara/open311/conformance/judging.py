"""What a rule is, and the words in which it is judged: faults, each with the answer that shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from nagara.open311.conformance.reading import Item, Unreadable, items_of, word
from nagara.open311.conformance.talking import Exchange, NotJudged, Seen

Level = Literal["must", "should"]
SPEC = "GeoReport v2 (wiki.open311.org/GeoReport_v2)"
DISCOVERY = "Open311 Service Discovery (wiki.open311.org/Service_Discovery)"
CONVERSION = "Open311 JSON and XML Conversion (wiki.open311.org/JSON_and_XML_Conversion)"
SCHEMA = "community JSON schemas of GeoReport v2 (github.com/open311/schema-validation)"
PRACTICE = "the standard is silent; what Nagara's decision 0036 recommends"


class Fault(NamedTuple):
    """What is wrong, and the answer that shows it."""

    exchange: Exchange
    what: str


Faults = Iterator[Fault]
Judge = Callable[[Seen], Faults]
"""Yields what is wrong; nothing where the rule holds. Raises ``NotJudged`` where nothing can be said."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A sentence of the standard: who says it, how strictly, which answers show it, and who judges."""

    id: str
    level: Level
    text: str
    source: str
    asks: tuple[str, ...]
    judge: Judge
    any_of: bool = False
    """Whether one of the answers is enough; else all of them are needed."""
    writes: bool = False
    """Whether a report is sent to judge it."""


def status_is(name: str, *expected: int) -> Judge:
    """The answer's status is one of these."""

    def judge(seen: Seen) -> Faults:
        yield from wrong_status(seen[name], *expected)

    return judge


def all_status(names: Iterable[str], *expected: int) -> Judge:
    """The same of several answers, as far as they came."""
    wanted = tuple(names)

    def judge(seen: Seen) -> Faults:
        for exchange in seen.some(*wanted):
            yield from wrong_status(exchange, *expected)

    return judge


def wrong_status(exchange: Exchange, *expected: int) -> Faults:
    """A fault unless the status is one of these."""
    if exchange.status not in expected:
        words = " or ".join(map(str, expected))
        yield Fault(exchange, f"status {exchange.status} instead of {words}")


def listed(exchange: Exchange) -> list[Item]:
    """The members of a list that was answered with 200; raise ``NotJudged`` where there is no such list.

    That the list cannot be read is the fault of another rule, which says so.
    """
    if exchange.status != 200:
        raise NotJudged(f"{exchange} is no list")
    try:
        return items_of(exchange)
    except Unreadable as why:
        raise NotJudged(f"{exchange}: {why}") from None


def members(exchange: Exchange) -> list[Item]:
    """The same where at least one is needed to say anything."""
    found = listed(exchange)
    if not found:
        raise NotJudged(f"{exchange} lists nothing to judge by")
    return found


def each(names: Iterable[str], wrong: Callable[[Item], str | None]) -> Judge:
    """Every member of these lists is right; ``wrong`` says what is not, or None."""
    wanted = tuple(names)

    def judge(seen: Seen) -> Faults:
        judged = 0
        for exchange in seen.some(*wanted):
            for item in listed(exchange):
                judged += 1
                what = wrong(item)
                if what is not None:
                    yield Fault(exchange, what)
        if not judged:
            raise NotJudged("nothing is listed to judge by")

    return judge


def lacking(item: Item, names: Iterable[str], named_by: str) -> str | None:
    """Says which of these fields a member lacks altogether, or is empty in where ``filled`` is wanted."""
    missing = [name for name in names if name not in item]
    return f"{named_by} {word(item.get(named_by))!r} lacks {', '.join(missing)}" if missing else None


def empty(item: Item, names: Iterable[str], named_by: str) -> str | None:
    """Says which of these fields a member lacks or has empty."""
    missing = [name for name in names if word(item.get(name)) == ""]
    return f"{named_by} {word(item.get(named_by))!r} has no {', '.join(missing)}" if missing else None


def not_texts(exchange: Exchange, item: Item, names: Iterable[str]) -> str | None:
    """Says which of these is no text where the form is JSON, which can tell."""
    if exchange.form != "json":
        return None
    wrong = [name for name in names if name in item and not isinstance(item[name], str)]
    return f"{wrong[0]} is {item[wrong[0]]!r} instead of a text" if wrong else None


def not_boolean(exchange: Exchange, value: Any) -> bool:
    """Whether a value is neither true nor false as its form writes them."""
    return not isinstance(value, bool) if exchange.form == "json" else value not in ("true", "false")
