from __future__ import annotations

import signal
import stat
from pathlib import Path

import pytest
import redis

from nagara.local import redis_server
from nagara.local.children import end_child, start_child
from nagara.local.ports import free_port
from tests.waiting import wait_until


def test_a_killed_server_keeps_what_was_written_and_the_password_guards_it(tmp_path: Path) -> None:
    server = redis_server.prepare(redis_server.find_program(), tmp_path / "redis", free_port(), "secret")
    process = start_child(server.command, tmp_path / "log")
    try:
        wait_until(server.is_ready, "the server is ready")
        with redis.Redis.from_url(server.url) as client:
            client.rpush("queue", *range(1000))
            # Written at once, synced every second: a killed process loses nothing, a power failure a second.
            process.kill()
        process.wait()
        assert not server.is_ready()
        process = start_child(server.command, tmp_path / "log")
        wait_until(server.is_ready, "the server is back")
        with redis.Redis.from_url(server.url) as client:
            assert client.llen("queue") == 1000
        stranger = redis.Redis.from_url(server.url.replace("secret", "guess"))
        with stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
    finally:
        end_child(process, signal.SIGTERM, 10)
    assert stat.S_IMODE((tmp_path / "redis" / "server.conf").stat().st_mode) == 0o600
