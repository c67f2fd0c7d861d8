"""``python3 run.py bench climb``: how fast many escalations are swept by a worker a core; the cost follows what is due.

So many requests are open, a part of them due at once. The floor is pgbench with as many connections, running the
statements of the sweep in the same batches over as many requests of the same kind, in the same run.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
import multiprocessing
import time
from collections.abc import Sequence
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from bench.figures import Line, keep_page, server_facts, table
from bench.filling import fill
from bench.floor import Script, run_pgbench
from bench.processor_time import OthersShare
from bench.servers import database_in_earnest
from bench.sweeping import NOT_YET_CLIMBED, SET_GOING, batch_script, example_climb
from nagara.cities import city_of
from nagara.database import clock_connection, time_told
from nagara.escalation import climbing as escalation
from nagara.lifecycle import AT_WORK
from workers.warm import warm

CITIES = ("kh-pnh", "th-bkk")
ORIGINALS = 4_000
AIM_A_SECOND, AIM_OF_FLOOR = 2_000, 0.5
CALM_DUE = 10
STATUSES = [status.value for status in AT_WORK]

RESULTS = Path(__file__).with_name("RESULTS_CLIMB.md")
MEANING = """Requests climb when their step is due, whatever else is open. Each side takes as many at once, in the same
batches: Nagara decides the rung of every one and writes what it decided, pgbench writes one rung, decided before, for
all. First come sweeps that find none, few and a hundredth of that many due."""

COLUMNS = """
select string_agg(quote_ident(column_name), ', ') from information_schema.columns
 where table_name = 'request' and is_generated = 'NEVER' and column_name not in ('id', 'reference')
"""
KEPT = "create temp table original as select * from request where closed_at is null"
COPY = """
insert into request (id, reference, {columns})
select gen_random_uuid(), 'C' || to_hex(row_number() over ()) || '-' || {kind}, {columns}
  from original, generate_series(1, {times}) where next_step_at is {being} null limit {most}
"""
FILED = """
insert into event (city_id, request_id, seq, kind, recorded_at, occurred_at, actor_kind, to_status, data, hash)
select city_id, id, 1, 'filed', received_at, received_at, 'resident', 'received', '{}', sha256(id::text::bytea)
  from request where reference like 'C%'
"""


def main(arguments: Sequence[str]) -> int:
    """Fill, sweep, run the floor, keep a page; 0 also where an aim is missed, which the page says."""
    wanted = argparse.ArgumentParser(prog="bench climb", description=__doc__)
    wanted.add_argument("--open", type=int, default=1_000_000, help="open requests in all")
    wanted.add_argument("--due", type=int, default=100_000, help="how many are due at once")
    wanted.add_argument(
        "--workers", type=int, default=2, help="sweeping processes, and connections of the floor"
    )
    wanted.add_argument("--rounds", type=int, default=3, help="of both sides, in turn")
    wanted.add_argument("--results", type=Path, default=RESULTS, metavar="FILE", help="where the page goes")
    given = wanted.parse_args(arguments)
    if given.due <= 0 or given.due % (escalation.BATCH * given.workers):
        # else a connection of the floor would ask for a batch that is not there
        wanted.error(
            f"--due: a multiple of {escalation.BATCH * given.workers}, whole batches for each worker"
        )
    with (
        database_in_earnest() as services,
        psycopg.connect(services.database_url, autocommit=True, options="-c timezone=UTC") as owner,
    ):
        began = time.monotonic()
        now = _fill(owner, given.open, given.due, 2 * given.rounds)
        print(f"{given.open:,} open requests laid out in {time.monotonic() - began:.0f} s", flush=True)
        others = OthersShare()
        calm = _calm(owner, given.due // 100, now)
        climb = example_climb(owner, now)
        own, floor = [], []
        for number in range(1, given.rounds + 1):
            for ours in (True, False) if number % 2 else (False, True):  # the log only grows
                _set_going(owner, given.due, now)
                if ours:
                    own.append(given.due / _together(given.workers, now))
                else:
                    script = batch_script(climb, now)
                    floor.append(_floor(services.database_url, script, given.due, given.workers))
            print(
                f"round {number}: {own[-1]:,.0f} escalations a second, pgbench {floor[-1]:,.0f}", flush=True
            )
        lines = [*calm, *_swept_beside(own, floor, given.workers), *_counted(owner, given)]
        command = (
            f"python3 run.py bench climb --open {given.open} --due {given.due} --workers {given.workers} "
            f"--rounds {given.rounds}"
        )
        sizes = (
            f"{given.open:,} open requests, {given.due:,} due at once; {given.workers} sweeping processes, as many "
            f"connections of pgbench; {given.rounds} rounds"
        )
        facts = server_facts(owner, sizes, command, others)
    keep_page(given.results, "Many steps due at once", facts, [table(lines), MEANING])
    return 0


def _calm(owner: psycopg.Connection[Any], some: int, now: dt.datetime) -> list[Line]:
    """Sweeps that find few or none: what is open but not due costs nothing."""
    lines = []
    warm()
    _swept(now)
    for due in (0, CALM_DUE, some):
        _set_going(owner, due, now)
        lines.append(Line(f"a sweep that finds {due:,} due", f"{_swept(now) * 1000:.0f} ms"))
    return lines


def _floor(database_url: str, script: Script, due: int, workers: int) -> float:
    """Escalations a second by pgbench."""
    batches = due // (escalation.BATCH * workers)
    found = run_pgbench(database_url, "nagara_clock", [script], connections=workers, transactions=batches)
    return found.rate * escalation.BATCH


def _swept_beside(own: Sequence[float], floor: Sequence[float], workers: int) -> list[Line]:
    rate, shares = median(own), [ours / theirs for ours, theirs in zip(own, floor, strict=True)]
    share = median(shares)
    return [
        Line(
            f"escalations a second, {workers} processes",
            f"{rate:,.0f}",
            f"{AIM_A_SECOND:,}",
            rate >= AIM_A_SECOND,
        ),
        Line("pgbench with the same statements", f"{median(floor):,.0f}"),
        Line(
            "share of pgbench",
            f"{share:.2f} ({min(shares):.2f} to {max(shares):.2f})",
            f"{AIM_OF_FLOOR}",
            share >= AIM_OF_FLOOR,
        ),
    ]


def _fill(owner: psycopg.Connection[Any], open_: int, due: int, times_due: int) -> dt.datetime:
    """Lay out open requests: so many times what is due, and some more, overdue but not set going; the rest not due."""
    now = time_told(owner)
    fill(owner, tuple(map(city_of, CITIES)), ORIGINALS, now)
    owner.execute("set session_replication_role = replica")  # copies: no trigger computes anything for them
    owner.execute(KEPT)
    row = owner.execute(COLUMNS).fetchone()
    columns = row[0] if row else ""
    overdue = min(open_, due * times_due + due // 50 + CALM_DUE * 2)
    for kind, being, most in ((1, "", overdue), (2, "not", open_ - overdue)):
        times = math.ceil(most / (ORIGINALS * 0.15))
        owner.execute(COPY.format(columns=columns, kind=kind, times=times, being=being, most=max(0, most)))
    owner.execute(FILED)
    owner.execute("set session_replication_role = default")
    owner.execute("vacuum (analyze) request")
    owner.execute("checkpoint")
    return now


def _set_going(owner: psycopg.Connection[Any], due: int, now: dt.datetime) -> None:
    moved = owner.execute(SET_GOING, {"now": now, "statuses": STATUSES, "due": due}).rowcount
    if moved != due:
        raise RuntimeError(f"only {moved} of {due} overdue requests are left")
    owner.execute("vacuum (analyze) request")


def _swept(now: dt.datetime) -> float:
    with clock_connection() as connection:
        began = time.perf_counter()
        escalation.sweep(connection, now)
        return time.perf_counter() - began


def _together(workers: int, now: dt.datetime) -> float:
    """Seconds until so many processes, begun together, have swept everything."""
    context = multiprocessing.get_context("spawn")
    ready, done = context.Barrier(workers + 1), context.Barrier(workers + 1)
    processes = [context.Process(target=_one_worker, args=(now, ready, done)) for _ in range(workers)]
    for process in processes:
        process.start()
    ready.wait(timeout=120)
    began = time.perf_counter()
    done.wait(timeout=3600)
    took = time.perf_counter() - began
    for process in processes:
        process.join()
    return took


def _one_worker(now: dt.datetime, ready: Barrier, done: Barrier) -> None:
    """One sweeping process: warm, waits for the others, sweeps, says that it is done."""
    warm()
    with clock_connection() as connection:
        ready.wait(timeout=120)
        escalation.sweep(connection, now)
    done.wait(timeout=3600)


def _counted(owner: psycopg.Connection[Any], given: argparse.Namespace) -> list[Line]:
    """Whether each rung is in the log exactly once."""
    row = owner.execute(
        "select count(*), count(distinct (request_id, dedupe_key)) from event where kind = 'escalated'"
    ).fetchone()
    recorded, distinct = row or (0, 0)
    left = owner.execute(
        f"select count(*) {NOT_YET_CLIMBED}", {"now": time_told(owner), "statuses": STATUSES}
    )
    due = 2 * given.due * given.rounds + CALM_DUE + given.due // 100
    return [
        Line(
            "escalations recorded by both sides, of these distinct, of so many due",
            f"{recorded:,}, {distinct:,}, {due:,}",
            "each once",
            recorded == distinct == due,
        ),
        Line("overdue and not set going", f"{(left.fetchone() or (0,))[0]:,}"),
    ]
