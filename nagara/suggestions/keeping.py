"""A city's model: made from phrases and names, taught by the city's reports, kept for ten minutes in memory.

It is made anew at once where the files changed: the city's own, or those of phrases and greetings.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, LiteralString

import psycopg
from starlette.concurrency import run_in_threadpool

from city_config import City, Configuration, ConfigurationError
from city_config.phrases import load_greetings, load_phrases
from nagara.database import Pool, read_in_city
from nagara.suggestions.learning import learnt, packed, unpacked
from nagara.suggestions.model import NO_HISTORY, Model, Suggestion

log = logging.getLogger(__name__)

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
    configuration: Configuration
    fingerprint: str
    until: float
    model: Model


@dataclass(frozen=True, slots=True)
class _Said:
    """How people put it, as it was read for a configuration: phrases by common code, and greetings."""

    configuration: Configuration
    phrases: Mapping[str, tuple[str, ...]]
    greetings: tuple[str, ...]


_kept: OrderedDict[str, _Kept] = OrderedDict()
_said: list[_Said] = []
"""What was read last: nothing, or one."""

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
    model = _held(configuration, city)
    if model is None:
        [found] = await read_in_city(pool, city.id, (READ, (city.id,)))
        content = bytes(found[0][0]) if found else None
        model = await run_in_threadpool(_make, configuration, city, content)
    return model.suggest(words)


def model_of(configuration: Configuration, city: City, content: bytes | None = None) -> Model:
    """The model of a city, with what it learnt where that is given."""
    said = _said_by_people(configuration)
    phrases = {
        service.code: (
            *said.phrases.get(service.network_code, ()),
            *service.names.values(),
            *(service.description or {}).values(),
            *service.keywords,
        )
        for service in city.services
    }
    return Model(phrases, unpacked(content) if content else NO_HISTORY, said.greetings)


def _held(configuration: Configuration, city: City) -> Model | None:
    with _lock:
        kept = _kept.get(city.id)
        if kept is None or kept.fingerprint != city.fingerprint or kept.until < monotonic():
            return None
        if kept.configuration is not configuration:
            return None
        _kept.move_to_end(city.id)
        return kept.model


def _make(configuration: Configuration, city: City, content: bytes | None) -> Model:
    model = model_of(configuration, city, content)
    with _lock:
        for other in [one for one, kept in _kept.items() if kept.configuration is not configuration]:
            del _kept[other]  # made of files that are served no longer
        _kept[city.id] = _Kept(configuration, city.fingerprint, monotonic() + KEPT_SECONDS, model)
        _kept.move_to_end(city.id)
        while len(_kept) > KEPT_CITIES:
            _kept.popitem(last=False)
    return model


def _said_by_people(configuration: Configuration) -> _Said:
    """Read once for each configuration; where files became wrong, what was read before them stays.

    Raises ``ConfigurationError`` where nothing was.
    """
    before = _said[0] if _said else None
    if before is not None and before.configuration is configuration:
        return before
    folder, codes = configuration.folder, [code.code for code in configuration.network.codes]
    try:
        phrases, greetings = (
            load_phrases(folder / "phrases", codes),
            load_greetings(folder / "greetings.yaml"),
        )
        said = _Said(configuration, phrases, greetings)
    except ConfigurationError as error:
        if before is None or before.configuration.folder != folder:
            raise
        log.error("the changed phrases are wrong; the last good ones stay:\n%s", error)  # noqa: TRY400
        said = replace(before, configuration=configuration)
    _said[:] = [said]
    return said
