"""The floor: pgbench, the C program that comes with PostgreSQL, running the statements Nagara runs.

It validates nothing, decides nothing and encodes nothing; nobody who keeps the same promise of durability
in the same database can be much faster.
"""

from __future__ import annotations

import math
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
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
LATENCY_FIELD = 2
CONNECTING_SECONDS = 0.05
"""Allowed for each connection on a busy machine, where the password's check alone takes ten milliseconds."""


@dataclass(frozen=True, slots=True)
class Script:
    """A transaction in pgbench's language, and the values of its variables."""

    text: str
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FloorRate:
    """Transactions in all and a second, and how long one took in milliseconds."""

    transactions: int
    rate: float
    p50: float
    p95: float
    p99: float


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
) -> FloorRate:
    """Run scripts in equal shares: for a time, or a number of transactions each connection.

    The time is made longer for connecting, which pgbench takes from it, and rounded up to whole seconds.
    A time in which nothing was done is tried again, four times as long, up to a minute. Raises RuntimeError
    if pgbench, or any of its transactions, fails.
    """
    with tempfile.TemporaryDirectory(prefix="nagara-pgbench-") as folder:
        command = [str(find_programs().folder / "pgbench"), "--no-vacuum", "--protocol=prepared"]
        command += [f"--client={connections}", "--jobs=1", "--log", f"--log-prefix={folder}/log"]
        if seconds is not None:
            command.append(f"--time={math.ceil(seconds + connections * CONNECTING_SECONDS)}")
        else:
            command.append(f"--transactions={transactions}")
        for number, script in enumerate(scripts):
            file = Path(folder) / f"script{number}.sql"
            file.write_text(script.text + "\n")
            command += [f"--file={file}", *(f"--define={n}={v}" for n, v in script.variables.items())]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=_environment(database_url, role)
        )
        rate, failed = RATE.search(done.stdout), FAILED.search(done.stdout)
        idle = done.returncode == 0 and NOTHING_DONE in done.stdout  # then it tells of no rate either
        if not idle and (done.returncode != 0 or rate is None or failed is None or int(failed[1])):
            raise RuntimeError(f"pgbench failed:\n{done.stdout[-1000:]}{done.stderr[-2000:]}")
        took = sorted(
            float(line.split()[LATENCY_FIELD]) / 1000
            for log in Path(folder).glob("log.*")
            for line in log.read_text().splitlines()
        )
    if not took and seconds is not None and seconds < LONGEST_SECONDS:
        longer = max(1.0, seconds * 4)
        return run_pgbench(database_url, role, scripts, connections=connections, seconds=longer)
    return FloorRate(len(took), float(rate[1]) if rate else 0.0, *tail(took))


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
