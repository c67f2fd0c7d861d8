"""Any one process may be killed at any time: no accepted request is lost, and everything comes back."""

from __future__ import annotations

import os
import signal
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.journeys.conftest import Outside
from tests.local.waiting import first_of
from tests.waiting import wait_until

PARTS = {
    "api": "api.serve",
    "worker": "--exclude-queues events",
    "urgent": "--queues urgent,events",
    "beat": "workers.app beat",
    "mail": "nagara.local.mail_sink",
    "redis": "valkey-server",
    "postgres": "postgres -D",
}
"""What a part's command line contains."""


def processes(supervisor: int) -> dict[int, str]:
    """Every living process below the supervisor, with its command line."""
    parents, commands = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text().rpartition(")")[2].split()
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:  # it ended between the two looks: known by both or by neither
                continue
            parents[int(folder.name)], commands[int(folder.name)] = int(stat[1]), words
    below: dict[int, str] = {}
    for pid in parents:
        ancestor = pid
        while ancestor in parents and ancestor != supervisor:
            ancestor = parents[ancestor]
        if ancestor == supervisor and pid != supervisor:
            below[pid] = commands[pid]
    return below


def newest_of(outside: Outside, part: str) -> int | None:
    """The process of a part that its other processes descend from."""
    return first_of({pid for pid, command in processes(outside.url.pid).items() if PARTS[part] in command})


def is_ready(outside: Outside) -> bool:
    """Whether requests can be filed and worked on."""
    return outside.call("GET", "/health/ready")[0] == 200


class Filing(threading.Thread):
    """Files one report after another, repeating each under its own key until it is accepted."""

    def __init__(self, outside: Outside) -> None:
        super().__init__()
        self.outside, self.stop, self.accepted = outside, threading.Event(), dict[str, str]()

    def run(self) -> None:
        """File until told to stop; what was begun is finished."""
        while not self.stop.is_set():
            key, body = str(uuid.uuid4()), {"service_code": "street_light", "lat": 11.5696, "lon": 104.9210}
            status = 0
            for _ in range(600):
                status, answer = self.outside.call("POST", "/api/v1/cities/kh-pnh/requests", body, key=key)
                if status in (200, 201):
                    self.accepted[key] = answer["reference"]
                    break
                self.stop.wait(0.05)
            assert status in (0, 200, 201, 503), status


@contextmanager
def filers(outside: Outside) -> Iterator[list[Filing]]:
    """Three that file until the block ends; what each had begun is finished then."""
    filing = [Filing(outside) for _ in range(3)]
    for thread in filing:
        thread.start()
    try:
        yield filing
    finally:
        for thread in filing:
            thread.stop.set()
        for thread in filing:
            thread.join()


@pytest.mark.parametrize("part", PARTS)
def test_a_killed_part_comes_back_and_nothing_accepted_is_lost(outside: Outside, part: str) -> None:
    wait_until(lambda: is_ready(outside), "ready before the kill")
    with filers(outside) as filing:
        wait_until(lambda: all(thread.accepted for thread in filing), "reports accepted before the kill")
        killed = newest_of(outside, part)
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        accepted = sum(len(thread.accepted) for thread in filing)
        wait_until(lambda: newest_of(outside, part) not in (None, killed), f"another {part}")
        wait_until(lambda: is_ready(outside), f"ready after {part} was killed")
        wait_until(
            lambda: sum(len(t.accepted) for t in filing) > accepted + 10, "reports accepted after the kill"
        )
    references = [reference for thread in filing for reference in thread.accepted.values()]
    assert len(set(references)) == len(references)
    lost = [r for r in references if outside.call("GET", f"/api/v1/requests/{r}")[0] != 200]
    assert lost == []
