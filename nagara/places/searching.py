"""Finding a place by what people call it: districts, special areas, streets of the rounds, landmarks. Pure.

For everybody who cannot or will not point at a map. Names are compared without case, blanks, punctuation and Latin
accents, so that it does not matter where a word begins: Khmer, Thai, Lao and Burmese are written without blanks.
Within a long address the names it holds are found; where nothing fits, spellings that come near do.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from shapely.geometry import shape

from city_config.schema import City, Dated
from nagara.errors import InvalidInput
from nagara.per_city import PerCity
from nagara.places.finding import index_for

Kind = Literal["landmark", "district", "street", "area"]
KINDS: tuple[Kind, ...] = ("landmark", "district", "street", "area")
"""In the order in which equally good ones are shown: the nearer to a point first."""

LONGEST_QUERY = 200
MOST_SHOWN = 10
SHORTEST_WITHIN = 3
"""Letters a name needs to be looked for inside a long address: shorter ones stand in many words by chance."""

SAME, BEGINS, WORD_BEGINS, HOLDS, WITHIN = 5.0, 4.0, 3.0, 2.0, 1.0
NEAR_ENOUGH = 0.45
"""Share of common pairs of letters from which another spelling counts as the same name."""

MOST_WORDS, LONGEST_NAME_IN_WORDS = 12, 4
ALWAYS = Dated()


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere the city knows by name. ``position`` is (lat, lon) of a point of it; None for streets."""

    kind: Kind
    code: str
    names: Mapping[str, str]
    position: tuple[float, float] | None
    district: str | None


@dataclass(frozen=True, slots=True)
class _Known:
    """A place with its names as they are compared, and the days on which it exists."""

    place: Place
    dates: Dated
    plain: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]
    pairs: tuple[frozenset[str], ...]


def find(city: City, words: str, day: dt.date, most: int = MOST_SHOWN) -> list[Place]:
    """The places that fit the words best on a local day, best first; raise ``InvalidInput`` for no words."""
    wanted = plain(words)
    if not wanted or len(words) > LONGEST_QUERY:
        raise InvalidInput(
            "Say what to look for.", field="q", allowed=f"a name, at most {LONGEST_QUERY} characters"
        )
    known = [place for place in _known.of(city) if place.dates.holds_on(day)]
    scored = [(score, place) for place in known if (score := _score(place, wanted))]
    if not scored:
        spoken = [_pairs(part) for part in _parts(words)]
        scored = [(score, place) for place in known if (score := _likeness(place, spoken)) >= NEAR_ENOUGH]
    scored.sort(key=lambda found: (-found[0], KINDS.index(found[1].place.kind), found[1].place.code))
    return [place.place for _, place in scored[:most]]


def plain(text: str) -> str:
    """Letters, marks of their own scripts and digits, in one case; Latin accents and everything else are dropped."""
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold().replace("đ", "d"))
    kept = (c for c in folded if unicodedata.category(c)[0] in "LMN" and not "\u0300" <= c <= "\u036f")
    return unicodedata.normalize("NFC", "".join(kept))


def _score(known: _Known, wanted: str) -> float:
    """How well the best of a place's names fits; 0: not at all. Longer names inside an address fit better."""
    best = 0.0
    for name, words in zip(known.plain, known.words, strict=True):
        if name == wanted:
            return SAME
        if name.startswith(wanted):
            best = max(best, BEGINS + len(wanted) / len(name) / 2)
        elif any(word.startswith(wanted) for word in words):
            best = max(best, WORD_BEGINS)
        elif wanted in name:
            best = max(best, HOLDS)
        elif len(name) >= SHORTEST_WITHIN and name in wanted:
            best = max(best, WITHIN + len(name) / len(wanted))
    return best


def _likeness(known: _Known, spoken: list[frozenset[str]]) -> float:
    """The largest share of letter pairs that a name and a part of the words have in common, twice over."""
    return max(
        (
            2 * len(pairs & part) / (len(pairs) + len(part))
            for pairs in known.pairs
            for part in spoken
            if pairs and part
        ),
        default=0.0,
    )


def _parts(words: str) -> Iterator[str]:
    """Runs of a few words each: one of them may be the name, spelt otherwise."""
    spoken = re.split(r"[\s,;/]+", words.strip())[:MOST_WORDS]
    for first in range(len(spoken)):
        for last in range(first + 1, min(len(spoken), first + LONGEST_NAME_IN_WORDS) + 1):
            yield plain(" ".join(spoken[first:last]))


def _pairs(name: str) -> frozenset[str]:
    return frozenset(name[at : at + 2] for at in range(len(name) - 1))


def _gather(city: City) -> tuple[_Known, ...]:
    return tuple(_landmarks(city)) + tuple(_shapes(city)) + tuple(_streets(city))


def _prepared(place: Place, dates: Dated, *names: str) -> _Known:
    different = tuple(dict.fromkeys(name for name in names if plain(name)))
    return _Known(
        place,
        dates,
        tuple(map(plain, different)),
        tuple(tuple(plain(word) for word in name.split()) for name in different),
        tuple(_pairs(plain(name)) for name in different),
    )


def _landmarks(city: City) -> Iterator[_Known]:
    for landmark in city.landmarks:
        at = landmark.position.lat, landmark.position.lon
        place = Place("landmark", landmark.code, landmark.names, at, index_for(city).locate(*at).district)
        yield _prepared(place, landmark, *landmark.names.values(), *landmark.also)


def _shapes(city: City) -> Iterator[_Known]:
    kinds: tuple[tuple[Kind, Mapping[str, Any] | None, Mapping[str, Dated]], ...] = (
        ("district", city.districts, city.district_dates),
        ("area", city.areas, city.area_dates),
    )
    for kind, shapes, dates in kinds:
        for feature in shapes["features"] if shapes else ():
            code, names = feature["properties"]["code"], feature["properties"]["names"]
            point = shape(feature["geometry"]).representative_point()
            at = round(point.y, 6), round(point.x, 6)
            district = code if kind == "district" else index_for(city).locate(*at).district
            yield _prepared(Place(kind, code, names, at, district), dates[code], *names.values())


def _streets(city: City) -> Iterator[_Known]:
    """Streets that rounds name, once for each of their districts; known as long as any round is."""
    named = {
        (street, district): None for r in city.rounds for street in r.streets for district in r.districts
    }
    for street, district in named:
        place = Place("street", street, {city.languages[0]: street}, None, district)
        yield _prepared(place, ALWAYS, street)


_known: PerCity[tuple[_Known, ...]] = PerCity(_gather)
