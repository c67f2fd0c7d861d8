"""The processes that are killed: workers and beats, each in a process group of its own and with a clock of its own."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from nagara.local.chaos import stepped_clock
from nagara.local.children import kill_group, start_child

Manner = Literal["group", "child", "parent"]
"""What a kill hits: the worker with its pool, one process of the pool, or the worker and not its pool."""

MANNERS: tuple[Manner, ...] = ("group", "child", "child", "child", "parent")
"""To choose from: a process of the pool is back at once, so it may be hit more often."""

READY_WITHIN_SECONDS = 240.0
READY_LINE = b"@chaos ready."
ORPHANS_LIVE_SECONDS = 5.0
"""A pool whose parent was killed may finish what it does for so long before it is killed, too."""


@dataclass
class Member:
    """One process of the crew."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    clock: Path
    log: Path
    process: subprocess.Popen[bytes] | None = None
    _said_before: int = 0

    def start(self) -> None:
        """Start it under its clock, wherever that stands."""
        command = [sys.executable, "-m", "nagara.local.chaos.stepped_clock", str(self.clock), *self.command]
        environment = {**self.environment, "PGAPPNAME": self.name}
        self._said_before = self.log.stat().st_size if self.log.exists() else 0
        self.process = start_child(command, self.log, environment=environment)

    @property
    def is_ready(self) -> bool:
        """Whether it runs and has said in this life that it takes tasks, which a beat never does."""
        if not self.runs:
            return False
        with self.log.open("rb") as log:
            log.seek(self._said_before)
            return READY_LINE in log.read()

    @property
    def runs(self) -> bool:
        """Whether its main process lives."""
        return self.process is not None and self.process.poll() is None


@dataclass
class Crew:
    """All of them. ``tend`` brings back whoever ended; ``kills`` counts, by manner, what was done to workers."""

    workers: list[Member]
    beats: list[Member]
    chance: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    _orphans: list[tuple[int, float]] = field(default_factory=list)

    @property
    def members(self) -> list[Member]:
        """Workers and beats."""
        return [*self.workers, *self.beats]

    def tend(self) -> None:
        """Start whoever does not run, and end pools that outlived their parents."""
        for member in self.members:
            if not member.runs:
                self._collect(member)
                member.start()
        self._orphans = [(group, since) for group, since in self._orphans if not self._ended(group, since)]

    def wait_until_ready(self) -> None:
        """Return when every worker takes tasks. Raises RuntimeError with the end of a log when one does not."""
        until = time.monotonic() + READY_WITHIN_SECONDS
        while waiting := [worker for worker in self.workers if not worker.is_ready]:
            if time.monotonic() > until:
                said = waiting[0].log.read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{waiting[0].name} does not become ready:\n{said}")
            time.sleep(0.1)

    def kill_worker(self, worker: Member) -> None:
        """SIGKILL to one worker, in a manner drawn by chance; it must run."""
        manner: Manner = self.chance.choice(MANNERS)
        pool = pool_of(worker)
        if manner == "child" and not pool:
            manner = "group"
        assert worker.process is not None  # noqa: S101 - who runs has a process
        if manner == "child":
            with suppress(ProcessLookupError):
                os.kill(self.chance.choice(pool), signal.SIGKILL)
        elif manner == "parent":
            worker.process.kill()
        else:
            kill_group(worker.process.pid)
        self.kills[manner] += 1

    def kill_beat(self, beat: Member) -> None:
        """SIGKILL to a beat."""
        if beat.process is not None:
            kill_group(beat.process.pid)

    def end(self) -> None:
        """Kill all there are; what they left undone stands in the database."""
        for member in self.members:
            if member.process is not None and member.process.poll() is None:
                kill_group(member.process.pid)
                member.process.wait()
        for group, _ in self._orphans:
            kill_group(group)

    def _collect(self, member: Member) -> None:
        """Remember the pool of a member whose parent ended, if any of it is left."""
        if member.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(member.process.pid, 0)
                self._orphans.append((member.process.pid, time.monotonic()))

    @staticmethod
    def _ended(group: int, since: float) -> bool:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        if time.monotonic() - since > ORPHANS_LIVE_SECONDS:
            kill_group(group)
        return False


def pool_of(worker: Member) -> list[int]:
    """The processes of a worker's pool."""
    if worker.process is None:
        return []
    parent, found = str(worker.process.pid), []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (folder / "stat").read_text().rpartition(")")[2].split()[1] == parent:
                found.append(int(folder.name))
    return sorted(found)


def assemble(folder: Path, environment: Mapping[str, str], workers: int, chance: random.Random) -> Crew:
    """A crew that was not started yet: so many workers of two processes each, and two beats."""
    worker = ["celery", "-q", "-A", "workers.app", "worker", "--loglevel", "info", "--concurrency", "2"]
    worker += ["--without-gossip", "--without-mingle"]
    beat = ["celery", "-q", "-A", "workers.app", "beat", "--loglevel", "info", "--pidfile="]

    def member(name: str, command: list[str]) -> Member:
        clock = folder / f"{name}.clock"
        stepped_clock.step(clock, 0)
        return Member(name, command, environment, clock, folder / f"{name}.log")

    return Crew(
        [member(f"worker-{n}", [*worker, "--hostname", f"{n}@chaos"]) for n in range(1, workers + 1)],
        [member(f"beat-{n}", [*beat, "--schedule", str(folder / f"beat-{n}.schedule")]) for n in (1, 2)],
        chance,
    )
