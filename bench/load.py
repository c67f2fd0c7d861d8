"""The load: keep-alive HTTP/1.1 over raw sockets, in a process of its own, as cheap as Python allows.

``python -m bench.load`` reads a JSON ``Load`` from standard input and prints a JSON ``Answers``. Each
connection has one request under way at a time. Like pgbench, it shares the cores with what it measures; it
costs more CPU a request than pgbench does, so the ratios are on the careful side.
"""

from __future__ import annotations

import re
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import cycle
from typing import NoReturn

import orjson

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"
STALLED_AFTER_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Load:
    """What to send: requests as text in turn; ``KEY``, ``NAME`` and ``ADDRESS`` in them are other ones each time."""

    port: int
    connections: int
    seconds: float
    status: int
    requests: list[str]


@dataclass(frozen=True, slots=True)
class Answers:
    """How many answers came within the time, and how long all took in milliseconds, also those under way at its end."""

    count: int
    seconds: float
    p50: float
    p95: float
    p99: float
    generator_us: float


KEY = "{unused-key}"
NAME = "{unused-name}"
"""As long as what stands in its place, so that a body's length is known before."""

ADDRESS = "{unused-address}"
"""Of a caller: each is somebody else, as in earnest, or one of them would soon have to wait."""

MARKS = re.compile(f"({'|'.join(map(re.escape, (KEY, NAME, ADDRESS)))})")


def run_load(load: Load) -> Answers:
    """Run a load in a process of its own. Raises RuntimeError with the first answer that is not the expected."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=orjson.dumps(asdict(load)),
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the load failed: {done.stderr.decode(errors='replace').strip()[-2000:]}")
    return Answers(**orjson.loads(done.stdout))


def percentile(ordered: list[float], share: float) -> float:
    """The value below which this share of the ordered values lies (nearest rank)."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def tail(ordered: list[float]) -> tuple[float, float, float]:
    """Median, 95th and 99th percentile of ordered values."""
    return percentile(ordered, 0.5), percentile(ordered, 0.95), percentile(ordered, 0.99)


class _Connection:
    """One keep-alive connection and the answer that is coming in on it."""

    __slots__ = ("_have", "_need", "sent_at", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self._have = b""
        self._need = 0

    def send(self, request: bytes) -> None:
        self._have, self._need = b"", 0
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bytes | None:
        """The whole answer when its last byte is in, else None."""
        arrived = self.socket.recv(262_144)
        if not arrived:
            _fail("the server closed a connection")
        self._have += arrived
        if not self._need:
            end = self._have.find(HEAD_END)
            if end < 0:
                return None
            head = self._have[:end].lower()
            start = head.find(LENGTH)
            if start < 0:
                _fail(f"an answer without a length: {head[:200]!r}")
            self._need = end + len(HEAD_END) + int(head[start + len(LENGTH) :].split(b"\r\n", 1)[0])
        return self._have if len(self._have) >= self._need else None


def unused_name(number: int) -> bytes:
    """The so-many-th name of a resident, from a number that nobody has had before."""
    return b"%013d" % number


def unused_address(number: int) -> bytes:
    """The so-many-th address of a caller, of sixteen million."""
    return b"10.%d.%d.%d" % (number >> 16 & 255, number >> 8 & 255, number & 255)


def _requests(load: Load) -> Iterator[bytes]:
    """The requests in turn, for ever, each from somebody else and with a key of its own."""
    start = time.time_ns()
    parts = [
        [text if at % 2 else text.encode() for at, text in enumerate(MARKS.split(request))]
        for request in load.requests
    ]
    for number, request in enumerate(cycle(parts)):
        own = {
            KEY: b"%x-%x" % (start, number),
            NAME: unused_name(start // 1_000_000 + number),
            ADDRESS: unused_address(start // 1_000 + number),
        }
        yield b"".join([own[part] if isinstance(part, str) else part for part in request])


def _drive(load: Load) -> Answers:
    requests = _requests(load)
    connections = {c.socket.fileno(): c for c in (_Connection(load.port) for _ in range(load.connections))}
    poll = select.epoll()
    for number in connections:
        poll.register(number, select.EPOLLIN)
    expected = b"HTTP/1.1 %d" % load.status
    took: list[float] = []
    late: list[float] = []
    cpu, began = time.process_time(), time.perf_counter()
    until = began + load.seconds
    for connection in connections.values():
        connection.send(next(requests))
    waiting = len(connections)
    while waiting:
        ready = poll.poll(STALLED_AFTER_SECONDS)
        if not ready:
            _fail(f"no answer for {STALLED_AFTER_SECONDS:.0f} s")
        for number, _ in ready:
            connection = connections[number]
            answer = connection.receive()
            if answer is None:
                continue
            if not answer.startswith(expected):
                _fail(f"expected {expected.decode()}, got {answer[:800].decode(errors='replace')}")
            now = time.perf_counter()
            if now < until:
                took.append((now - connection.sent_at) * 1000)
                connection.send(next(requests))
            else:  # it was under way when the time was up
                late.append((now - connection.sent_at) * 1000)
                waiting -= 1
    cpu = time.process_time() - cpu
    count = len(took) or len(late)
    return Answers(count, load.seconds, *tail(sorted(took + late)), cpu / count * 1e6)


def _fail(why: str) -> NoReturn:
    sys.exit(why)


if __name__ == "__main__":
    print(orjson.dumps(asdict(_drive(Load(**orjson.loads(sys.stdin.buffer.read()))))).decode())
