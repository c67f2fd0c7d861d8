"""``python3 run.py bench latency``: how soon after its commit an event is handled, and what that costs filing.

API, workers and timers run as in earnest. First, so many residents a second file, each with an address to be told at;
counted is the time from its commit, as PostgreSQL keeps it (``track_commit_timestamp``; it is taken before the commit
waits for the disk), to the statement with which a worker asked for it, both by the database's clock. Beside it stands
the time from the event's own, which is while its transaction writes. Then filing as fast as it goes, in turns with an
API beside it on the same database whose commits nudge nobody: what waking costs. Nobody is to be told of these reports:
whom nobody nudges tells them after the turn, which would count as nothing. Rates drift from turn to turn with the
machine, so the median of many turns is told, and between what half of them lie. Beside it stands processor time, of a
report with all that is done for it until nothing waits any more: of everything, and of workers and beat alone.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from bench.figures import Line, keep_page, server_facts, spread, table
from bench.filling import decided_filings, fill
from bench.installation import Installation, installation
from bench.load import Load, percentile, run_load
from bench.over_http import filing_text
from bench.paced import Residents, read_filed, reports, start_residents
from bench.processor_time import OthersShare
from bench.servers import Measured, api_in_earnest, database_in_earnest
from nagara.cities import city_of
from nagara.database import time_told
from nagara.local.ports import LOOPBACK

RESULTS = Path(__file__).with_name("RESULTS_LATENCY.md")
CITY = "kh-pnh"
P50_BAR_MS, P99_BAR_MS, LOSS_BAR = 10.0, 50.0, 0.05
SETTLED_WITHIN_S = 60.0
TURN_S = 4.0
"""With and without nudges take turns so short that both see the same machine: its speed drifts by half in a minute."""

BEGUN_AFTER_S = 2.5
"""A turn counts once workers are at work on both sides; where nobody is nudged, the timer comes every two seconds."""

WATCH: LiteralString = """
create table bench_taken (city_id text, request_id uuid, seq int, asked_at timestamptz);
create function bench_take() returns trigger language plpgsql security definer as $$
begin
    insert into bench_taken select city_id, request_id, seq, statement_timestamp() from gone;
    return null;
end $$;
create trigger bench_take after delete on event_outbox referencing old table as gone
    for each statement execute function bench_take();
"""
"""Writes down when whoever took an event asked for it: a table and a trigger of this bench's own database."""

KEEPS_COMMIT_TIMES = {"track_commit_timestamp": "on"}

HANDLED: LiteralString = """
select extract(epoch from t.asked_at - pg_xact_commit_timestamp(e.xmin))::float8 * 1000,
       extract(epoch from n.made_at - pg_xact_commit_timestamp(e.xmin))::float8 * 1000,
       extract(epoch from t.asked_at - e.recorded_at)::float8 * 1000
  from event e join bench_taken t using (city_id, request_id, seq),
       lateral (select min(created_at) as made_at from notification n where n.city_id = e.city_id
                   and n.request_id = e.request_id and n.seq = e.seq) as n
 where e.city_id = %s and e.kind = 'filed' and e.recorded_at >= %s and n.made_at is not null
"""
WAITING: LiteralString = "select count(*) from event_outbox"


def main(arguments: Sequence[str]) -> int:
    """Measure, show the table and keep it; 0 also where a bar is missed, which the table says."""
    parser = argparse.ArgumentParser(prog="python3 run.py bench latency", description=__doc__)
    parser.add_argument("--rate", type=float, default=200.0, help="commits a second (default 200)")
    parser.add_argument("--seconds", type=float, default=15.0, help="of a round (default 15)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--turns", type=int, default=12, help="of filing with and without nudges (default 12)"
    )
    parser.add_argument("--requests", type=int, default=20_000, help="already there (default 20,000)")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FILE")
    given = parser.parse_args(arguments)
    if given.turns < 2 or given.turns % 2:
        parser.error("--turns: an even number, so that each side begins as often as the other")
    others = OthersShare()
    with (
        database_in_earnest(KEEPS_COMMIT_TIMES) as services,
        psycopg.connect(services.database_url, autocommit=True, options="-c timezone=UTC") as owner,
    ):
        fill(owner, (city_of(CITY),), given.requests, time_told(owner))
        owner.execute(WATCH)
        with installation(services) as running, _without_nudges(running) as quiet:
            lines = _handling(running, owner, given.rate, given.seconds, given.rounds)
            lines += _loss(running, quiet, owner, min(TURN_S, given.seconds / 3), given.turns)
        sizes = (
            f"{given.requests:,} requests before, {given.rate:g} residents a second for {given.seconds:g} s, "
            f"{given.rounds} rounds, {given.turns} turns a side; "
            "2 API processes, 3 worker processes, 2 for escalations and nudges, beat"
        )
        command = f"python3 run.py bench latency --rate {given.rate:g} --seconds {given.seconds:g}"
        command += f" --rounds {given.rounds} --turns {given.turns}"
        facts = server_facts(owner, sizes, command, others)
    keep_page(
        given.results,
        "From a commit to its handling",
        facts,
        [table(lines), str(__doc__).split("\n\n", 1)[1]],
    )
    return 0


@contextmanager
def _without_nudges(running: Installation) -> Iterator[Measured]:
    """The API over the same database, told that its task queue is elsewhere: so its commits nudge nobody."""
    os.environ["NAGARA_BROKER_URL"] = running.measured.services.redis_url
    with api_in_earnest(running.measured.services) as quiet:
        del os.environ["NAGARA_BROKER_URL"]
        yield quiet


def _handling(
    running: Installation, owner: psycopg.Connection[Any], rate: float, seconds: float, rounds: int
) -> list[Line]:
    found: list[list[float]] = []
    answers: list[float] = []
    made: list[float] = []
    recorded: list[float] = []
    busy = []
    lost = 0
    for number in range(rounds):
        began, clock = time_told(owner), time.perf_counter()
        used = running.time_door_seconds()
        output = running.measured.services.folder / f"residents-{number}.jsonl"
        residents = Residents(LOOPBACK, running.port, CITY, rate, seconds, reports(CITY, began), seed=number)
        if start_residents(residents, output).wait() != 0:
            raise RuntimeError("the load failed")
        _settle(owner)
        busy.append((running.time_door_seconds() - used) / (time.perf_counter() - clock))
        filed = read_filed(output)
        lost += sum(one.reference is None for one in filed)
        answers += [one.took_ms for one in filed]
        rows = owner.execute(HANDLED, (CITY, began)).fetchall()
        found.append(sorted(row[0] for row in rows))
        made += [row[1] for row in rows]
        recorded += [row[2] for row in rows]
        lost += len(filed) - len(found[-1])
    p50 = statistics.median(percentile(one, 0.5) for one in found)
    p99 = statistics.median(percentile(one, 0.99) for one in found)
    everything = [time_ for one in found for time_ in one]
    return [
        Line(
            f"commit to the start of its handling at {rate:g} a second, p50",
            f"{p50:.1f} ms",
            f"{P50_BAR_MS:g} ms",
            p50 <= P50_BAR_MS,
        ),
        Line(
            "the same, p99 (medians of the rounds)", f"{p99:.1f} ms", f"{P99_BAR_MS:g} ms", p99 <= P99_BAR_MS
        ),
        Line("all rounds together, p50 / p95 / p99 / most", spread(everything, "ms")),
        Line("commit to the notice made, the end of its handling, likewise", spread(made, "ms")),
        Line("the event's own time, within the transaction, to the start, likewise", spread(recorded, "ms")),
        Line("the answer to the resident meanwhile, p50 / p95 / p99 / most", spread(answers, "ms")),
        Line("filed or handled never, of all", f"{lost} of {len(answers):,}", "0", lost == 0),
        Line("workers and beat meanwhile", f"{statistics.median(busy):.2f} cores"),
    ]


def _loss(
    running: Installation, quiet: Measured, owner: psycopg.Connection[Any], seconds: float, turns: int
) -> list[Line]:
    lines = list[Line]()
    filings = decided_filings(city_of(CITY), time_told(owner), random.Random(2), 4, with_contact=0)
    requests = [filing_text(CITY, one) for one in filings]
    for connections in (8, 32):
        rates: dict[str, list[float]] = {"nudging": [], "quiet": []}
        spent: dict[str, list[float]] = {"nudging": [], "quiet": []}
        by_workers: dict[str, list[float]] = {"nudging": [], "quiet": []}
        sides = [("nudging", running.measured), ("quiet", quiet)]
        for _, side in sides:
            run_load(Load(side.port, connections, 1.0, 201, requests))
        for _ in range(turns):  # who begins changes from turn to turn
            sides.reverse()
            for name, side in sides:
                _settle(owner)
                owner.execute("vacuum (analyze)")  # else the server does it in the midst of one side's turn
                used, workers = _used(running, side), running.time_door_seconds()
                begun = run_load(Load(side.port, connections, BEGUN_AFTER_S, 201, requests))
                answers = run_load(Load(side.port, connections, seconds, 201, requests))
                rates[name].append(answers.count / answers.seconds)
                _settle(owner)
                filed = begun.count + answers.count
                spent[name].append((_used(running, side) - used) / filed * 1e6)
                by_workers[name].append((running.time_door_seconds() - workers) / filed * 1e6)
        lost = [1 - one / other for one, other in zip(rates["nudging"], rates["quiet"], strict=True)]
        lines += [
            Line(
                f"filing lost to nudges, {connections} connections",
                _of_turns(lost, rates, "a second"),
                f"{LOSS_BAR:.0%}",
                statistics.median(lost) <= LOSS_BAR,
            ),
            Line(
                f"processor time of everything for that, {connections} connections",
                _of_turns(_more(spent), spent, "us a report"),
            ),
            Line(
                f"the same of workers and beat alone, {connections} connections",
                _of_turns(_more(by_workers), by_workers, "us a report"),
            ),
        ]
    return lines


def _more(values: Mapping[str, Sequence[float]]) -> list[float]:
    """By how much those with nudges are more than those without, turn by turn."""
    return [one / other - 1 for one, other in zip(values["nudging"], values["quiet"], strict=True)]


def _of_turns(shares: Sequence[float], values: Mapping[str, Sequence[float]], unit: str) -> str:
    """The median share, both sides' medians, and between what shares half of the turns lie."""
    ordered = sorted(shares)
    nudging, silent = (statistics.median(values[name]) for name in ("nudging", "quiet"))
    low, high = percentile(ordered, 0.25), percentile(ordered, 0.75)
    shown = f"{statistics.median(shares):+.1%} ({nudging:,.0f} beside {silent:,.0f} {unit};"
    return shown + f" half of the turns {low:+.1%} to {high:+.1%})"


def _used(running: Installation, side: Measured) -> float:
    """Seconds of processor time of an API, PostgreSQL, the workers and beat so far."""
    return side.api_seconds() + side.database_seconds() + running.time_door_seconds()


def _settle(owner: psycopg.Connection[Any]) -> None:
    """Return once no event waits, so that no round begins with the work of the one before."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while (row := owner.execute(WAITING).fetchone()) and row[0]:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{row[0]} events still wait after {SETTLED_WITHIN_S:.0f} s")
        time.sleep(0.2)
