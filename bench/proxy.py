"""What stands before several API hosts: HAProxy where it is installed, else a small stand-in that does the same.

``python -m bench.proxy --listen HOST:PORT --to HOST:PORT --to HOST:PORT``: connections are handed to the hosts in
turn; each host is asked every half second whether it is ready, and one that does not answer in time gets nothing more
and loses the connections it has, so that callers hear at once that they must try again.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

CHECK_EVERY_S, CHECK_WITHIN_S, CONNECT_WITHIN_S = 0.5, 1.0, 1.0
PIECE = 65_536
QUESTION = b"GET /health/ready HTTP/1.1\r\nHost: health\r\nConnection: close\r\n\r\n"
HAPROXY = """\
global
  maxconn 4000
defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server 30s
  option redispatch
  retries 2
frontend residents
  bind {listen}
  default_backend api
backend api
  balance roundrobin
  option httpchk GET /health/ready
  default-server check inter 500ms timeout 1s fall 2 rise 2 on-marked-down shutdown-sessions
{servers}
"""


def proxy_command(listen: str, backends: Sequence[str], folder: Path) -> tuple[str, list[str]]:
    """What proxies here, as tables name it, and the command that runs it in the foreground."""
    program = shutil.which("haproxy")
    if program is None:
        command = [sys.executable, "-m", "bench.proxy", "--listen", listen]
        return "a stand-in (bench/proxy.py; no HAProxy here)", command + [
            part for one in backends for part in ("--to", one)
        ]
    servers = "\n".join(f"  server api{number} {one}" for number, one in enumerate(backends, 1))
    file = folder / "haproxy.cfg"
    file.write_text(HAPROXY.format(listen=listen, servers=servers))
    return "HAProxy", [program, "-db", "-f", str(file)]


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
