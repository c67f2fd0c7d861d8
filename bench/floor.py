"""The floor: pgbench, the C program that comes with PostgreSQL, running the statements Nagara runs.

It validates nothing, decides nothing and encodes nothing; nobody who keeps the same promise of durability
in the same database can be much faster. Its connections are new each time, so what they do in their first second,
while PostgreSQL fills their caches and decides how to plan, does not count.
"""

from __future__ import annotations

import math
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import make_url

from bench.load import tail
from nagara.database import Role, role_options
from nagara.local.postgres_programs import find_programs

PLACEHOLDER = re.compile(r"%(?:\((\w+)\))?[sb]|%%")
RATE = re.compile(r"^tps = ([\d.]+) \(without initial connection time\)", re.MULTILINE)
LONGEST_SECONDS = 15.0
FAILED = re.compile(r"^number of failed transactions: (\d+)", re.MULTILINE)
NOTHING_DONE = "number of transactions actually processed: 0\n"
LATENCY_FIELD, SECOND_FIELD, MICROSECOND_FIELD = 2, 4, 5
PROGRESS = "progress:"
WARMED_AFTER_S = 1
"""pgbench tells of its progress in whole seconds, from when all its connections stand."""

WARMED_FROM_S = 2.0
"""Rounds that are shorter count as a whole: they show that it runs, not how fast."""

CONNECTING_SECONDS = 0.05
"""Allowed for each connection on a busy machine, where the password's check alone takes ten milliseconds."""


@dataclass(frozen=True, slots=True)
class Script:
    """A transaction in pgbench's language, and the values of its variables."""

    text: str
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FloorRate:
    """Transactions a second, how long one took in milliseconds, and what was spent on each in microseconds."""

    rate: float
    p50: float
    p95: float
    p99: float
    spent_us: float


def spelled(statement: str, values: Mapping[str, str] | Sequence[str]) -> str:
    """A statement of psycopg's with its placeholders, by name or in order, replaced by other text."""
    in_order = iter(values if not isinstance(values, Mapping) else ())

    def text(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        return values[found[1]] if isinstance(values, Mapping) else next(in_order)

    return PLACEHOLDER.sub(text, statement).strip()


def variables_of(prefix: str, values: Mapping[str, object]) -> tuple[dict[str, str], dict[str, str]]:
    """How a script names the values, and the variables to give to pgbench; NULL has no variable."""
    names = {name: "null" if value is None else f":{prefix}{name}" for name, value in values.items()}
    return names, {f"{prefix}{name}": as_text(v) for name, v in values.items() if v is not None}


def as_text(value: object) -> str:
    """A value as PostgreSQL reads it."""
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, list):
        return "{" + ",".join(f'"{item}"' for item in value) + "}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def run_pgbench(
    database_url: str,
    role: Role,
    scripts: Sequence[Script],
    *,
    connections: int,
    seconds: float | None = None,
    transactions: int | None = None,
    spent: Callable[[], float] = float,
) -> FloorRate:
    """Run scripts in equal shares: for a time, or a number of transactions each connection.

    The time is made longer for connecting, which pgbench takes from it, and for the second that does not count, and
    rounded up to whole seconds. A time in which nothing was done is tried again, four times as long, up to a
    minute. ``spent`` tells the seconds of processor time used so far. Raises RuntimeError if pgbench, or any of
    its transactions, fails.
    """
    warming = seconds is not None and seconds >= WARMED_FROM_S
    with tempfile.TemporaryDirectory(prefix="nagara-pgbench-") as folder:
        command = [str(find_programs().folder / "pgbench"), "--no-vacuum", "--protocol=prepared"]
        command += [f"--client={connections}", "--jobs=1", "--log", f"--log-prefix={folder}/log"]
        if seconds is not None:
            warm = WARMED_AFTER_S if warming else 0
            command.append(f"--time={math.ceil(seconds + connections * CONNECTING_SECONDS) + warm}")
            command += ["--progress=1"] if warming else []
        else:
            command.append(f"--transactions={transactions}")
        for number, script in enumerate(scripts):
            file = Path(folder) / f"script{number}.sql"
            file.write_text(script.text + "\n")
            command += [f"--file={file}", *(f"--define={n}={v}" for n, v in script.variables.items())]
        before = spent()
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=_environment(database_url, role),
        ) as running:
            assert running.stderr is not None and running.stdout is not None
            told, warmed_at = [], 0.0
            for line in running.stderr:
                if line.startswith(PROGRESS) and not warmed_at:
                    before, warmed_at = spent(), time.time()
                told.append(line)
            said = running.stdout.read()
        used = spent() - before
        rate, failed = RATE.search(said), FAILED.search(said)
        idle = running.returncode == 0 and NOTHING_DONE in said  # then it tells of no rate either
        if not idle and (running.returncode != 0 or rate is None or failed is None or int(failed[1])):
            raise RuntimeError(f"pgbench failed:\n{said[-1000:]}{''.join(told)[-2000:]}")
        ended = [
            (
                float(line[SECOND_FIELD]) + float(line[MICROSECOND_FIELD]) / 1e6,
                float(line[LATENCY_FIELD]) / 1000,
            )
            for log in Path(folder).glob("log.*")
            for line in map(str.split, log.read_text().splitlines())
        ]
    counted = [(at, took) for at, took in ended if at >= warmed_at]
    if not counted and seconds is not None and seconds < LONGEST_SECONDS:
        longer = max(1.0, seconds * 4)
        return run_pgbench(database_url, role, scripts, connections=connections, seconds=longer, spent=spent)
    a_second = float(rate[1]) if rate else 0.0
    if warmed_at:
        a_second = len(counted) / (max(at for at, _ in counted) - warmed_at)
    return FloorRate(a_second, *tail(sorted(took for _, took in counted)), used / len(counted) * 1e6)


def pgbench_version() -> str:
    """What pgbench says of itself."""
    program = find_programs().folder / "pgbench"
    return subprocess.run(
        [str(program), "--version"], capture_output=True, text=True, check=True
    ).stdout.strip()


def _environment(database_url: str, role: Role) -> dict[str, str]:
    url = make_url(database_url)
    return os.environ | {
        "PGHOST": url.host or "",
        "PGPORT": str(url.port or 5432),
        "PGUSER": url.username or "",
        "PGPASSWORD": url.password or "",
        "PGDATABASE": url.database or "",
        "PGOPTIONS": role_options(role),
    }
