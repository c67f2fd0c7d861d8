"""What stands before several API hosts: HAProxy where it is installed, else a small stand-in.

Either asks each host every half second whether it is ready and hands requests to those in turn that are; a host that
does not answer in time gets nothing more and loses the connections it has. HAProxy hands over request by request and
sends one again by itself, to another host, where that cannot do anything twice. The stand-in hands over connections,
repeats nothing and counts nothing, so that callers hear at once that they must try again:
``python -m bench.proxy --listen HOST:PORT --to HOST:PORT --to HOST:PORT``.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

CHECK_EVERY_S, CHECK_WITHIN_S, CONNECT_WITHIN_S = 0.5, 1.0, 1.0
PIECE = 65_536
QUESTION = b"GET /health/ready HTTP/1.1\r\nHost: health\r\nConnection: close\r\n\r\n"
HAPROXY = """\
global
  maxconn 1000
  stats socket {counts} mode 600 level user
defaults
  mode http
  timeout connect 1s
  timeout http-request 10s
  timeout http-keep-alive 10s
  timeout queue 5s
  timeout client 30s
  timeout server 30s
  timeout check 1s
  retries 3
  option redispatch 1
frontend residents
  bind {listen}
  option forwardfor
  default_backend api
backend api
  balance roundrobin
  # What is under way on a host that goes is sent to another one, where that cannot do anything twice. HAProxy can
  # only send again what it had as a whole before it sent it: hence buffered (up to 16 KB, so no photo).
  option http-buffer-request
  retry-on conn-failure empty-response response-timeout
  acl asks method GET HEAD OPTIONS
  acl under-a-key req.hdr(Idempotency-Key) -m found
  http-request disable-l7-retry unless asks or under-a-key
  option httpchk
  http-check send meth GET uri /health/ready ver HTTP/1.1 hdr Host health
  default-server check inter 500ms fastinter 200ms fall 2 rise 2 on-marked-down shutdown-sessions
{servers}
"""
"""As an operator would write it. Who is marked down loses what is under way at once, so nobody waits for a time-out."""

PROGRAMS = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"))
"""Also where only root's path leads: HAProxy needs no root."""


@dataclass(frozen=True, slots=True)
class Handed:
    """What a proxy has done so far: how many requests each host answered, how many it sent again, to another one."""

    answered: tuple[int, ...]
    again: int


@dataclass(frozen=True, slots=True)
class InFront:
    """What proxies here, as tables name it, the command that runs it in the foreground, and where it tells counts."""

    what: str
    command: list[str]
    counts: Path | None = None

    def so_far(self) -> Handed | None:
        """What it has done; None where it does not count."""
        if self.counts is None:
            return None
        with socket.socket(socket.AF_UNIX) as asked:
            asked.connect(str(self.counts))
            asked.sendall(b"show stat\n")
            with asked.makefile() as told:
                return read_counts(told)


def in_front(listen: str, hosts: Sequence[str], folder: Path) -> InFront:
    """HAProxy before these hosts where it is installed, its files in ``folder``; else the stand-in."""
    program = shutil.which("haproxy", path=PROGRAMS)
    if program is None:
        command = [sys.executable, "-m", "bench.proxy", "--listen", listen]
        command += [part for one in hosts for part in ("--to", one)]
        return InFront("a stand-in (bench/proxy.py; no HAProxy here)", command)
    counts, file = folder / "haproxy.sock", folder / "haproxy.cfg"
    servers = "\n".join(f"  server api{number} {one}" for number, one in enumerate(hosts, 1))
    file.write_text(HAPROXY.format(listen=listen, servers=servers, counts=counts))
    said = subprocess.run([program, "-v"], capture_output=True, text=True, check=True).stdout.split()
    return InFront(f"HAProxy {said[2]}", [program, "-db", "-f", str(file)], counts)


def read_counts(told: Iterable[str]) -> Handed:
    """Read HAProxy's ``show stat``: what its hosts answered, and what it sent to another one after a failure."""
    rows = [row for row in csv.DictReader(told) if row["# pxname"] == "api"]
    answered = tuple(
        sum(int(row[f"hrsp_{kind}xx"]) for kind in range(1, 6)) for row in rows if row["svname"] != "BACKEND"
    )
    [all_of_them] = [row for row in rows if row["svname"] == "BACKEND"]
    return Handed(answered, int(all_of_them["wredis"]))


class Backend:
    """One host, whether it answers, and who is connected to it."""

    def __init__(self, address: str) -> None:
        self.host, _, port = address.partition(":")
        self.port = int(port)
        self.well = False
        self.callers: set[asyncio.StreamWriter] = set()

    async def watch(self) -> None:
        """Ask it for ever; when it does not answer, whoever is connected to it is let go."""
        while True:
            well = False
            with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                async with asyncio.timeout(CHECK_WITHIN_S):
                    reader, writer = await asyncio.open_connection(self.host, self.port)
                    try:
                        writer.write(QUESTION)
                        well = (await reader.readline()).startswith(b"HTTP/1.1 200")
                    finally:
                        writer.transport.abort()
            self.well = well
            if not well:
                for caller in tuple(self.callers):
                    caller.transport.abort()
            await asyncio.sleep(CHECK_EVERY_S)


class Proxy:
    """Hands each connection to the next host that is well."""

    def __init__(self, backends: Sequence[Backend]) -> None:
        self._backends, self._turn = backends, count()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One caller, until either side ends."""
        well = [one for one in self._backends if one.well]
        first = next(self._turn)
        for number in range(len(well)):
            backend = well[(first + number) % len(well)]
            try:
                async with asyncio.timeout(CONNECT_WITHIN_S):
                    there = await asyncio.open_connection(backend.host, backend.port)
            except (OSError, TimeoutError):
                continue
            backend.callers.add(writer)
            try:
                await asyncio.gather(_pass_on(reader, there[1]), _pass_on(there[0], writer))
            finally:
                backend.callers.discard(writer)
                there[1].transport.abort()
                writer.transport.abort()
            return
        writer.transport.abort()  # nobody is well: the caller tries again


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
    writer.transport.abort()


async def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and serve until the process is ended."""
    parser = argparse.ArgumentParser(description="Hand connections to several hosts.")
    parser.add_argument("--listen", required=True)
    parser.add_argument("--to", action="append", required=True)
    given = parser.parse_args(arguments)
    backends = [Backend(one) for one in given.to]
    host, _, port = given.listen.partition(":")
    server = await asyncio.start_server(Proxy(backends).serve, host, int(port))
    async with server:
        await asyncio.gather(server.serve_forever(), *(backend.watch() for backend in backends))


if __name__ == "__main__":
    asyncio.run(main())
