"""The processes that serve the API: both answer, one that dies is replaced, and what cannot start says why."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx

from nagara.local.children import end_child, start_child
from nagara.local.ports import LOOPBACK, free_port
from nagara.local.throwaway import Throwaway
from tests.waiting import PATIENCE_SECONDS, wait_until


def command(port: int) -> list[str]:
    """Two processes at a port."""
    return [sys.executable, "-m", "api.serve", "--port", str(port), "--workers", "2"]


def serving(parent: int) -> set[int]:
    """The parent's processes that serve."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return {int(one) for one in children if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()}


def answer(port: int) -> str:
    """What a fresh connection is answered: the status, or why there is none."""
    try:
        return str(httpx.get(f"http://{LOOPBACK}:{port}/health/ready", timeout=PATIENCE_SECONDS).status_code)
    except httpx.TransportError as error:
        return type(error).__name__


class Served:
    """A running API."""

    def __init__(self, folder: Path) -> None:
        self.port, self.log = free_port(), folder / "api.log"
        self.parent = start_child(command(self.port), self.log)

    def listening(self) -> set[str]:
        """The inodes of the sockets that listen."""
        lines = [one.split() for one in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return {one[9] for one in lines if one[1] == f"0100007F:{self.port:04X}" and one[3] == "0A"}

    def both_listen(self) -> bool:
        """Whether as many sockets listen as there are processes."""
        return len(self.listening()) == 2


def test_a_process_that_dies_is_replaced_and_all_end_when_told(services: Throwaway, tmp_path: Path) -> None:
    running = Served(tmp_path)
    try:
        wait_until(running.both_listen, "both processes listen")
        before, listened = serving(running.parent.pid), running.listening()
        assert len(before) == 2
        killed = min(before)
        os.kill(killed, signal.SIGKILL)
        # A process that ends has no command line some time before its sockets are closed.
        wait_until(lambda: listened - running.listening(), "its socket is closed")
        assert answer(running.port) == "200", "the other takes every new connection"
        wait_until(running.both_listen, "another listens in its place")
        after = serving(running.parent.pid)
        assert len(after) == 2
        assert after & before == before - {killed}
        assert f"process {killed} ended with -9" in running.log.read_text()
        with socket.create_connection((LOOPBACK, running.port)) as idle:
            idle.sendall(b"GET /health/live HTTP/1.1\r\nHost: here\r\n\r\n")
            answered = idle.recv(65536)
            while not answered.endswith(b"}"):  # head and body may come one after the other
                answered += idle.recv(65536)
            assert b"200 OK" in answered
            running.parent.send_signal(signal.SIGTERM)
            assert running.parent.wait(PATIENCE_SECONDS) == 0
            assert idle.recv(1) == b""
        assert "killed" not in running.log.read_text()
        assert answer(running.port) == "ConnectError"
    finally:
        end_child(running.parent, signal.SIGTERM, PATIENCE_SECONDS)


def test_the_processes_end_with_a_parent_that_was_killed(services: Throwaway, tmp_path: Path) -> None:
    running = Served(tmp_path)
    wait_until(running.both_listen, "both processes listen")
    served = serving(running.parent.pid)
    running.parent.kill()
    running.parent.wait()
    wait_until(lambda: not any(Path(f"/proc/{one}").exists() for one in served), "they ended as well")


def test_an_application_that_cannot_start_ends_the_whole_with_its_reason(services: Throwaway) -> None:
    wrong = os.environ | {"NAGARA_RATE_LIMITS": "perhaps"}
    done = subprocess.run(
        command(free_port()), env=wrong, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
    )
    assert done.returncode == 1, done.stderr
    assert "rate_limits" in done.stderr
    assert "the API cannot start; the lines above say why" in done.stderr


def test_a_taken_port_is_told() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            command(port), capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
        )
    assert done.returncode == 1
    assert done.stderr == f"cannot listen at {LOOPBACK}:{port}: Address already in use\n"
