"""Servers for tests start whatever else is started beside them."""

from __future__ import annotations

import socket
from pathlib import Path

import psycopg
import pytest

from nagara.local import ports, throwaway


def test_a_port_taken_since_it_was_free_is_given_up_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as somebody:
        taken = somebody.getsockname()[1]
        offered = [taken, ports.free_port(), taken, ports.free_port()]
        monkeypatch.setattr(throwaway, "free_port", lambda: offered.pop(0))
        with throwaway.throwaway_postgres(tmp_path) as cluster:
            assert cluster.port != taken
            with psycopg.connect(cluster.url) as connection:
                assert connection.execute("select 1").fetchone() == (1,)
        with throwaway.throwaway_redis(tmp_path) as server:
            assert server.port != taken
            assert server.is_ready()
    assert not offered


def test_a_server_that_never_finds_a_port_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as somebody:
        monkeypatch.setattr(throwaway, "free_port", lambda: somebody.getsockname()[1])
        with pytest.raises(RuntimeError, match=throwaway.PORT_TAKEN), throwaway.throwaway_redis(tmp_path):
            pass
