"""Counting what residents wrote and which service it became. Pure."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable

import orjson

from nagara.suggestions.model import History
from nagara.suggestions.ngrams import ngrams

SHARED_BY = 3
"""A run is kept only where this many reports have it: a name or a number somebody wrote is nobody's to find."""

MOST_RUNS = 20_000
"""Runs kept of one service, the commonest first."""

MOST_BYTES = 64 * 1024 * 1024


def learnt(reports: Iterable[tuple[str, str]]) -> History:
    """Count runs over pairs of service code and words; a run counts once in a report, however often it says it."""
    runs: dict[str, Counter[str]] = {}
    number: Counter[str] = Counter()
    sharing: Counter[str] = Counter()
    for service, words in reports:
        found = ngrams(words).keys()
        if found:
            runs.setdefault(service, Counter()).update(found)
            sharing.update(found)
            number[service] += 1
    kept = {
        service: dict(
            Counter({run: n for run, n in counts.items() if sharing[run] >= SHARED_BY}).most_common(MOST_RUNS)
        )
        for service, counts in runs.items()
    }
    return History(kept, dict(number))


def packed(history: History) -> bytes:
    """A history as bytes to be kept."""
    return zlib.compress(orjson.dumps({"runs": history.runs, "reports": history.reports}))


def unpacked(content: bytes) -> History:
    """What ``packed`` made."""
    read = orjson.loads(zlib.decompressobj().decompress(content, MOST_BYTES))
    return History(read["runs"], read["reports"])
