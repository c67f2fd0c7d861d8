"""Processor time of a program and everything it started, from /proc; Linux only."""

from __future__ import annotations

import os
import time
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")
BUSY = (0, 1, 2, 5, 6)  # user, nice, system, irq, softirq in the first line of /proc/stat


class OthersShare:
    """How much of the machine other programs take while this one and what it started run."""

    def __init__(self) -> None:
        self._began, self._busy, self._own = time.monotonic(), _busy_seconds(), processor_seconds(os.getpid())

    def so_far(self) -> float:
        """Their share of all cores since the beginning, 0 to 1."""
        own = processor_seconds(os.getpid()) - self._own
        cores = (time.monotonic() - self._began) * (os.cpu_count() or 1)
        return max(0.0, min(1.0, (_busy_seconds() - self._busy - own) / cores))


def _busy_seconds() -> float:
    fields = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    return sum(int(fields[kind]) for kind in BUSY) * TICK


def processor_seconds(root: int) -> float:
    """User and system time of a process and its descendants, those that ended and were waited for included.

    Read until all that were there before are there still: one that ends between its parent's line and its own is in
    neither.
    """
    before = family(root)
    while True:
        ticks, parents = _ticks_and_parents()
        own = _descendants(root, parents)
        if before <= own:
            return sum(ticks.get(pid, 0) for pid in own) * TICK
        before = own


def family(root: int) -> set[int]:
    """A process and its descendants."""
    return _descendants(root, _ticks_and_parents()[1])


def peak_mebibytes(process: int) -> float:
    """The most memory a process ever had resident."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def forget_peak() -> None:
    """Begin anew with the most memory that this process ever had."""
    Path("/proc/self/clear_refs").write_text("5")


def _ticks_and_parents() -> tuple[dict[int, int], dict[int, int]]:
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            # the name in parentheses may contain anything; what follows it does not
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        parents[int(folder.name)] = int(fields[1])
        ticks[int(folder.name)] = sum(map(int, fields[11:15]))
    return ticks, parents


def _descendants(root: int, parents: dict[int, int]) -> set[int]:
    found, born = {root}, {root}
    while born:
        born = {pid for pid, parent in parents.items() if parent in found} - found
        found |= born
    return found
