"""One connection of HTTP/1.1: what somebody may send, and how long they may take, before a request begins.

uvicorn reads a request's head without an end in size or time. These are the ends; those of a body are in `api/edge.py`.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

MOST_CONNECTIONS = 1000
"""Of one process; a proxy in front of it needs far fewer, and each costs a file."""

MOST_HEAD = 64 * 1024
"""Bytes of a request's first line and headers, and of the trailers that may follow its body."""

HEAD_WITHIN_S = 30.0
"""From its first byte to its end; also how long a new connection may say nothing."""

LINGER_S = 1.0
MALFORMED, SLOW, LONG = 400, 408, 431
REFUSALS = {
    MALFORMED: ("malformed_request", "This is not a request of HTTP/1.1.", None),
    SLOW: ("slow_request", "The request's headers did not come in time.", f"within {HEAD_WITHIN_S:.0f} s"),
    LONG: ("too_large", "The request's headers are too long.", f"at most {MOST_HEAD} bytes"),
}


class TooLong(Exception):
    """The head passed the limit while it was read."""


class Connection(HttpToolsProtocol):
    """Guarantee: what has no complete head never costs more than `MOST_HEAD` bytes and `HEAD_WITHIN_S` seconds."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._head_open = False
        self._read_bytes = self._header_bytes = 0
        self._deaf = False
        self._refused = MALFORMED
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Wait for the first request; one connection too many is closed at once."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.close()
            return
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; a head that is not complete by now is watched."""
        if self._deaf:
            return
        super().data_received(data)
        if self._head_open and not self._deaf:
            self._read_bytes += len(data)  # a header that never ends is told by nothing else
            if self._read_bytes > MOST_HEAD:
                self._refuse(LONG)
            elif self._patience is None:
                self._wait_for_head()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._head_open = True
        self._read_bytes = self._header_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer. Raises TooLong, which the parser makes its own error of."""
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > MOST_HEAD:
            self._refused = LONG
            raise TooLong
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is there: the request is begun."""
        self._head_open = False
        self._head_came()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Called for whatever the parser does not accept."""
        self._refuse(self._refused)

    def _wait_for_head(self) -> None:
        self._patience = self.loop.call_later(HEAD_WITHIN_S, self._lose_patience)

    def _head_came(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _lose_patience(self) -> None:
        if self._head_open:
            self._refuse(SLOW)
        else:
            self.transport.close()

    def _refuse(self, status: int) -> None:
        """In the shape of every refusal; while an answer is being written, closing says it."""
        if self.transport.is_closing() or self._deaf:
            return
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            code, message, allowed = REFUSALS[status]
            error = {"code": code, "message": message} | ({"allowed": allowed} if allowed else {})
            body = orjson.dumps({"error": error | {"reference": secrets.token_hex(4)}})
            head = [
                b"content-type: application/json",
                b"content-length: %d" % len(body),
                b"connection: close",
            ]
            self.transport.write(STATUS_LINE[status] + b"\r\n".join([*head, b"", body]))
            # Closed at once, what is still on its way would be answered with a reset, which takes the refusal along.
            self.transport.write_eof()
            self._deaf = True
            self.loop.call_later(LINGER_S, self.transport.close)
        else:
            self.transport.close()
