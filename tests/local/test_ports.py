from __future__ import annotations

import os
import random
import socket
import subprocess
import sys

import pytest

from nagara.local import ports


def test_a_taken_port_is_seen_and_its_owner_named() -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        assert not ports.is_free(port)
        assert ports.accepts(port)
        assert ports.free_port(port) != port
        named = ports.owner(port)
    assert named is not None
    assert named.startswith(f"process {os.getpid()} (")
    assert ports.is_free(port)
    assert ports.owner(port) is None


def test_nobody_else_is_told_the_port_that_somebody_is_about_to_use(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [
        sys.executable,
        "-c",
        "from nagara.local import ports; print(ports.free_port(), flush=True); input()",
    ]
    with subprocess.Popen(asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as somebody:
        assert somebody.stdout is not None
        told = int(somebody.stdout.readline())
        monkeypatch.setattr(random, "sample", lambda *_: [told, told + 1, *range(20_000, 20_100)])
        assert ports.is_free(told)
        mine = ports.free_port()
        assert mine != told
        assert ports.free_port() not in (told, mine)
        somebody.kill()
    assert ports.free_port() == told, "it ended, and did not say so"


def test_a_free_port_is_kept() -> None:
    port = ports.free_port()
    assert ports.free_port(port) == port


def test_a_free_port_is_one_no_outgoing_connection_is_given() -> None:
    first, last = map(int, ports.EPHEMERAL.read_text().split())
    for _ in range(50):
        assert ports.free_port() not in range(first, last + 1)


def test_a_server_that_shares_its_port_still_counts_as_taken() -> None:
    """The API binds with SO_REUSEPORT: a second one would start beside it and get half of the requests."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        server.bind((ports.LOOPBACK, 0))
        server.listen()
        assert not ports.is_free(server.getsockname()[1])
