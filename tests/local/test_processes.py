from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.local.waiting import ROOT, alive
from tests.waiting import PATIENCE_SECONDS, wait_until

Started = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Started]:
    """Start a supervisor over services of the small world, and end what a failed test leaves."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*names: str) -> subprocess.Popen[bytes]:
        with (tmp_path / "log").open("wb") as log:
            command = [sys.executable, "-m", "tests.local.supervised", str(tmp_path), *names]
            running.append(subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


def log_of(folder: Path) -> str:
    return (folder / "log").read_text()


def number(folder: Path, name: str) -> int:
    file = folder / name
    return int(file.read_text() or 0) if file.exists() else 0


def test_a_killed_child_comes_back_and_it_is_said(world: Started, tmp_path: Path) -> None:
    world("alpha", "beta")
    wait_until(lambda: "\nready\n" in log_of(tmp_path), "both services ready")
    first = number(tmp_path, "alpha.pid")
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: number(tmp_path, "alpha.pid") not in (0, first), "alpha started again")
    wait_until(lambda: "alpha is back" in log_of(tmp_path), "its return is said")
    assert "alpha was killed by SIGKILL; starting it again in 0.5 s" in log_of(tmp_path)
    assert alive(number(tmp_path, "beta.pid"))


def test_what_a_killed_child_leaves_behind_is_cleared_and_does_not_delay_its_return(
    world: Started, tmp_path: Path
) -> None:
    world("forking")
    wait_until(lambda: number(tmp_path, "forking.child"), "the child has a child")
    parent, orphan = number(tmp_path, "forking.pid"), number(tmp_path, "forking.child")
    os.kill(parent, signal.SIGKILL)
    wait_until(lambda: not alive(orphan), "the orphan is gone")
    wait_until(lambda: number(tmp_path, "forking.pid") not in (0, parent), "a new one runs")
    wait_until(lambda: number(tmp_path, "forking.child") not in (0, orphan), "with a child of its own")
    os.killpg(number(tmp_path, "forking.pid"), signal.SIGKILL)


def test_killing_the_supervisor_leaves_nothing(world: Started, tmp_path: Path) -> None:
    supervisor = world("alpha", "beta")
    wait_until(lambda: "\nready\n" in log_of(tmp_path), "both services ready")
    children = [number(tmp_path, "alpha.pid"), number(tmp_path, "beta.pid")]
    supervisor.kill()
    supervisor.wait()
    wait_until(lambda: not any(map(alive, children)), "no child is left")


def test_interrupting_twice_ends_all_in_reverse_order_without_error(world: Started, tmp_path: Path) -> None:
    supervisor = world("alpha", "beta", "stubborn")
    wait_until(lambda: "\nready\n" in log_of(tmp_path), "all services ready")
    children = [number(tmp_path, f"{name}.pid") for name in ("alpha", "beta", "stubborn")]
    supervisor.send_signal(signal.SIGINT)
    wait_until(lambda: "stopping stubborn" in log_of(tmp_path), "the stop has begun")
    supervisor.send_signal(signal.SIGINT)
    assert supervisor.wait(timeout=PATIENCE_SECONDS) == 0
    assert re.findall(r"stopping (\w+)", log_of(tmp_path)) == ["stubborn", "beta", "alpha"]
    assert not any(map(alive, children))


def test_a_service_that_cannot_start_is_named_and_the_others_end(world: Started, tmp_path: Path) -> None:
    supervisor = world("alpha", "failing")
    assert supervisor.wait(timeout=PATIENCE_SECONDS) == 1
    assert "no such thing: teapot" in log_of(tmp_path)
    assert "failing ends as soon as it starts; its last lines above say why." in log_of(tmp_path)
    assert not alive(number(tmp_path, "alpha.pid"))


def test_a_reader_that_goes_away_ends_all(world: Started, tmp_path: Path) -> None:
    """As in `run.py demo | head`: nobody would see what happens any more."""
    command = [sys.executable, "-m", "tests.local.supervised", str(tmp_path), "alpha"]
    supervisor = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert supervisor.stdout is not None
    supervisor.stdout.close()
    assert supervisor.wait(timeout=PATIENCE_SECONDS) == 0
    assert not alive(number(tmp_path, "alpha.pid"))
