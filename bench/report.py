"""The table of a run, for the terminal and for RESULTS.md; no names or paths of the machine it ran on."""

from __future__ import annotations

import datetime as dt
import math
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.floor import pgbench_version
from bench.peer import against_the_peer, beside_the_peer
from bench.rounds import Result, Verdict

COLUMNS = (
    "operation", "conn.", "Nagara", "pgbench", "ratio", "spread", "p50 / p95 / p99 ms", "pgbench p50 / p99",
    "API us", "db us", "both us", "pgbench db us", "bar",
)  # fmt: skip
FIRST_PAGE, DEEP_PAGE, DEPTH_BAR = "queue, first page", "queue, deep page", 1.3
PACKAGES = ("uvicorn", "httptools", "uvloop", "fastapi", "psycopg", "pydantic", "orjson")
NOTES = """\
**Nagara** is the whole way over HTTP: routing, validation, the rules (place, route, promise), row-level
security, rate limits, idempotency, the answer's JSON; for the sweep, the sweep itself. **pgbench** is the
floor: what has to be said to PostgreSQL for it, on the same rows by the same role, prepared, in the same number
of connections, in rounds that alternate with Nagara's. For reads it sends the transaction's statements in one
go, as Nagara does. Filings it writes one by one, where Nagara writes together those that wait, and statement by
statement, or in one go where the line says so. Of a request opened, a box of the map and figures that are kept it
fetches the rows behind them. What its new connections do in their first second does not count. **ratio** is the
median of the rounds' ratios, **spread** the lowest and highest. **us** are microseconds of processor time an
operation: of the API's processes (of the sweep's own for the sweep) and of PostgreSQL's. Durability as PostgreSQL
ships it: fsync and synchronous_commit on.

The load comes from a Python process of its own that shares the cores with the API and PostgreSQL, as pgbench
does; it takes more processor time a request than pgbench, which makes the ratios smaller, not larger. Each
request comes from another address, as a proxy tells it, and each report from another device and resident, who
leaves an e-mail address, so that all limits count and nobody is refused. Of a box of the map in which nothing has
changed since somebody asked only that is looked up; boxes that change all the time, a line without a bar, are read
and drawn each time. Tiles are packed, as browsers ask for them. Absolute figures are those of one machine at one
hour, also the microseconds, which a slow hour makes half as many again on both sides; the ratios are what counts.
"""


def row_of(result: Result) -> tuple[str, ...]:
    """The line of a result."""
    ours, theirs = result.usual, result.usual_floor
    return (
        result.operation.name,
        str(result.operation.connections),
        f"{ours.rate:,.0f} {result.operation.unit}",
        f"{theirs.rate:,.0f}",
        f"{result.ratio:.2f}",
        f"{min(result.ratios):.2f} - {max(result.ratios):.2f}",
        " / ".join(_number(time, 1) for time in (ours.p50, ours.p95, ours.p99)),
        " / ".join(_number(time, 1) for time in (theirs.p50, theirs.p99)),
        _number(ours.api_us),
        _number(ours.database_us),
        _number(result.processor_us),
        _number(theirs.database_us),
        "; ".join(map(str, result.verdicts)) + _stretch(result),
    )


def show(results: Sequence[Result], facts: Sequence[str]) -> None:
    """Print the table."""
    console = Console(width=None if os.isatty(1) else 190)
    table = Table(*COLUMNS, title="Nagara beside its floor")
    for result in results:
        style = {True: "green", False: "red", None: ""}[result.met]
        table.add_row(*row_of(result), style=style)
    console.print(table)
    for fact in facts:
        console.print(fact, style="dim", highlight=False)


def machine_facts(settings: str, sizes: str, command: str, date: dt.date, others: float) -> list[str]:
    """What a reader must know to compare: machine, versions, sizes, command, date."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return [
        f"Machine: {os.cpu_count()} cores, {_processor()}, {_memory_gib():.0f} GiB memory, {platform.system()}"
        f" {platform.machine()}",
        f"Versions: Python {platform.python_version()}, {pgbench_version()}, {packages}",
        f"PostgreSQL: {settings}",
        f"Sizes: {sizes}",
        f"Command: {command}",
        f"Date: {date.isoformat()}",
        f"Other programs took {others:.0%} of all cores meanwhile: above a tenth, times and rates say little, "
        "and bars in milliseconds nothing",
    ]


def bars(results: Sequence[Result]) -> list[str]:
    """How many of the bars are met, and which are not: beside the floor, and beside the peer."""
    verdicts = [
        Verdict(f"{result.operation.name} at {result.operation.connections} ({verdict.demand})", verdict.met)
        for result in results
        for verdict in result.verdicts
    ]
    found = [
        ("Bars met", [*verdicts, *depth(results)]),
        ("Bars met beside the peer", against_the_peer(results)),
    ]
    return [_met_of(what, them) for what, them in found if them]


def _met_of(what: str, verdicts: Sequence[Verdict]) -> str:
    missed = [verdict.demand for verdict in verdicts if not verdict.met]
    told = f"{what}: {len(verdicts) - len(missed)} of {len(verdicts)}"
    return told + (f"; NOT MET: {', '.join(missed)}" if missed else "")


def depth(results: Sequence[Result]) -> list[Verdict]:
    """What a page far down costs beside the first one, where both were measured."""
    p50 = {result.operation.name: result.usual.p50 for result in results}
    if not {FIRST_PAGE, DEEP_PAGE} <= p50.keys():
        return []
    times = p50[DEEP_PAGE] / p50[FIRST_PAGE]
    demand = f"a deep page takes {times:.2f} times the first page's p50 <= {DEPTH_BAR:g}"
    return [Verdict(demand, times <= DEPTH_BAR)]


def growth(results: Sequence[Result], earlier: Sequence[Mapping[str, Any]]) -> list[str]:
    """What each operation costs beside a run of another size, whose ``--data`` is given: in p50, and of the floor."""
    before = {(row["operation"], row["connections"]): row for row in earlier}
    lines = []
    for result in results:
        row = before.get((result.operation.name, result.operation.connections))
        if row is None or math.isnan(result.usual.p50):
            continue
        ours = result.usual.p50 / median(side["p50"] for side in row["nagara"])
        floor = result.usual_floor.p50 / median(side["p50"] for side in row["floor"])
        lines.append(
            f"Beside the run it is compared with, {result.operation.name} takes {ours:.2f} times the p50, "
            f"pgbench {floor:.2f} times (bar: 2)"
        )
    return lines


def markdown(results: Sequence[Result], facts: Sequence[str]) -> str:
    """The page RESULTS.md."""
    lines = ["# Nagara beside its floor", "", *(f"- {fact}" for fact in facts), ""]
    lines += [f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS)]
    lines += [f"| {' | '.join(row_of(result))} |" for result in results]
    noted = [f"- {one.operation.name}: {one.operation.note}" for one in results if one.operation.note]
    lines += ["", *noted] if noted else []
    return "\n".join([*lines, "", NOTES, beside_the_peer(results)]).rstrip() + "\n"


def as_data(results: Sequence[Result]) -> list[dict[str, Any]]:
    """The results for programs: every round of both sides."""
    return [
        {
            "operation": result.operation.name,
            "connections": result.operation.connections,
            "ratio": result.ratio,
            "ratios": result.ratios,
            "met": result.met,
            "nagara": [asdict(side) for side in result.nagara],
            "floor": [asdict(side) for side in result.floor],
        }
        for result in results
    ]


def _stretch(result: Result) -> str:
    if result.operation.bar is None or result.stretched is None:
        return ""
    reached = "reached" if result.stretched else "not reached"
    return f" (stretch {result.operation.bar.stretch_ratio:g}: {reached})"


def _number(value: float, places: int = 0) -> str:
    return "-" if math.isnan(value) else f"{value:,.{places}f}"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
