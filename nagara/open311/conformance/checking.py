"""Holds every rule against an endpoint, and tells what holds, what does not, and what could not be judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from nagara.open311.conformance import (
    rules_discovery,
    rules_filing,
    rules_filters,
    rules_general,
    rules_requests,
    rules_services,
)
from nagara.open311.conformance.filing_questions import FILING
from nagara.open311.conformance.judging import Rule
from nagara.open311.conformance.questions import READS, of_discovery
from nagara.open311.conformance.reading import WIKI, word
from nagara.open311.conformance.talking import Dialogue, Exchange, NotJudged, Seen, Target
from nagara.outgoing import Caller

RULES: tuple[Rule, ...] = (
    *rules_discovery.RULES,
    *rules_general.RULES,
    *rules_services.RULES,
    *rules_requests.RULES,
    *rules_filters.RULES,
    *rules_filing.RULES,
)
Verdict = Literal["holds", "broken", "not judged"]
MOST_FAULTS = 3
"""Of a rule that are told: the first shows what is wrong."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a rule: ``evidence`` are calls, each with what is wrong with its answer, if anything is."""

    rule: Rule
    verdict: Verdict
    evidence: tuple[tuple[str, str, str], ...]
    """The call, what is wrong, and the beginning of the answer."""

    def as_json(self) -> dict[str, Any]:
        """The result for programs."""
        return {
            "rule": self.rule.id,
            "level": self.rule.level,
            "text": self.rule.text,
            "source": self.rule.source,
            "verdict": self.verdict,
            "evidence": [
                {"request": call, "what": what, "answer": excerpt} for call, what, excerpt in self.evidence
            ],
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found, and at how many calls."""

    endpoint: str
    calls: int
    results: tuple[Result, ...]

    def of(self, verdict: Verdict, level: str | None = None) -> list[Result]:
        """The results of a kind."""
        return [r for r in self.results if r.verdict == verdict and level in (None, r.rule.level)]

    @property
    def exit_code(self) -> int:
        """0: no broken must; 1: at least one; 2: nothing could be judged, so nobody was there."""
        if not self.of("holds") and not self.of("broken"):
            return 2
        return 1 if self.of("broken", "must") else 0

    def as_json(self) -> dict[str, Any]:
        """The whole for programs."""
        verdicts: tuple[Verdict, ...] = ("holds", "broken", "not judged")
        return {
            "endpoint": self.endpoint,
            "calls": self.calls,
            "counts": {
                level: {verdict: len(self.of(verdict, level)) for verdict in verdicts}
                for level in ("must", "should")
            },
            "results": [result.as_json() for result in self.results],
        }


def check(
    target: Target,
    caller: Caller,
    *,
    write: bool = False,
    pause: float = 0.5,
    only: Iterable[str] | None = None,
) -> Report:
    """Judge an endpoint by every rule, or by those that are named; reports are sent only with ``write``."""
    wanted = set(only) if only is not None else None
    talk = Dialogue(target, READS | FILING, caller, pause)
    if is_xml_alone(talk):
        talk.leave_json_out("the endpoint announces and answers XML alone, which is its right")
    results = [
        judged(rule, talk) if write or not rule.writes else _left_out(rule)
        for rule in RULES
        if wanted is None or rule.id in wanted
    ]
    return Report(target.base, talk.calls, tuple(results))


def is_xml_alone(talk: Dialogue) -> bool:
    """Whether there is XML and no JSON, as the standard allows where discovery says so."""
    try:
        if talk.ask("services.json").status == 200 or talk.ask("services.xml").status != 200:
            return False
    except NotJudged:
        return False
    endpoints = (of_discovery(talk) or {}).get("endpoints")
    formats = [one.get("formats") for one in endpoints or () if isinstance(one, dict)]
    said = {word(kind) for some in formats if isinstance(some, list) for kind in some}
    return "text/xml" in said and "application/json" not in said


def judged(rule: Rule, talk: Dialogue) -> Result:
    """Ask what a rule needs to know, and judge it."""
    reasons = []
    for name in rule.asks:
        try:
            talk.ask(name)
        except NotJudged as why:
            reasons.append(str(why))
    if reasons and (len(reasons) == len(rule.asks) or not rule.any_of):
        return Result(rule, "not judged", (("", reasons[0], ""),))
    return verdict(rule, talk.seen())


def verdict(rule: Rule, seen: Seen) -> Result:
    """What the answers say of a rule. Pure."""
    try:
        faults = list(rule.judge(seen))
    except NotJudged as why:
        return Result(rule, "not judged", (("", str(why), ""),))
    if faults:
        shown = tuple((str(f.exchange), f.what, f.exchange.excerpt()) for f in faults[:MOST_FAULTS])
        return Result(rule, "broken", shown)
    return Result(rule, "holds", _evidence(seen.some(*rule.asks)))


def _evidence(exchanges: Sequence[Exchange]) -> tuple[tuple[str, str, str], ...]:
    return ((str(exchanges[0]), "", exchanges[0].excerpt()),)


def _left_out(rule: Rule) -> Result:
    return Result(rule, "not judged", (("", "a report would be sent; ask for that with --write", ""),))


def target_of(
    url: str,
    caller: Caller,
    jurisdiction: str | None,
    api_key: str | None,
    position: tuple[float, float] | None,
) -> Target:
    """What is meant by an address: an endpoint, or a discovery document whose production endpoint is taken.

    Raises ``NotJudged`` for a discovery document that names none.
    """
    path = urlsplit(url).path
    if not path.endswith(("/discovery.json", "/discovery.xml")):
        return Target(url.rstrip("/"), jurisdiction, api_key, position)
    place = url.partition("?")[0].rpartition(".")[0]
    asked = Target(place.rpartition("/")[0], jurisdiction, api_key, position, place)
    document = of_discovery(Dialogue(asked, READS, caller, 0.0)) or {}
    endpoints = [
        one
        for one in document.get("endpoints") or ()
        if isinstance(one, dict) and word(one.get("specification")) == WIKI and word(one.get("url"))
    ]
    chosen = next((one for one in endpoints if word(one.get("type")) == "production"), None)
    chosen = chosen or next(iter(endpoints), None)
    if chosen is None:
        raise NotJudged(f"{url} names no endpoint of {WIKI}")
    return Target(word(chosen["url"]).rstrip("/"), jurisdiction, api_key, position, place)
