"""Start a program so that it cannot outlive us, even when we are killed with SIGKILL.

Linux sends a child the signal named by PR_SET_PDEATHSIG when the *thread* that started it ends. So children
are started from a thread that lives as long as the process does: the main thread.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with(parent: int, death_signal: signal.Signals) -> None:
    """Called in a child, also between fork and exec: ask for `death_signal` when the process `parent` ends."""
    _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
    if os.getppid() != parent:  # it ended before the question was asked
        os._exit(1)


def child_options(death_signal: signal.Signals) -> dict[str, Any]:
    """Popen options of every child: its own session, so that Ctrl-C reaches only us; and it dies with us."""
    return {
        "start_new_session": True,
        "preexec_fn": partial(die_with, os.getpid(), death_signal),
        "stdin": subprocess.DEVNULL,
    }


def start_child(
    command: Sequence[str],
    output: Path,
    death_signal: signal.Signals = signal.SIGTERM,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in the background, its output appended to the file `output`; by default in our environment."""
    with output.open("ab") as log:
        return subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, env=environment, **child_options(death_signal)
        )


def end_child(child: subprocess.Popen[bytes], stop_signal: signal.Signals, within: float) -> int:
    """Ask a child to stop; after `within` seconds kill it and whatever it started in its session."""
    if child.poll() is None:
        child.send_signal(stop_signal)
    try:
        return child.wait(timeout=within)
    except subprocess.TimeoutExpired:
        kill_group(child.pid)
        return child.wait()


def kill_group(leader: int) -> None:
    """SIGKILL to everything that a child left behind in its process group, if anything."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return
