"""Why a figure is withheld: of each reason a stable code, its English words, and the numbers in them. Pure.

Figures carry the words, because snapshots, files and printed reports do. Whoever shows a figure in another language
goes by the code, which is read off the words: so figures that were kept before have their codes as well. A reason
is new only once it stands here; a test finds every one that the code gives.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

REASONS: Mapping[str, str] = {
    "none": "none",
    "no_reports": "no reports in this period",
    "too_few": "fewer than {least}",
    "too_few_issues": "fewer than {least} issues",
    "too_few_issues_followed": "fewer than {least} issues followed for {hours}",
    "too_few_ended": "fewer than {least} of {of} had ended",
    "too_few_cases": "fewer than {least} cases",
    "too_few_events": "fewer than {least} events",
    "too_few_reports": "fewer than {least} reports",
    "too_few_open": "fewer than {least} open issues",
    "too_few_further": "fewer than {least} further reports",
    "too_few_ratings": "only {share} of those asked gave a rating",
    "too_few_followed": "too few were followed for {hours}",
    "too_few_kinds": "fewer than {least} kinds of request with enough of them",
    "too_few_misses": "fewer than {least} misses are expected",
    "too_few_districts": "fewer than {least} districts with {issues} issues and a known population",
    "mix_not_covered": "codes with enough requests cover {covered} of the mix, less than {least_share}",
    "residents_not_covered": "districts with enough issues hold {covered} of the residents, less than {least_share}",
    "given_away": "would let smaller numbers be worked out",
    "no_population": "the city states no population",
    "no_districts": "no districts",
    "period_not_begun": "the period has not begun",
    "not_compared": "times of this kind of request are not compared between cities",
    "no_answers_known": "the imported records hold no answers before the closing",
    "outcome_unknown": "the outcome of {share} is unknown",
    "unfinished_not_shown": "the source stopped showing unfinished issues",
    "no_audit": "no audit was drawn",
    "audit_unfinished": "the audit has looked at {share} of its sample",
    "not_told": "the city's endpoint does not tell of it",
    "no_such_figure": "it has no such figure",
    "simulated_apart": "its requests are simulated",
}
"""The words of each code; numbers stand in braces."""

OTHER = "other"
"""The code of words that are not in the table: of another version, to be shown as they are."""

_SHARES = ("share", "covered", "least_share")
_HOURS = {"hours": 1.0, "days": 24.0}
_PLACES = re.compile(r"{(\w+)}")


def explained(words: str | None, name: str = "withheld") -> dict[str, Any]:
    """``name_code`` and ``name_values`` of a reason, to stand beside its words; nothing where there is none.

    Values: shares from 0 to 1, times in hours, all else counts.
    """
    if words is None:
        return {}
    code, values = _read(words)
    return {f"{name}_code": code, f"{name}_values": dict(values)}


@lru_cache(maxsize=4096)
def _read(words: str) -> tuple[str, tuple[tuple[str, float], ...]]:
    for code, pattern in _PATTERNS:
        if found := pattern.fullmatch(words):
            return code, tuple((name, _number(name, said)) for name, said in found.groupdict().items())
    return OTHER, ()


def _number(name: str, said: str) -> float:
    if name in _SHARES:
        return int(said.removesuffix("%")) / 100
    if name == "hours":
        number, unit = said.split()
        return float(number) * _HOURS[unit]
    return int(said)


def _pattern(words: str) -> re.Pattern[str]:
    def group(place: re.Match[str]) -> str:
        name = place[1]
        form = r"\d+%" if name in _SHARES else r"[\d.]+ (?:hours|days)" if name == "hours" else r"\d+"
        return f"(?P<{name}>{form})"

    return re.compile(_PLACES.sub(group, words))


_PATTERNS = tuple((code, _pattern(words)) for code, words in REASONS.items())
