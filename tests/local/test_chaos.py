"""Time works exactly once through crashes: the short form of `run.py chaos`, and what it counts with."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from nagara.local.chaos import stepped_clock
from nagara.local.chaos.blows import LONG, SHORT, Kind, planned
from nagara.local.chaos.counting_sink import received
from nagara.local.chaos.reckoning import Line, Reckoning, counted, table
from tests.local.waiting import ROOT
from tests.waiting import PATIENCE_SECONDS

CLOCK_PROBE = """
import datetime as dt, pickle, sys, time
print(time.time(), dt.datetime.now(dt.UTC).timestamp(), time.monotonic())
known = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
assert isinstance(known, dt.datetime) and issubclass(dt.datetime, dt.date)
assert pickle.loads(pickle.dumps(known)) == known == dt.datetime.fromisoformat(known.isoformat())
"""


def clean_environment() -> dict[str, str]:
    """Ours without what points at the servers of the tests."""
    gone = ("DATABASE_URL", "REDIS_URL")
    return {k: v for k, v in os.environ.items() if k not in gone and not k.startswith("NAGARA_")}


def test_killed_cut_off_and_stepped_everything_happens_exactly_once() -> None:
    seed = random.SystemRandom().randrange(1_000_000)
    done = subprocess.run(
        [sys.executable, "-m", "nagara.local.chaos", "--short", "--seed", str(seed)],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    print(done.stdout)
    assert f"seed {seed}" in done.stdout
    assert "Everything happened exactly once." in done.stdout
    for kind, count in SHORT.blows.items():
        struck = re.search(rf"{re.escape(kind.value)} +(\d+)", done.stdout)
        assert struck is not None and int(struck[1]) >= count, kind
    steps = re.search(r"steps, by request, promise and rung +(\d+) +(\d+) +0 +0", done.stdout)
    assert steps is not None and int(steps[1]) == int(steps[2]) >= SHORT.requests
    notices = re.search(r"keys received, email +(\d+) +(\d+) +0 +0", done.stdout)
    assert notices is not None and int(notices[1]) == int(notices[2]) >= SHORT.requests // 2


def test_the_long_form_is_what_was_asked_for() -> None:
    blows = planned(LONG, random.Random(1))
    kinds = Counter(blow.kind for blow in blows if blow.kind is not Kind.STEP_CLOCK or blow.clock)
    assert kinds == LONG.blows
    assert kinds[Kind.KILL_WORKER] == 200
    assert LONG.requests >= 20_000
    assert blows == planned(LONG, random.Random(1)), "the seed decides"
    assert blows != planned(LONG, random.Random(2))
    assert all(0 <= blow.at <= LONG.seconds for blow in blows)


@pytest.mark.parametrize(
    ("found", "lost", "twice"),
    [({"a": 1, "b": 1}, 0, 0), ({"a": 1}, 1, 0), ({"a": 2, "b": 1}, 0, 1), ({"a": 1, "b": 1, "c": 1}, 0, 0)],
)
def test_what_is_lost_twice_or_too_much_is_seen(found: dict[str, int], lost: int, twice: int) -> None:
    line = counted("letters", ["a", "b"], found)
    assert (line.expected, line.lost, line.twice) == (2, lost, twice)
    assert line.holds == (found == {"a": 1, "b": 1})
    reckoning = Reckoning((Line("good", 1, 1, 0, 0), line), {"email": 3})
    assert reckoning.holds == line.holds
    assert "letters" in table(reckoning) and "3 of email" in table(reckoning)


def test_the_sink_remembers_each_key_and_how_often(tmp_path: Path) -> None:
    (tmp_path / "book").write_text("smtp a\nhttp b\nsmtp a\n")
    assert received(tmp_path / "book") == {"smtp": {"a": 2}, "http": {"b": 1}}
    assert received(tmp_path / "none") == {"smtp": {}, "http": {}}


@pytest.mark.parametrize("offset", [0.0, 86_400.0, -3_600.0])
def test_a_stepped_clock_is_what_a_program_tells_the_time_by(tmp_path: Path, offset: float) -> None:
    (tmp_path / "probe.py").write_text(CLOCK_PROBE)
    clock = tmp_path / "clock"
    stepped_clock.step(clock, offset)
    before = [float(word) for word in _probe([], tmp_path)]
    stepped = [
        float(word) for word in _probe(["-m", "nagara.local.chaos.stepped_clock", str(clock)], tmp_path)
    ]
    for told, true in zip(stepped[:2], before[:2], strict=True):
        assert offset <= told - true < offset + PATIENCE_SECONDS
    assert 0 <= stepped[2] - before[2] < PATIENCE_SECONDS, "monotonic time goes on"


def _probe(under: list[str], folder: Path) -> list[str]:
    command = [sys.executable, *(under or ["-m"]), "probe"]
    environment = clean_environment() | {"PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()
