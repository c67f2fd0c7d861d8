"""TCP ports on loopback: is one free, which one to take, and who holds a taken one."""

from __future__ import annotations

import random
import socket
import sys
from pathlib import Path

LOOPBACK = "127.0.0.1"
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST = 15_000  # below it stand the servers people know by number
TRIES = 100
LISTENING = "0A"  # the state column of /proc/net/tcp
_told: list[socket.socket] = []
"""What says of each port told here that it is taken."""


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: connections of an earlier run that are still closing do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_port(preferred: int | None = None) -> int:
    """`preferred` when it is free, so that addresses stay the same from run to run; else any free port.

    Any other is taken from below those the kernel hands to outgoing connections: nobody's connection sits on it
    when the server asked for it starts, or starts again after a crash. Nobody else who asks here is told the same
    before this process ends, however long its server takes to start.
    """
    if preferred is not None and is_free(preferred):
        return preferred
    own = range(LOWEST, _first_ephemeral())
    for port in random.sample(own, min(TRIES, len(own))):
        if is_free(port) and _set_apart(port):
            return port
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        given: int = probe.getsockname()[1]
        return given


def _set_apart(port: int) -> bool:
    """Whether no process here was told this port; if so, it is ours until this process ends, however it ends.

    A name in the kernel's own list of sockets says so: it is in no folder and goes with whoever holds it.
    """
    if sys.platform != "linux":
        return True  # only Linux has such names; two that ask at once may be told the same
    mark = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        mark.bind(f"\0nagara port {port}")
    except OSError:
        mark.close()
        return False
    _told.append(mark)
    return True


def _first_ephemeral() -> int:
    try:
        return int(EPHEMERAL.read_text().split()[0])
    except OSError:  # not Linux: what IANA sets aside for the purpose
        return 49_152


def accepts(port: int) -> bool:
    """Whether something on loopback takes connections on this port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=2):
            return True
    except OSError:
        return False


def owner(port: int) -> str | None:
    """The process listening on `port`, as "process 123 (its command)"; None when it is not ours to see."""
    inodes = _listening_inodes(port)
    if not inodes:
        return None
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and _holds(folder, inodes):
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            return f"process {folder.name} ({command[:120]})"
    return None


def _listening_inodes(port: int) -> set[str]:
    inodes = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if not table.exists():
            continue
        for line in table.read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == LISTENING and int(columns[1].rsplit(":", 1)[1], 16) == port:
                inodes.add(f"socket:[{columns[9]}]")
    return inodes


def _holds(process: Path, inodes: set[str]) -> bool:
    try:
        return any(str(entry.readlink()) in inodes for entry in (process / "fd").iterdir())
    except OSError:  # it ended meanwhile, or belongs to somebody else
        return False
