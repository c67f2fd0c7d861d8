"""A city's model: made from phrases and names, taught by the city's reports, kept for ten minutes in memory."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from starlette.concurrency import run_in_threadpool

from city_config import City, Configuration
from city_config.phrases import load_greetings, load_phrases
from nagara.database import Pool, read_in_city
from nagara.suggestions.learning import learnt, packed, unpacked
from nagara.suggestions.model import NO_HISTORY, Model, Suggestion

MOST_REPORTS = 50_000
KEPT_SECONDS = 600.0
KEPT_CITIES = 8
"""Models held in memory: each takes some megabytes, and a process mostly serves the cities of one country."""

REPORTS: LiteralString = """
select service_code, left(description, 1000) from request
 where city_id = %s and not confidential and description <> ''
   and closing_reason is distinct from 'abuse' and status <> 'withdrawn'
 order by received_at desc limit %s
"""

KEEP: LiteralString = """
insert into suggestion_model (city_id, learnt_at, reports, content) values (%s, clock_timestamp(), %s, %s)
on conflict (city_id) do update
   set learnt_at = excluded.learnt_at, reports = excluded.reports, content = excluded.content
"""

READ: LiteralString = "select content from suggestion_model where city_id = %s"


@dataclass(frozen=True, slots=True)
class _Kept:
    fingerprint: str
    until: float
    model: Model


_kept: OrderedDict[str, _Kept] = OrderedDict()
_lock = threading.Lock()


def learn(connection: psycopg.Connection[Any], city: City) -> int:
    """Learn anew from the city's latest reports, and keep it; returns from how many. Does not commit.

    The service counted is the one the request has now, so what staff corrected is learnt as corrected.
    Confidential and withdrawn reports and abuse teach nothing.
    """
    rows = connection.execute(REPORTS, (city.id, MOST_REPORTS)).fetchall()
    connection.execute(KEEP, (city.id, len(rows), packed(learnt(rows))))
    return len(rows)


async def suggestions_for(
    pool: Pool, configuration: Configuration, city: City, words: str
) -> tuple[Suggestion, ...]:
    """At most three services these words may mean, likeliest first; none where nothing is known of them."""
    model = _held(city)
    if model is None:
        [found] = await read_in_city(pool, city.id, (READ, (city.id,)))
        content = bytes(found[0][0]) if found else None
        model = await run_in_threadpool(_make, configuration, city, content)
    return model.suggest(words)


def model_of(configuration: Configuration, city: City, content: bytes | None = None) -> Model:
    """The model of a city, with what it learnt where that is given."""
    said = _phrases(configuration.folder / "phrases", frozenset(_codes(configuration)))
    phrases = {
        service.code: (
            *said.get(service.network_code, ()),
            *service.names.values(),
            *(service.description or {}).values(),
            *service.keywords,
        )
        for service in city.services
    }
    greetings = _greetings(configuration.folder / "greetings.yaml")
    return Model(phrases, unpacked(content) if content else NO_HISTORY, greetings)


def _held(city: City) -> Model | None:
    with _lock:
        kept = _kept.get(city.id)
        if kept is None or kept.fingerprint != city.fingerprint or kept.until < time.monotonic():
            return None
        _kept.move_to_end(city.id)
        return kept.model


def _make(configuration: Configuration, city: City, content: bytes | None) -> Model:
    model = model_of(configuration, city, content)
    with _lock:
        _kept[city.id] = _Kept(city.fingerprint, time.monotonic() + KEPT_SECONDS, model)
        _kept.move_to_end(city.id)
        while len(_kept) > KEPT_CITIES:
            _kept.popitem(last=False)
    return model


def _codes(configuration: Configuration) -> list[str]:
    return [code.code for code in configuration.network.codes]


@lru_cache(maxsize=2)
def _greetings(path: Path) -> tuple[str, ...]:
    return load_greetings(path)


@lru_cache(maxsize=2)
def _phrases(folder: Path, codes: frozenset[str]) -> Mapping[str, tuple[str, ...]]:
    return load_phrases(folder, codes)
