"""``python3 run.py bench hosts``: seven hosts on one machine, one of them cut off under load and brought back.

A proxy, two API hosts, two worker hosts (each with workers, a hand for escalations and a beat), PostgreSQL and Redis on
hosts of their own: each a network namespace of Linux with an address of its own. Residents file through the proxy all
the time, at a steady rate, with a phone's patience; steps of earlier reports fall due all the time. First one API host
is cut off (its cable, not its programs) and brought back, then one worker host. Counted at the end: each accepted
report once in the database, each step once in the log, each notice once at the receiving side. All hosts share this
machine's cores, so what one loses another gains: the figures show what a failure costs, not what a host adds.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
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
class Course:
    """When what happens, in seconds from the first resident on."""

    calm: float

    @property
    def cuts(self) -> tuple[tuple[str, float, float], ...]:
        """Which host is cut off from when to when."""
        return (APIS[0], self.calm, self.calm * 2), (WORKERS[0], self.calm * 3, self.calm * 4)

    @property
    def phases(self) -> tuple[tuple[str, float, float], ...]:
        """Between which moments what is counted."""
        return (
            ("before", 0.0, self.calm),
            ("one API host cut off", self.calm, self.calm * 2),
            ("brought back", self.calm * 2, self.calm * 3),
            ("one worker host cut off", self.calm * 3, self.calm * 4),
            ("brought back too", self.calm * 4, self.calm * 5),
        )

    @property
    def seconds(self) -> float:
        """How long residents come."""
        return self.calm * 5


def main(arguments: Sequence[str]) -> int:
    """Run it in namespaces of its own; 1 where something was lost or done twice, 2 where there are none here."""
    parser = argparse.ArgumentParser(prog="python3 run.py bench hosts", description=__doc__)
    parser.add_argument("--rate", type=float, default=60.0, help="residents a second (default 60)")
    parser.add_argument(
        "--calm", type=float, default=15.0, help="seconds of each of the five phases (default 15)"
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
    course, others = Course(given.calm), OthersShare()
    with psycopg.connect(site.database_url, autocommit=True, options="-c timezone=UTC") as owner:
        fill(owner, (city_of(CITY),), given.requests, time_told(owner))
        print(f"{given.requests:,} requests laid out; starting everything on its host", flush=True)
        proxy = site.start()
        print("residents come", flush=True)
        now = time_told(owner)
        make_due(owner, given.due, course.seconds)
        output, address = site.folder / "residents.jsonl", site.hosts.address("edge")
        residents = Residents(
            address, PROXY_PORT, CITY, given.rate, course.seconds, reports(CITY, now),
            answer_within_s=ANSWER_WITHIN_S, patience_s=PATIENCE_S,
        )  # fmt: skip
        process = start_residents(residents, output)
        first = began(process, output)
        for name, cut, back in course.cuts:
            _until(first + cut)
            site.hosts.cut_off(name)
            print(f"{name} is cut off", flush=True)
            _until(first + back)
            site.hosts.bring_back(name)
        if process.wait() != 0:
            raise RuntimeError("the load failed")
        settled = _settle(owner)
        filed = read_filed(output)
        lines = [*_lost(owner, filed, now), *_steps(owner), _told(owner, site.sink), settled]
        sizes = (
            f"7 hosts, {given.requests:,} requests before, {given.rate:g} residents a second, proxy: {proxy}"
        )
        facts = server_facts(owner, sizes, _command(given), others)
    phases = [_phase(filed, first, *phase) for phase in course.phases]
    heads = ("phase", "answered a second; create p50 / p95 / p99 / most", "had to try again", "")
    parts = [table(phases, heads), table(lines), str(__doc__).split("\n\n", 1)[1]]
    keep_page(given.results, "Past one machine", facts, parts)
    return 0 if all(line.met is not False for line in lines) else 1


def _phase(filed: Sequence[Filed], beginning: float, name: str, first: float, last: float) -> Line:
    """What became of those who came between two moments, and how many were answered then."""
    came = [one for one in filed if first <= one.came_at - beginning < last]
    done = [
        one for one in filed if one.reference and first <= one.came_at + one.took_ms / 1000 - beginning < last
    ]
    rate = len(done) / (last - first)
    again = sum(one.tries > 1 for one in came)
    return Line(
        name, f"{rate:.1f}; {spread([one.took_ms for one in came], 'ms', 0)}", f"{again:,} of {len(came):,}"
    )


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


def _settle(owner: psycopg.Connection[Any]) -> Line:
    """Wait until nothing waits any more."""
    began = time.monotonic()
    while (row := owner.execute(WAITING).fetchone()) and row[0]:
        if time.monotonic() - began > SETTLED_WITHIN_S:
            break
        time.sleep(0.2)
    took = time.monotonic() - began
    return Line(
        "until nothing waited, after the last report",
        f"{took:.1f} s",
        f"{SETTLED_WITHIN_S:g} s",
        took < SETTLED_WITHIN_S,
    )


def _until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.time()))


def _command(given: argparse.Namespace) -> str:
    return (
        f"python3 run.py bench hosts --rate {given.rate:g} --calm {given.calm:g} --requests {given.requests}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
