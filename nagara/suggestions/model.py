"""Which service a text speaks of: one language model of character runs a service, the likeliest first. Pure.

Each service has counts of runs. A text is scored by the likelihood of its runs under each service's counts,
smoothed with the average over all services (Dirichlet smoothing; Zhai and Lafferty, ACM TOIS 22(2), 2004), so
that a run all services share says nothing. How often a service is reported moves the order a little, and only
where history says so.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nagara.suggestions.ngrams import has_blanks, ngrams, normalised

SMOOTHING = 2000.0
"""Weight of the average over all services, in runs."""

PHRASES_WEIGHT = 2000.0
"""What all phrases of a service count together, in runs, however many there are."""

HISTORY_WEIGHT = 20_000.0
"""The most that a service's history counts, in runs: the phrases stay audible beside ten thousand reports."""

PRIOR_WEIGHT = 1.0
"""How many times the logarithm of a service's share in history is added to a score."""

LEAST_KNOWN = 0.25
"""Share of a text's runs that the model must know before it says anything."""

LEAST_KNOWN_WITHOUT_BLANKS = 0.1
"""The same for scripts without blanks: runs over the border of two words are mostly new, above all in Chinese."""

MOSTLY_KNOWN = 0.58
"""The share where the likeliest service knows no whole word: a misspelt word of it has that, another word has not."""

WORD_LETTERS = 3
"""Letters of a word between blanks, from which it says something by itself."""

LONG_RUN = 5
"""Letters inside a longer word that are as good as a word: Tamil, Malay and others build on to their stems."""

AT_MOST = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A service and how likely it is meant among the city's services, between 0 and 1."""

    service_code: str
    score: float


@dataclass(frozen=True, slots=True)
class History:
    """What was learnt from a city's reports: runs by service, and how many reports each service had."""

    runs: Mapping[str, Mapping[str, int]]
    reports: Mapping[str, int]


NO_HISTORY = History({}, {})


class Model:
    """A city's services, ready to be asked. Never changes once it is made; safe from several threads."""

    def __init__(
        self,
        phrases: Mapping[str, Iterable[str]],
        history: History = NO_HISTORY,
        greetings: Iterable[str] = (),
    ) -> None:
        """Take phrases by service code, and what history says of those codes; others in it are left aside.

        Words made of ``greetings`` alone mean no service.
        """
        self._greetings = tuple(sorted({normalised(one) for one in greetings} - {""}, key=len, reverse=True))
        self._services = tuple(phrases)
        counts = [_together(phrases[service], history.runs.get(service, {})) for service in self._services]
        self._totals = [sum(own.values()) for own in counts]
        self._average: dict[str, float] = {}
        self._of_run: dict[str, list[tuple[int, float]]] = {}
        for index, own in enumerate(counts):
            total = self._totals[index] or 1.0
            for run, count in own.items():
                self._average[run] = self._average.get(run, 0.0) + count / total / len(counts)
                self._of_run.setdefault(run, []).append((index, count))
        self._prior = _priors(self._services, history.reports)

    def suggest(self, text: str, at_most: int = AT_MOST) -> tuple[Suggestion, ...]:
        """The likeliest services, best first; none where the text has too little that the model knows."""
        if self._only_greets(text):
            return ()
        asked = ngrams(text)
        known = {run: times for run, times in asked.items() if run in self._average}
        length = sum(known.values())
        if not known or length < _least_known(asked) * sum(asked.values()):
            return ()
        scores = [
            prior + length * math.log(SMOOTHING / (total + SMOOTHING))
            for prior, total in zip(self._prior, self._totals, strict=True)
        ]
        touched: set[int] = set()
        for run, times in known.items():
            expected = SMOOTHING * self._average[run]
            for index, count in self._of_run[run]:
                scores[index] += times * math.log1p(count / expected)
                touched.add(index)
        likeliest = max(touched, key=lambda index: scores[index])
        if length < MOSTLY_KNOWN * sum(asked.values()) and not self._knows_a_word(likeliest, known):
            return ()
        return self._ranked(scores, touched, length, at_most)

    def _only_greets(self, text: str) -> bool:
        """Whether a text is greetings from end to end; with blanks between them or not, as the script has it."""
        left = normalised(text)
        while left:
            greeting = next((one for one in self._greetings if _begins(left, one)), None)
            if greeting is None:
                return False
            left = left[len(greeting) :].lstrip()
        return True

    def _knows_a_word(self, index: int, known: Iterable[str]) -> bool:
        """Whether a service's own counts hold a whole word of these runs, not just syllables that many words share."""
        return any(_is_word(run) and any(own == index for own, _ in self._of_run[run]) for run in known)

    def _ranked(
        self, scores: list[float], touched: set[int], length: int, at_most: int
    ) -> tuple[Suggestion, ...]:
        """Scores as shares. Runs overlap, so a text of n runs is no more than about its square root of evidence."""
        best = max(scores)
        shares = [math.exp((score - best) / math.sqrt(length)) for score in scores]
        whole = sum(shares)
        order = sorted(touched, key=lambda index: -scores[index])[:at_most]
        return tuple(Suggestion(self._services[index], shares[index] / whole) for index in order)


def _begins(text: str, word: str) -> bool:
    """Whether a text begins with a word, as a whole word where the script has blanks."""
    if not text.startswith(word):
        return False
    return text[len(word) :][:1] in ("", " ") or not has_blanks(word[-1])


def _least_known(asked: Counter[str]) -> float:
    """The lesser share as soon as the most of a text is in a script without blanks."""
    blanks = sum(times for run, times in asked.items() if _between_blanks(run))
    return LEAST_KNOWN if 2 * blanks >= sum(asked.values()) else LEAST_KNOWN_WITHOUT_BLANKS


def _between_blanks(run: str) -> bool:
    return run[0] in "=_" or has_blanks(run[0])


def _is_word(run: str) -> bool:
    """Whether a run is a word or as good as one; in scripts without blanks, where none is marked, each run is."""
    if not _between_blanks(run):
        return True
    if run.startswith("="):
        return len(run) > WORD_LETTERS
    return len(run) >= LONG_RUN and "_" not in run


def _together(phrases: Iterable[str], history: Mapping[str, int]) -> dict[str, float]:
    """The counts of phrases and history, each scaled to its weight."""
    said: Counter[str] = Counter()
    for phrase in phrases:
        said.update(ngrams(phrase))
    both: dict[str, float] = {}
    for counts, weight in (
        (said, PHRASES_WEIGHT),
        (history, min(HISTORY_WEIGHT, float(sum(history.values())))),
    ):
        total = sum(counts.values())
        for run, count in counts.items():
            both[run] = both.get(run, 0.0) + count * weight / total
    return both


def _priors(services: tuple[str, ...], reports: Mapping[str, int]) -> list[float]:
    """The logarithms of shares in history, each service with one report more than it had."""
    whole = sum(reports.get(service, 0) + 1 for service in services)
    if not reports:
        return [0.0] * len(services)
    return [PRIOR_WEIGHT * math.log((reports.get(service, 0) + 1) / whole) for service in services]
