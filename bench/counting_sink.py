"""The other side of a delivery that costs next to nothing: takes mails and calls on loopback and counts their keys.

``python -m bench.counting_sink --smtp PORT --http PORT``; ``GET /count`` answers how many messages came and how
many different keys they bore.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence

from nagara.local.ports import LOOPBACK

KEY_OF_MAIL = re.compile(rb"^Message-ID: <([^@>]+)", re.M | re.I)
KEY_OF_CALL = re.compile(rb"^(?:idempotency-key|webhook-id): *(\S+)", re.M | re.I)
LENGTH = re.compile(rb"^content-length: *(\d+)", re.M | re.I)
END_OF_MAIL = b"\r\n.\r\n"
END_OF_HEAD = b"\r\n\r\n"


class Count:
    """What has come."""

    def __init__(self) -> None:
        self.messages = 0
        self.keys: set[bytes] = set()

    def take(self, key: re.Match[bytes] | None) -> None:
        """One message."""
        self.messages += 1
        if key is not None:
            self.keys.add(key[1])


class _Lines(asyncio.Protocol, ABC):
    """What both servers share: bytes that have come and not been understood yet."""

    def __init__(self, count: Count) -> None:
        self.count, self.waiting = count, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody connected."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.greet()

    def greet(self) -> None:
        """Say nothing."""

    def data_received(self, data: bytes) -> None:
        """Understand as much as is complete."""
        self.waiting += data
        while self.understand():
            pass

    @abstractmethod
    def understand(self) -> bool:
        """One step; False when more has to come."""


class Smtp(_Lines):
    """As much of SMTP as a sender needs (RFC 5321)."""

    in_mail = False

    def greet(self) -> None:
        """The greeting."""
        self.transport.write(b"220 sink\r\n")

    def understand(self) -> bool:
        """One line, or one whole mail."""
        ending = END_OF_MAIL if self.in_mail else b"\r\n"
        part, found, rest = self.waiting.partition(ending)
        if not found:
            return False
        self.waiting = rest
        if self.in_mail:
            self.in_mail = False
            self.count.take(KEY_OF_MAIL.search(part))
            self.transport.write(b"250 taken\r\n")
            return True
        word = part[:4].upper()
        answers = {b"EHLO": b"250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n", b"DATA": b"354 go on\r\n"}
        self.in_mail = word == b"DATA"
        self.transport.write(answers.get(word, b"250 OK\r\n"))
        if word == b"QUIT":
            self.transport.close()
        return True


class Http(_Lines):
    """As much of HTTP/1.1 as a caller needs."""

    def understand(self) -> bool:
        """One whole call."""
        head, found, rest = self.waiting.partition(END_OF_HEAD)
        length = LENGTH.search(head)
        needed = int(length[1]) if length else 0
        if not found or len(rest) < needed:
            return False
        self.waiting = rest[needed:]
        body = b""
        if head.startswith(b"GET /count"):
            body = json.dumps({"messages": self.count.messages, "keys": len(self.count.keys)}).encode()
        else:
            self.count.take(KEY_OF_CALL.search(head))
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        return True


async def serve(smtp: int, http: int, host: str) -> None:
    """Take everything until the process is ended."""
    count, loop = Count(), asyncio.get_running_loop()
    await loop.create_server(lambda: Smtp(count), host, smtp)
    await loop.create_server(lambda: Http(count), host, http)
    await asyncio.Event().wait()


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description="Count what is sent; keep nothing.")
    parser.add_argument("--smtp", type=int, required=True)
    parser.add_argument("--http", type=int, required=True)
    parser.add_argument("--host", default=LOOPBACK)
    given = parser.parse_args(arguments)
    asyncio.run(serve(given.smtp, given.http, given.host))


if __name__ == "__main__":
    main()
