"""Several hosts on one machine: network namespaces of Linux, joined by a bridge, each cut off and brought back at will.

All of it stands in a user and a network namespace of its own, so nobody has to be root, nothing of the machine's own
network is touched, and nothing is left when the last process ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

NETWORK = "10.77.0"
OURS = f"{NETWORK}.1"
"""The address of the bench itself, which stands at the bridge: where residents and the other side of messages are."""

FIRST = 10
INSIDE = "NAGARA_BENCH_INSIDE"
BRIDGE = "bridge0"


class NoNamespaces(Exception):
    """This machine forbids them; the message is what it said."""


def inside() -> bool:
    """Whether this process already stands in namespaces of its own."""
    return os.environ.get(INSIDE) == "1"


def run_inside(module: str, arguments: Sequence[str]) -> int:
    """Run a module in new namespaces, to its end. Raises NoNamespaces with the machine's own words."""
    command = ["unshare", "--user", "--map-root-user", "--net", "--mount"]
    try:
        probe = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
        subprocess.run(["ip", "-V"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as fault:
        raise NoNamespaces(str(fault)) from None
    if probe.returncode != 0:
        raise NoNamespaces(probe.stderr.strip())
    environment = os.environ | {INSIDE: "1"}
    return subprocess.run(
        [*command, sys.executable, "-m", module, *arguments], env=environment, check=False
    ).returncode


class Hosts:
    """The hosts by name, each with an address, on one bridge."""

    def __init__(self, names: Sequence[str]) -> None:
        self._address = {name: f"{NETWORK}.{number}" for number, name in enumerate(names, FIRST)}
        _do("mount", "-t", "tmpfs", "none", "/run")
        Path("/run/netns").mkdir()
        _do("ip", "link", "set", "lo", "up")
        _do("ip", "link", "add", BRIDGE, "type", "bridge")
        _do("ip", "addr", "add", f"{OURS}/24", "dev", BRIDGE)
        _do("ip", "link", "set", BRIDGE, "up")
        for name, address in self._address.items():
            _do("ip", "netns", "add", name)
            _do("ip", "link", "add", f"to-{name}", "type", "veth", "peer", "name", "eth0", "netns", name)
            _do("ip", "link", "set", f"to-{name}", "master", BRIDGE, "up")
            _do("ip", "-n", name, "addr", "add", f"{address}/24", "dev", "eth0")
            for device in ("eth0", "lo"):
                _do("ip", "-n", name, "link", "set", device, "up")

    def address(self, name: str) -> str:
        """Where a host is."""
        return self._address[name]

    def on(self, name: str) -> list[str]:
        """What a command begins with to run on a host."""
        return ["ip", "netns", "exec", name]

    def cut_off(self, name: str) -> None:
        """Pull a host's cable: what it sends and what is sent to it is lost; its programs run on."""
        _do("ip", "link", "set", f"to-{name}", "down")

    def bring_back(self, name: str) -> None:
        """Put it back."""
        _do("ip", "link", "set", f"to-{name}", "up")


def _do(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoNamespaces(f"{' '.join(command)}: {done.stderr.strip()}")
