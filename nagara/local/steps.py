"""Run one long command so that a person sees what it does and how long it takes.

Standard library only: this also runs before the environment exists.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

TAIL_LINES = 40
HEARTBEAT_SECONDS = 15.0


class StepFailed(Exception):
    """A step ended with an error; the message is what a person should read."""


def say(text: str) -> None:
    """One line for the person watching, on stderr so that a command's own output stays clean."""
    print(text, file=sys.stderr, flush=True)


def step(
    title: str,
    command: Sequence[str | os.PathLike[str]],
    log: Path,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    hint: str = "",
) -> None:
    """Run `command` quietly, keep its output in `log`, and say when it is done and after how many seconds.

    Raises StepFailed with the last lines of the output (and `hint`, what to do about it).
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    progress = _Progress(title, started)
    with log.open("wb") as output:
        try:
            child = subprocess.Popen(
                [os.fspath(part) for part in command],
                cwd=cwd,
                env=None if env is None else dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            progress.end("failed")
            raise StepFailed(f"{title}: cannot start {command[0]}: {error.strerror}") from error
        try:
            code = _wait(child, progress)
        except BaseException:
            child.terminate()
            child.wait()
            progress.end("stopped")
            raise
    progress.end(f"{time.monotonic() - started:.1f} s" if code == 0 else f"failed (exit {code})")
    if code != 0:
        raise StepFailed("\n".join(part for part in (f"{title} failed:", _tail(log), hint) if part))


def _wait(child: subprocess.Popen[bytes], progress: _Progress) -> int:
    while True:
        try:
            return child.wait(timeout=progress.interval)
        except subprocess.TimeoutExpired:
            progress.tick()


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    return "\n".join("    " + line for line in lines[-TAIL_LINES:])


class _Progress:
    """A line that counts seconds on a terminal; elsewhere a start line, a rare heartbeat and an end line."""

    def __init__(self, title: str, started: float) -> None:
        self.title = title
        self.started = started
        self.terminal = sys.stderr.isatty()
        self.interval = 0.5 if self.terminal else HEARTBEAT_SECONDS
        if self.terminal:
            self.tick()
        else:
            say(f"- {title} ...")

    def tick(self) -> None:
        seconds = time.monotonic() - self.started
        if self.terminal:
            print(f"\r\033[K- {self.title} ... {seconds:.0f} s", end="", file=sys.stderr, flush=True)
        else:
            say(f"  still at it: {self.title} ({seconds:.0f} s)")

    def end(self, outcome: str) -> None:
        start = "\r\033[K- " if self.terminal else "  "
        say(f"{start}{self.title}: {outcome}")
