"""The other side of the channels: takes mails and HTTP messages on loopback and writes down every key it is given.

`python -m nagara.local.chaos.counting_sink --smtp-port N --http-port N --file FILE`. A line a message stands in
FILE before the sender hears that it was taken, so what the sink was killed after is not forgotten. It keeps
keys and no texts, and takes repeated keys as often as they come: telling them apart is for who counts.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from nagara.local.ports import LOOPBACK

Note = Callable[[str, str], None]
"""Writes down that a channel's message with a key was taken."""

LARGEST_BODY = 256 * 1024
MAIL, WEB = "smtp", "http"
ANSWERS_AFTER_SECONDS = 0.003
"""Between writing down and answering: a sender that is killed within must send again, as with a real server."""


def received(file: Path) -> dict[str, Counter[str]]:
    """How often each key was received, by the way it came."""
    found: dict[str, Counter[str]] = {MAIL: Counter(), WEB: Counter()}
    if file.exists():
        for line in file.read_text().splitlines():
            way, _, key = line.partition(" ")
            found[way][key] += 1
    return found


class _Mails:
    """What aiosmtpd asks; a message without a key is refused, for it could not be counted."""

    def __init__(self, note: Note) -> None:
        self._note = note

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take one mail."""
        content = envelope.content
        message = message_from_bytes(content.encode() if isinstance(content, str) else content or b"")
        named = re.match(r"<([^@>]+)@", message.get("Message-ID", ""))
        if named is None:
            return "554 5.6.0 the message has no Message-ID"
        self._note(MAIL, named[1])
        await asyncio.sleep(ANSWERS_AFTER_SECONDS)
        return "250 2.0.0 counted"


def _web_server(port: int, note: Note) -> ThreadingHTTPServer:
    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # connections are kept, as gateways keep them
        disable_nagle_algorithm = True

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            key = self.headers.get("Idempotency-Key") or self.headers.get("Webhook-Id")
            if length > LARGEST_BODY or not key:
                self.close_connection = True
                self._say(413 if length > LARGEST_BODY else 400)
                return
            self.rfile.read(length)
            note(WEB, key)
            time.sleep(ANSWERS_AFTER_SECONDS)
            self._say(202)

        def _say(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    server = ThreadingHTTPServer((LOOPBACK, port), Answers)
    server.daemon_threads = True
    return server


async def serve(smtp_port: int, http_port: int, file: Path) -> None:
    """Take messages until SIGTERM."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    book = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(way: str, key: str) -> None:
        os.write(book, f"{way} {key}\n".encode())  # one call, so that lines of two threads do not mix

    web = _web_server(http_port, note)
    threading.Thread(target=web.serve_forever, args=(0.1,), name="http", daemon=True).start()
    mails = await loop.create_server(lambda: SMTP(_Mails(note), hostname="localhost"), LOOPBACK, smtp_port)
    await stop.wait()
    mails.close()
    web.shutdown()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description="Count messages by key.")
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    parser.add_argument("--file", type=Path, required=True)
    chosen = parser.parse_args()
    asyncio.run(serve(chosen.smtp_port, chosen.http_port, chosen.file))


if __name__ == "__main__":
    main()
