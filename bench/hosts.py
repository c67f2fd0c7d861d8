"""``python3 run.py bench hosts``: seven hosts on one machine, one of them cut off under load and brought back.

A proxy, two API hosts, two worker hosts (each with workers, a hand for escalations and a beat), PostgreSQL and Redis on
hosts of their own: each a network namespace of Linux with an address of its own. Residents file through the proxy all
the time, with a phone's patience. First they come at a steady rate, whatever the answers take, while steps of earlier
reports fall due: one API host is cut off (its cable, not its programs) and brought back, then one worker host. Then
they come as fast as they are answered: so many file at any time, and an API host is cut off and brought back once more.
The first load shows how long one waits, the second how much is done. Counted at the end, of both: each accepted report
once in the database, each step once in the log, each notice once at the receiving side. All hosts share this machine's
cores, so what one loses another gains: the figures show what a failure costs, not what a host adds.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from bench.falling_due import climbed, make_due
from bench.figures import Line, keep_page, server_facts, spread, table
from bench.filling import fill
from bench.installation import Sink
from bench.namespaces import Hosts, NoNamespaces, inside, run_inside
from bench.paced import Filed, Residents, began, read_filed, reports, start_residents
from bench.processor_time import OthersShare
from bench.proxy import Handed
from bench.site import APIS, NAMES, PROXY_PORT, WORKERS, Site
from nagara.cities import city_of
from nagara.database import time_told

RESULTS = Path(__file__).with_name("RESULTS_HOSTS.md")
CITY = "kh-pnh"
ANSWER_WITHIN_S, PATIENCE_S = 3.0, 90.0
LATE_BAR_S, SETTLED_WITHIN_S = 40.0, 90.0
"""A step that a cut-off worker held is free again once the server has noticed that nobody is there."""

WAITING: LiteralString = """
select (select count(*) from event_outbox)
       + (select count(*) from notification where sent_at is null
                  and next_attempt_at < clock_timestamp() + interval '10 minutes')
       + (select count(*) from request where next_step_at <= clock_timestamp() and closed_at is null)
"""
STANDING: LiteralString = "select reference, count(*) from request where received_at >= %s group by reference"
SENT: LiteralString = (
    "select count(*) from notification where channel in ('email', 'sms') and sent_at is not null"
)


@dataclass(frozen=True, slots=True)
class Phase:
    """A while, and which host is cut off from its beginning to its end."""

    name: str
    cut_off: str | None = None


STEADY = (
    Phase("before"),
    Phase("one API host cut off", APIS[0]),
    Phase("brought back"),
    Phase("one worker host cut off", WORKERS[0]),
    Phase("brought back too"),
)
FULL = (Phase("before"), Phase("one API host cut off", APIS[0]), Phase("brought back"))
HEADS = (
    "phase",
    "answered a second",
    "in the least second",
    "create p50 / p95 / p99 / most",
    "attempts that failed, and were repeated",
    "sent again by the proxy",
    f"answered by {' / '.join(APIS)}",
)


@dataclass(frozen=True, slots=True)
class Came:
    """What became of those who came in the phases of a course, each ``calm`` seconds long from ``first`` on."""

    phases: tuple[Phase, ...]
    calm: int
    first: float
    filed: list[Filed]
    handed: list[Handed | None]
    """What the proxy had done at the beginning and after each phase."""

    def rows(self) -> Iterator[str]:
        """What is told of each phase."""
        for number, phase in enumerate(self.phases):
            answered, came = self._answered(number), self._came(number)
            told = (
                phase.name,
                f"{sum(answered) / self.calm:,.1f}",
                f"{min(answered):,}",
                spread([one.took_ms for one in came], "ms", 0),
                _failed(came),
                *self._by_proxy(number),
            )
            yield f"| {' | '.join(told)} |"

    def rate(self, number: int) -> float:
        """How many were answered a second in a phase."""
        return sum(self._answered(number)) / self.calm

    def _came(self, number: int) -> list[Filed]:
        begin = self.first + number * self.calm
        return [one for one in self.filed if begin <= one.came_at < begin + self.calm]

    def _answered(self, number: int) -> list[int]:
        """How many in each second of a phase."""
        seconds = [0] * self.calm
        for one in self.filed:
            second = math.floor(one.came_at + one.took_ms / 1000 - self.first) - number * self.calm
            if one.reference and 0 <= second < self.calm:
                seconds[second] += 1
        return seconds

    def _by_proxy(self, number: int) -> tuple[str, str]:
        earlier, later = self.handed[number], self.handed[number + 1]
        if earlier is None or later is None:
            return "never", "not counted"
        answered = zip(later.answered, earlier.answered, strict=True)
        return f"{later.again - earlier.again:,}", " / ".join(f"{now - then:,}" for now, then in answered)


def main(arguments: Sequence[str]) -> int:
    """Run it in namespaces of its own; 1 where something was lost or done twice, 2 where there are none here."""
    parser = argparse.ArgumentParser(prog="python3 run.py bench hosts", description=__doc__)
    parser.add_argument("--rate", type=float, default=60.0, help="residents a second (default 60)")
    parser.add_argument("--at-once", type=int, default=32, help="then so many at any time (default 32)")
    parser.add_argument(
        "--calm", type=int, default=15, help="seconds of each of the eight phases (default 15)"
    )
    parser.add_argument("--requests", type=int, default=20_000, help="already there (default 20,000)")
    parser.add_argument("--due", type=int, default=1_500, help="steps that fall due meanwhile")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FILE")
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended, too
    try:
        if not inside():
            return run_inside("bench.hosts", arguments)
        hosts = Hosts(NAMES)
    except NoNamespaces as why:
        print(
            f"Linux gives no namespaces here, and without them there are no several hosts: {why}",
            file=sys.stderr,
        )
        return 2
    with (
        tempfile.TemporaryDirectory(prefix="nagara-hosts-", ignore_cleanup_errors=True) as folder,
        ExitStack() as stack,
    ):
        return _run(given, Site(hosts, Path(folder), stack))


def _run(given: argparse.Namespace, site: Site) -> int:
    others = OthersShare()
    with psycopg.connect(site.database_url, autocommit=True, options="-c timezone=UTC") as owner:
        fill(owner, (city_of(CITY),), given.requests, time_told(owner))
        print(f"{given.requests:,} requests laid out; starting everything on its host", flush=True)
        site.start()
        print(f"residents come; before the API hosts stands {site.proxy.what}", flush=True)
        now = time_told(owner)
        make_due(owner, given.due, given.calm * len(STEADY))
        steady = _come(site, STEADY, given.calm, now, a_second=given.rate)
        settled = [_settle(owner, "until nothing waited, after the steady ones")]
        full = _come(site, FULL, given.calm, now, at_once=given.at_once)
        settled += [_settle(owner, "until nothing waited, after the others")]
        lines = [*_lost(owner, steady.filed + full.filed, now), *_steps(owner), _told(owner, site.sink)]
        lines += [*settled, _of_before(full)]
        sizes = (
            f"7 hosts, {given.requests:,} requests before, {given.rate:g} residents a second, then {given.at_once} at "
            f"any time; proxy: {site.proxy.what}"
        )
        facts = server_facts(owner, sizes, _command(given), others)
    steadily = f"{given.rate:g} residents a second come, whatever the answers take:"
    at_once = f"{given.at_once} residents file at any time, the next as soon as one is answered:"
    parts = [
        steadily,
        _phases(steady),
        at_once,
        _phases(full),
        table(lines),
        str(__doc__).split("\n\n", 1)[1],
    ]
    keep_page(given.results, "Past one machine", facts, parts)
    return 0 if all(line.met is not False for line in lines) else 1


def _come(
    site: Site,
    phases: tuple[Phase, ...],
    calm: int,
    now: dt.datetime,
    a_second: float = 0.0,
    at_once: int = 0,
) -> Came:
    """Let residents come, cut hosts off and bring them back meanwhile, and wait until the last one is done."""
    residents = Residents(
        site.hosts.address("edge"), PROXY_PORT, CITY, a_second, calm * len(phases), reports(CITY, now),
        answer_within_s=ANSWER_WITHIN_S, patience_s=PATIENCE_S, at_once=at_once,
    )  # fmt: skip
    output = site.folder / f"residents-{len(phases)}.jsonl"
    process = start_residents(residents, output)
    first = began(process, output)
    handed = [site.proxy.so_far()]
    for number, phase in enumerate(phases, 1):
        if phase.cut_off:
            site.hosts.cut_off(phase.cut_off)
            print(f"{phase.cut_off} is cut off", flush=True)
        _until(first + number * calm)
        if phase.cut_off:
            site.hosts.bring_back(phase.cut_off)
        handed.append(site.proxy.so_far())
    if process.wait() != 0:
        raise RuntimeError("the load failed")
    return Came(phases, calm, first, read_filed(output), handed)


def _phases(came: Came) -> str:
    return "\n".join([f"| {' | '.join(HEADS)} |", "|---" * len(HEADS) + "|", *came.rows()])


def _failed(came: Sequence[Filed]) -> str:
    """How many attempts failed of those who came, and as what: a status, or how no answer came."""
    failed = sum(one.tries - 1 if one.reference else one.tries for one in came)
    kinds = sorted({one.why.split(" ")[0] for one in came if one.why})
    return f"{failed:,} ({', '.join(kinds)})" if failed else "0"


def _of_before(full: Came) -> Line:
    before = full.rate(0) or math.nan
    shown = ", ".join(f"{full.rate(number) / before:.2f}" for number in range(1, len(FULL)))
    return Line("as many at any time: answered a second while cut off, and brought back, of before", shown)


def _lost(owner: psycopg.Connection[Any], filed: Sequence[Filed], began: Any) -> list[Line]:
    answered = [one.reference for one in filed if one.reference]
    standing = dict(owner.execute(STANDING, (began,)).fetchall())
    there = sum(standing.get(reference) == 1 for reference in answered)
    came, accepted, different = len(filed), len(answered), len(set(answered))
    equal = len(standing) == different == accepted
    both = f"{len(standing):,}, {different:,}"
    return [
        Line("residents answered in the end", f"{accepted:,} of {came:,}", "all", accepted == came),
        Line(
            "accepted reports that stand in the database",
            f"{there:,} of {accepted:,}",
            "all",
            there == accepted,
        ),
        Line("reports in the database, and different ones answered", both, "equal", equal),
    ]


def _steps(owner: psycopg.Connection[Any]) -> list[Line]:
    found = climbed(owner)
    shown = f"{found.due:,}, {len(found.late):,}, {found.again:,}"
    in_time = bool(found.late) and found.late[-1] <= LATE_BAR_S
    late = spread(found.late, "s")
    return [
        Line("steps due meanwhile, climbed, climbed again", shown, "each once", found.once),
        Line("steps late by, p50 / p95 / p99 / most", late, f"most <= {LATE_BAR_S:g} s", in_time),
    ]


def _told(owner: psycopg.Connection[Any], sink: Sink) -> Line:
    [(sent,)] = owner.execute(SENT).fetchall()
    messages, keys = sink.counted()
    shown = f"{sent:,} / {keys:,} / {messages - keys:,}"
    return Line(
        "notices sent / different keys received / handed over again under a key",
        shown,
        "equal / any",
        sent == keys,
    )


def _settle(owner: psycopg.Connection[Any], what: str) -> Line:
    """Wait until nothing waits any more."""
    began = time.monotonic()
    while (row := owner.execute(WAITING).fetchone()) and row[0]:
        if time.monotonic() - began > SETTLED_WITHIN_S:
            break
        time.sleep(0.2)
    took = time.monotonic() - began
    return Line(
        what,
        f"{took:.1f} s",
        f"{SETTLED_WITHIN_S:g} s",
        took < SETTLED_WITHIN_S,
    )


def _until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.time()))


def _command(given: argparse.Namespace) -> str:
    return (
        f"python3 run.py bench hosts --rate {given.rate:g} --at-once {given.at_once} --calm {given.calm} "
        f"--requests {given.requests}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
