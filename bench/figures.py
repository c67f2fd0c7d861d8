"""What tables of the longer benches share: percentiles, facts of the machine, verdicts, and the page that is kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from bench import report
from bench.load import tail
from bench.processor_time import OthersShare
from nagara.database import time_told

SERVER_SETTINGS = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")


@dataclass(frozen=True, slots=True)
class Line:
    """One figure: what, how much, and what was to be reached; ``met`` None where nothing was."""

    what: str
    found: str
    bar: str = ""
    met: bool | None = None

    def row(self) -> str:
        """A row of the table."""
        verdict = {True: "met", False: "**NOT MET**", None: ""}[self.met]
        return f"| {self.what} | {self.found} | {self.bar} | {verdict} |"


def spread(values: Sequence[float], unit: str, places: int = 1) -> str:
    """Median, 95th and 99th of 100, and the largest."""
    if not values:
        return "none"
    ordered = sorted(values)
    figures = (*tail(ordered), ordered[-1])
    return " / ".join(f"{figure:,.{places}f}" for figure in figures) + f" {unit}"


def table(lines: Sequence[Line], heads: tuple[str, str, str, str] = ("what", "found", "bar", "")) -> str:
    """A table of lines."""
    return "\n".join([f"| {' | '.join(heads)} |", "|---|---|---|---|", *(line.row() for line in lines)])


def server_facts(owner: psycopg.Connection[Any], sizes: str, command: str, others: OthersShare) -> list[str]:
    """What a reader must know to compare: machine, versions, settings, sizes, command, day."""
    rows = [owner.execute("select current_setting(%s)", (name,)).fetchone() for name in SERVER_SETTINGS]
    shown = ", ".join(f"{name} {row[0]}" for name, row in zip(SERVER_SETTINGS, rows, strict=True) if row)
    day: dt.date = time_told(owner).date()
    return report.machine_facts(shown, sizes, command, day, others.so_far())


def keep_page(file: Path, title: str, facts: Sequence[str], parts: Sequence[str]) -> None:
    """Write the page of results, and show it."""
    text = "\n".join([f"# {title}", "", *(f"- {fact}" for fact in facts), "", "\n\n".join(parts), ""])
    print(text, flush=True)
    file.write_text(text)
