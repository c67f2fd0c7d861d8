"""Residents who come when they come: so many a second, whether or not the answers keep up, with photos and patience.

Or, with ``at_once``, as fast as they are answered: so many, and for each who is done the next one at once.

``python -m bench.paced`` reads a JSON ``Residents`` from standard input and writes a JSON line for each as soon as
they are done, after a first line with the moment at which they begin to come. Each comes at a moment drawn beforehand
(as if by chance, the same with the same seed), sends their photos, then the report under a key of their own. Where no
answer comes or the server says that it cannot now, the same is sent again under the same key until their patience
ends: a resident's phone does so. Times count from the moment the report was first to be sent, so that waiting for a
free connection or a server that is away is in them.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, TextIO

import orjson

from bench.filling import decided_filings
from bench.load import HEAD_END, LENGTH, NAME, unused_address, unused_name
from nagara.cities import city_of

LOST = (OSError, EOFError, TimeoutError, asyncio.IncompleteReadError)
AGAIN_AFTER_S = 0.2
DISTINCT = 40
NOT_NOW = (429, 500, 502, 503, 504)
HEAD = "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\n{more}\r\n"
BOUNDARY = "----nagara-bench"
FORM = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="p.jpg"\r\n'
    "Content-Type: image/jpeg\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Residents:
    """Who comes: to which server, how many a second for how long, with which bodies and photos."""

    host: str
    port: int
    city: str
    a_second: float
    seconds: float
    bodies: list[dict[str, Any]]
    photos: list[str] = field(default_factory=list)
    """Files, in turn one a report; none: reports without photos."""
    answer_within_s: float = 10.0
    patience_s: float = 120.0
    seed: int = 1
    at_once: int = 0
    """So many file at any time, the next as soon as one is done; then ``a_second`` says nothing."""


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of one resident: ``came_at`` seconds since 1970; ``reference`` None where their patience ended."""

    came_at: float
    took_ms: float
    first_ms: float
    """Until the answer to the attempt that succeeded; ``took_ms`` counts from the first attempt on."""
    tries: int
    photo_ms: float
    photo_tries: int
    photo: str | None
    reference: str | None
    received_at: str | None
    why: str
    """What was wrong with the last attempt that failed; empty where none did."""


def reports(city: str, now: dt.datetime) -> list[dict[str, Any]]:
    """What residents of a city send who want to be told."""
    decided = decided_filings(city_of(city), now, random.Random(3), DISTINCT)
    return [
        {
            "service_code": one.filing.service_code,
            "lat": one.filing.lat,
            "lon": one.filing.lon,
            "description": one.filing.description,
            "language": one.filing.language,
            "contact": {"email": f"{NAME}@example.org"},
        }
        for one in decided
    ]


def start_residents(who: Residents, output: Path, prefix: Sequence[str] = ()) -> subprocess.Popen[bytes]:
    """Begin, in a process of its own; lines go to ``output``. ``prefix``: a command that runs it elsewhere."""
    with output.open("wb") as lines:
        process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "bench.paced"], stdin=subprocess.PIPE, stdout=lines
        )
    assert process.stdin is not None
    process.stdin.write(orjson.dumps(asdict(who)))
    process.stdin.close()
    return process


def began(process: subprocess.Popen[bytes], output: Path) -> float:
    """Wait for the first to come; returns when that was, in seconds since 1970."""
    while b"\n" not in (said := output.read_bytes()):
        if process.poll() is not None:
            raise RuntimeError("the load does not begin")
        time.sleep(0.02)
    return float(said.split(b"\n", 1)[0])


def read_filed(output: Path) -> list[Filed]:
    """What has become of those who are done so far."""
    lines = output.read_bytes().split(b"\n")[1:-1]
    return [Filed(**orjson.loads(line)) for line in lines]


class _Connections:
    """Keep-alive connections, as many as are needed at once."""

    def __init__(self, who: Residents) -> None:
        self._who = who
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, path: str, kind: str, body: bytes, more: str = "") -> tuple[int, dict[str, Any]]:
        """Send and read the answer; raises one of ``LOST`` where none comes in time."""
        async with asyncio.timeout(self._who.answer_within_s):
            reader, writer = self._kept() or await self._connected()
            try:
                host = f"{self._who.host}:{self._who.port}"
                head = HEAD.format(path=path, host=host, kind=kind, size=len(body), more=more)
                writer.write(head.encode() + body)
                answer = (await reader.readuntil(HEAD_END)).lower()
                size = int(answer.partition(LENGTH)[2].split(b"\r\n", 1)[0] or 0)
                content = await reader.readexactly(size)
            except BaseException:
                writer.transport.abort()
                raise
        if b"connection: close" in answer:
            writer.close()
        else:
            self._free.append((reader, writer))
        status = int(answer.split(b" ", 2)[1])
        told = orjson.loads(content) if content.startswith(b"{") else {}
        return status, told

    def _kept(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """One that is free and that the server has not closed meanwhile, as every program that keeps them asks."""
        while self._free:
            reader, writer = self._free.pop()
            if not reader.at_eof() and not writer.is_closing():
                return reader, writer
            writer.close()
        return None

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self._who.host, self._who.port)


class _Crowd:
    """All of them."""

    def __init__(self, who: Residents, out: TextIO) -> None:
        self._who, self._out, self._connections = who, out, _Connections(who)
        self._bodies = [orjson.dumps(body)[:-1] for body in who.bodies]
        self._run = time.time_ns()

    async def come(self) -> None:
        """All of them, until the last is done."""
        began = time.monotonic()
        self._out.write(f"{time.time()}\n")
        self._out.flush()
        async with asyncio.TaskGroup() as group:
            if not self._who.at_once:
                await self._at_their_moments(group, began)
            numbers = count()
            for _ in range(self._who.at_once):
                group.create_task(self._one_after_another(numbers, began + self._who.seconds))

    async def _at_their_moments(self, group: asyncio.TaskGroup, began: float) -> None:
        chance, due = random.Random(self._who.seed), 0.0
        for number in count():
            due += chance.expovariate(self._who.a_second)
            if due >= self._who.seconds:
                return
            await asyncio.sleep(max(0.0, began + due - time.monotonic()))
            group.create_task(self._one(number, began + due))

    async def _one_after_another(self, numbers: Iterator[int], until: float) -> None:
        while (now := time.monotonic()) < until:
            await self._one(next(numbers), now)

    async def _one(self, number: int, due: float) -> None:
        came_at = time.time() - (time.monotonic() - due)
        address = f"X-Forwarded-For: {unused_address(self._run // 1_000 + number).decode()}\r\n"
        photo, photo_tries, photo_ms = None, 0, 0.0
        if self._who.photos:
            file = self._who.photos[number % len(self._who.photos)]
            content = FORM.encode() + await asyncio.to_thread(Path(file).read_bytes)
            content += f"\r\n--{BOUNDARY}--\r\n".encode()
            kind = f"multipart/form-data; boundary={BOUNDARY}"
            told, _, photo_tries, why = await self._surely("/media", kind, content, address)
            photo = told.get("id")
            photo_ms = (time.monotonic() - due) * 1000
            if photo is None:
                self._write(Filed(came_at, photo_ms, 0, 0, photo_ms, photo_tries, None, None, None, why))
                return
        body = self._bodies[number % len(self._bodies)]
        body = body.replace(NAME.encode(), unused_name(self._run // 1_000_000 + number))
        body += f',"media":["{photo}"]}}'.encode() if photo else b"}"
        began = time.monotonic() if photo else due
        more = f"{address}Idempotency-Key: {self._run:x}-{number}\r\n"
        told, first, tries, why = await self._surely("/requests", "application/json", body, more)
        took = (time.monotonic() - began) * 1000
        reference, received = told.get("reference"), told.get("received_at")
        self._write(
            Filed(came_at, took, first, tries, photo_ms, photo_tries, photo, reference, received, why)
        )

    async def _surely(
        self, what: str, kind: str, body: bytes, more: str
    ) -> tuple[dict[str, Any], float, int, str]:
        """The answer, or an empty one; how long the attempt took that got it; how many there were; what failed."""
        until, tries, why = time.monotonic() + self._who.patience_s, 0, ""
        while time.monotonic() < until:
            tries, began = tries + 1, time.monotonic()
            try:
                status, told = await self._connections.post(
                    f"/api/v1/cities/{self._who.city}{what}", kind, body, more
                )
            except LOST as fault:
                why = type(fault).__name__
            else:
                if status in (200, 201):
                    return told, (time.monotonic() - began) * 1000, tries, why
                why = f"{status} {told.get('error', {}).get('message', '')}"
                if status not in NOT_NOW:
                    break
            await asyncio.sleep(AGAIN_AFTER_S)
        return {}, 0.0, tries, why

    def _write(self, filed: Filed) -> None:
        self._out.write(orjson.dumps(asdict(filed)).decode() + "\n")
        self._out.flush()


if __name__ == "__main__":
    asyncio.run(_Crowd(Residents(**orjson.loads(sys.stdin.buffer.read())), sys.stdout).come())
