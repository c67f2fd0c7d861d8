"""`nagara up` as a person meets it: what stops it from starting, what it survives, how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

import pytest

from nagara.local import state, up
from nagara.local.ports import LOOPBACK, free_port
from nagara.local.programs import answers_ready
from nagara.local.welcome import refresh_demo_file, welcome
from tests.local.waiting import ROOT, alive, command_of, descendants, first_of
from tests.waiting import PATIENCE_SECONDS, wait_until

CLEAN = {
    name: value for name, value in os.environ.items() if not re.match("NAGARA_|DATABASE_URL|REDIS_URL", name)
}


def begin(data: Path, port: int, **settings: str) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "nagara.cli.main",
        "up",
        "--no-demo",
        "--port",
        str(port),
        "--data",
        str(data),
    ]
    with (data.parent / "up.log").open("ab") as log:
        return subprocess.Popen(
            [*command, "--workers", "1"], cwd=ROOT, env=CLEAN | settings, stdout=log, stderr=subprocess.STDOUT
        )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("up")


@pytest.fixture(scope="module")
def running(home: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    log, port = home / "up.log", free_port()
    process = begin(home / "data", port)
    try:
        line = f"\nready http://127.0.0.1:{port}\n"
        wait_until(lambda: line in log.read_text() or process.poll() is not None, "ready")
        assert process.poll() is None, log.read_text()
        yield process, port
    finally:
        process.kill()
        process.wait()


def says(log: Path, text: str) -> bool:
    return text in log.read_text()


def running_as(mark: str, supervisor: subprocess.Popen[bytes]) -> set[int]:
    return {pid for pid in descendants(supervisor.pid) if mark in command_of(pid)}


def test_a_taken_port_names_who_has_it_and_a_free_one(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        process = begin(tmp_path / "data", port)
        assert process.wait(timeout=PATIENCE_SECONDS) == 1
    told = (tmp_path / "up.log").read_text()
    assert re.fullmatch(
        rf"Port {port} is taken by process {os.getpid()} \(.*\)\. Stop it, or choose another port: --port \d+\n",
        told,
    )


def test_a_full_disk_is_said_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(up, "DISK_NEEDED", 10**18)
    assert up.up(free_port(), tmp_path, demo=False, workers=1) == 1
    assert re.match(
        r"The disk of \S+ is full: \d+ MB free, 1000000000000 MB needed\.", capsys.readouterr().err
    )


def test_a_folder_in_use_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with state.only_user(tmp_path, "http://127.0.0.1:8123"):
        assert up.up(free_port(), tmp_path, demo=False, workers=1) == 1
    assert "already runs on" in (told := capsys.readouterr().err)
    assert "http://127.0.0.1:8123" in told


def test_a_database_that_does_not_answer_ends_the_start(tmp_path: Path) -> None:
    process = begin(tmp_path / "data", free_port(), DATABASE_URL=f"postgresql://x@127.0.0.1:{free_port()}/x")
    assert process.wait(timeout=PATIENCE_SECONDS) == 1
    log = tmp_path / "up.log"
    assert "migrate ended with 1; its last lines above say why." in log.read_text()
    assert "Traceback" not in log.read_text()


def test_any_killed_program_comes_back(running: tuple[subprocess.Popen[bytes], int], home: Path) -> None:
    process, port = running
    log = home / "up.log"
    ready = answers_ready(port)
    shared = state.running_environment(home / "data")
    assert shared["DATABASE_URL"].startswith("postgresql://nagara:")
    marks = {
        "postgres": "postgres -D",
        "redis": "valkey-server",
        "worker": "--exclude-queues events",
        "urgent": "--queues urgent,events",
        "beat": "workers.app beat",
        "api": "api.serve",
    }
    for name, mark in marks.items():
        first = first_of(running_as(mark, process))
        assert first is not None
        os.kill(first, signal.SIGKILL)
        wait_until(partial(says, log, f"{name} was killed by SIGKILL"), f"{name} is missed")
        wait_until(partial(running_as, mark, process), f"{name} runs again")
        wait_until(ready, f"ready again after {name} was killed")
        assert first not in running_as(mark, process)


def test_killing_it_leaves_nothing_and_the_next_start_keeps_the_data_and_ends_when_asked(
    running: tuple[subprocess.Popen[bytes], int], home: Path
) -> None:
    process, port = running
    log = home / "up.log"
    kept = state.load(home / "data")
    left = descendants(process.pid)
    process.kill()
    process.wait()
    wait_until(lambda: not any(map(alive, left)), "all programs are gone")
    assert state.running_environment(home / "data") == {}

    log.unlink()
    again = begin(home / "data", port)
    try:
        wait_until(partial(says, log, f"\nready http://127.0.0.1:{port}\n"), "ready again")
        assert state.load(home / "data") == kept
        connection = HTTPConnection(LOOPBACK, port, timeout=PATIENCE_SECONDS)
        connection.request("GET", "/api/v1/cities")
        assert json.loads(connection.getresponse().read())["cities"]
        connection.close()
        left = descendants(again.pid)
    finally:
        again.send_signal(signal.SIGINT)
        assert again.wait(timeout=PATIENCE_SECONDS) == 0
    assert not any(map(alive, left))


def test_the_welcome_names_accounts_and_the_file_gets_the_address(tmp_path: Path) -> None:
    file = tmp_path / "demo.json"
    account = {"username": "agent@kh-pnh", "password": "pass word", "role": "agent", "city": "kh-pnh"}
    file.write_text(
        json.dumps({"url": "http://127.0.0.1:1", "accounts": [account], "api_keys": [{"key": "k"}]})
    )
    demo = refresh_demo_file(file, "http://127.0.0.1:8000")
    assert json.loads(file.read_text()) == demo
    assert demo == {"url": "http://127.0.0.1:8000", "accounts": [account], "api_keys": [{"key": "k"}]}
    assert re.search(r"agent@kh-pnh +pass word +agent", welcome(demo["url"], demo))
    assert "/dev/outbox" not in welcome(demo["url"], None)
