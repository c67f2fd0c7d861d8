"""The demo's other side: takes every message on loopback, sends none on, keeps each as a file.

Mails become .eml files; with `--http-port`, text messages and browsers' messages are taken too (`http_sink`).
Run as `python -m nagara.local.mail_sink --port PORT --folder FOLDER`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from aiosmtpd.smtp import SMTP, Envelope, Session

from nagara.local.http_sink import serve_http
from nagara.local.ports import LOOPBACK
from nagara.private_file import private_bytes

LARGEST_MESSAGE_BYTES = 10_000_000


class Sink:
    """Stores what arrives. A file appears under its final name only when it is complete."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep one message; the sender hears 250 only after it is on disk."""
        content = envelope.content
        message = content.encode() if isinstance(content, str) else content or b""
        head = f"X-Envelope-From: {envelope.mail_from}\r\nX-Envelope-To: {', '.join(envelope.rcpt_tos)}\r\n"
        name = _name()
        try:
            _store(self.folder, f"{name}.eml", head.encode() + message)
        except OSError as error:
            return f"452 4.3.1 cannot store the message: {error.strerror}"
        return f"250 2.0.0 kept as {name}.eml"


def _name() -> str:
    """Names sort by time of arrival."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{uuid4().hex[:8]}"


def _store(folder: Path, name: str, content: bytes) -> None:
    unfinished = folder / f".{name}.unfinished"
    try:
        with private_bytes(unfinished) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(folder / name)
    finally:
        unfinished.unlink(missing_ok=True)


async def serve(port: int, folder: Path, http_port: int | None = None) -> None:
    """Take messages until SIGINT or SIGTERM."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(ending, stop.set)
    sink = Sink(folder)
    if http_port is not None:
        serve_http(http_port, folder, lambda ending, content: _store(folder, f"{_name()}.{ending}", content))
    server = await loop.create_server(
        lambda: SMTP(sink, hostname="localhost", enable_SMTPUTF8=True, data_size_limit=LARGEST_MESSAGE_BYTES),
        LOOPBACK,
        port,
    )
    print(f"keeping mail on port {port} in {folder}", flush=True)
    await stop.wait()
    server.close()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description="Keep every mail as a file; send none on.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--http-port", type=int)
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.port, arguments.folder, arguments.http_port))


if __name__ == "__main__":
    main()
