"""What one data folder keeps from run to run: ports, passwords, the secret key; and who uses it right now."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

STATE_FILE = "state.json"
LOCK_FILE = "up.lock"
RUNNING_FILE = "running.json"
LOCK_PATIENCE_SECONDS = 0.5


class AlreadyRunning(Exception):
    """Another Nagara uses this data folder; the message says which."""


@dataclass(frozen=True)
class State:
    """Chosen once for a data folder. A port changes only when another program has taken it meanwhile."""

    postgres_password: str
    redis_password: str
    secret_key: str
    postgres_port: int | None = None
    redis_port: int | None = None
    mail_port: int | None = None
    gateway_port: int | None = None
    postgres_major: int | None = None


def load(data: Path) -> State:
    """The state kept in `data`; on the first run a new one, with passwords nobody else knows."""
    file = data / STATE_FILE
    if file.exists():
        return State(**json.loads(file.read_text()))
    return State(
        postgres_password=secrets.token_urlsafe(24),
        redis_password=secrets.token_urlsafe(24),
        secret_key=secrets.token_urlsafe(48),
    )


def save(data: Path, state: State) -> None:
    """Keep the state in `data`, readable by its owner only."""
    write_json(data / STATE_FILE, asdict(state))


def write_json(file: Path, content: Any) -> None:
    """Replace a file as a whole, readable by its owner only: a reader never sees half of it."""
    unfinished = file.with_name(f".{file.name}.unfinished")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        json.dump(content, out, indent=2, ensure_ascii=False)
        out.write("\n")
        out.flush()
        os.fsync(out.fileno())
    unfinished.rename(file)


@contextmanager
def only_user(data: Path, url: str) -> Iterator[None]:
    """Hold the data folder for one `nagara up`. The kernel gives it free even when we are killed.

    Raises AlreadyRunning, naming the process and address that hold it.
    """
    with (data / LOCK_FILE).open("a+") as lock:
        if not _take(lock):
            lock.seek(0)
            raise AlreadyRunning(
                f"Nagara already runs on {data} ({lock.read().strip()}). Stop it first, or take another"
                " folder with --data."
            )
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, {url}")
        lock.flush()
        try:
            yield
        finally:
            (data / RUNNING_FILE).unlink(missing_ok=True)


def _take(lock: TextIO) -> bool:
    """Take the lock, forgiving the instant in which another command asks whether it is held."""
    deadline = time.monotonic() + LOCK_PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        else:
            return True


def announce(data: Path, environment: dict[str, str]) -> None:
    """Tell other commands on this machine which settings the running programs have."""
    write_json(data / RUNNING_FILE, environment)


def running_environment(data: Path) -> dict[str, str]:
    """The settings of the Nagara that runs on `data` right now; empty when none does.

    A command such as `nagara import` in a second terminal takes them for every setting it was not given.
    """
    try:
        with (data / LOCK_FILE).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return {}  # nobody holds it, so whatever the file says is of an earlier run
    except BlockingIOError:
        pass
    except OSError:
        return {}
    try:
        settings: dict[str, str] = json.loads((data / RUNNING_FILE).read_text())
    except OSError:
        return {}
    return settings
