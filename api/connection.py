"""One connection of HTTP: what somebody may send, and how long they may take over it.

uvicorn gives a request no end in size or time. These are the ends of its head, of all that is not its body, and of the
silence within its body; how large a body may be is said in `api/edge.py`. Whoever speaks HTTP/1.0 is answered in it.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from enum import Enum
from typing import Any, cast

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

log = logging.getLogger(__name__)

MOST_CONNECTIONS = 1000
"""Of one process; a proxy in front of it needs far fewer, and each costs a file."""

MOST_HEAD = 64 * 1024
"""Bytes of a request that are not its body: first line, headers, trailers. What is read at once may be more."""

MOST_WAITING = 16
"""Requests that one connection may send ahead of their answers."""

HEAD_WITHIN_S = 30.0
"""From its first byte to its end; also how long a new connection may say nothing."""

BODY_SILENCE_S = 60.0
"""A photo over a slow line may take as long as it needs, but something of it must come."""

LINGER_S = 1.0
TELL_EVERY_S = 60.0
CHUNK_FRAMING = 32
"""Bytes of a chunk's own head that count as body: a body in small chunks is nobody's fault."""

MALFORMED, SLOW, LONG = 400, 408, 431
REFUSALS = {
    MALFORMED: ("malformed_request", "This is not a request of HTTP/1.1.", None),
    SLOW: (
        "slow_request",
        "The request did not come in time.",
        f"headers within {HEAD_WITHIN_S:.0f} s, no silence of {BODY_SILENCE_S:.0f} s in a body",
    ),
    LONG: ("too_large", "The request's headers are too long.", f"at most {MOST_HEAD} bytes"),
}
STREAM = b"text/event-stream"
MOST_JOINED = 64 * 1024
"""Bytes of a body that are copied behind its head; more of them cost as much as a write of their own."""


class Phase(Enum):
    """What the next byte belongs to."""

    BETWEEN = 0
    HEAD = 1
    BODY = 2


class Connection(HttpToolsProtocol):
    """Guarantee: whoever sends no whole request costs a bounded number of bytes and seconds."""

    _told_at = -TELL_EVERY_S

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._phase = Phase.BETWEEN
        self._beside_body = 0
        self._heard_at = 0.0
        self._deaf = False
        self._running: RequestResponseCycle | None = None
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Wait for the first request; one connection too many is closed at once."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self._tell_of_too_many()
            transport.close()
            return
        self._patience = self.loop.call_later(HEAD_WITHIN_S, self._lose_patience)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more; also a request that others wait behind is told."""
        self._stop_waiting()
        self._unset_keepalive_if_required()
        self._disconnect(self._running)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, and watch what is not complete by then."""
        if self._deaf:
            return
        self._beside_body += len(data)
        super().data_received(data)
        if self._deaf or self.transport.is_closing():
            return
        if self._beside_body > MOST_HEAD:
            self._refuse(LONG)
        elif len(self.pipeline) > MOST_WAITING:
            self.transport.close()
        elif self._phase is not Phase.BETWEEN:
            self._heard_at = self.loop.time()
            if self._patience is None:
                within = HEAD_WITHIN_S if self._phase is Phase.HEAD else BODY_SILENCE_S
                self._patience = self.loop.call_later(within, self._lose_patience)
        elif self.timeout_keep_alive_task is None and (self.cycle is None or self.cycle.response_complete):
            # A body that came after its answer, or an empty line: the wait for the next request goes on.
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._phase, self._beside_body = Phase.HEAD, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header. Trailers are not read: what a proxy checked in the head must not be said again behind it."""
        if self._phase is Phase.HEAD:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is there: the request is begun."""
        self._stop_waiting()
        super().on_headers_complete()
        self._phase = Phase.BODY

    def on_chunk_header(self) -> None:
        """A chunk of the body is announced."""
        self._count_off(CHUNK_FRAMING)

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._count_off(len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is there as a whole."""
        self._phase = Phase.BETWEEN
        self._stop_waiting()
        super().on_message_complete()

    def shutdown(self) -> None:
        """An answer under way is finished; a stream of news has no end to wait for."""
        running = self._running
        if running is not None and any(
            name == b"accept" and STREAM in value for name, value in running.scope["headers"]
        ):
            self.transport.close()
        super().shutdown()

    def send_400_response(self, msg: str) -> None:
        """Called for whatever the parser does not accept."""
        self._refuse(MALFORMED)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        if cycle.scope["method"] != "HEAD":  # of which nothing follows the head
            cycle.transport = cast(asyncio.Transport, _HeadWithBody(self.transport, self.loop))
        if cycle.scope["http_version"] == "1.0":
            app = _without_chunks(app, cycle)
        super()._start_asgi_task(cycle, app)

    def _count_off(self, count: int) -> None:
        # Never below nothing: many small chunks must not pay for a long trailer.
        self._beside_body = max(0, self._beside_body - count)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _lose_patience(self) -> None:
        self._patience = None
        if self._phase is Phase.BETWEEN:
            self.transport.close()
            return
        quiet = self.loop.time() - self._heard_at
        if self._phase is Phase.BODY and (quiet < BODY_SILENCE_S or self.flow.read_paused):
            # Whoever is not read is not silent.
            within = max(BODY_SILENCE_S - quiet, LINGER_S)
            self._patience = self.loop.call_later(within, self._lose_patience)
            return
        self._refuse(SLOW)

    def _refuse(self, status: int) -> None:
        """In the shape of every refusal, after the answers to what was asked before; nothing more is read."""
        if self._deaf or self.transport.is_closing():
            return
        self._deaf = True
        running = self._running
        if running is not None and not running.response_complete:
            its_own = running is self.cycle and self._phase is Phase.BODY
            if not its_own:
                self.pipeline.clear()
                running.keep_alive = False  # its answer ends the connection
                return
            self._disconnect(running)
            if running.response_started:
                self.transport.close()
                return
        code, message, allowed = REFUSALS[status]
        error = {"code": code, "message": message} | ({"allowed": allowed} if allowed else {})
        body = orjson.dumps({"error": error | {"reference": secrets.token_hex(4)}})
        head = [b"content-type: application/json", b"content-length: %d" % len(body), b"connection: close"]
        self.transport.write(STATUS_LINE[status] + b"\r\n".join([*head, b"", body]))
        # Closed at once, what is still on its way would be answered with a reset, which takes the refusal along.
        self.transport.write_eof()
        self.loop.call_later(LINGER_S, self.transport.close)

    @staticmethod
    def _disconnect(cycle: RequestResponseCycle | None) -> None:
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()

    @classmethod
    def _tell_of_too_many(cls) -> None:
        if time.monotonic() - cls._told_at > TELL_EVERY_S:
            cls._told_at = time.monotonic()
            log.warning("%d connections are open; further ones are closed", MOST_CONNECTIONS)


class _HeadWithBody:
    """What an answer is written to: its head leaves in one write with the first of its body, which uvicorn hands over
    one after the other. Two writes cost twice as much, and wake whoever reads for half an answer.

    A head whose body does not follow at once leaves alone, in the next turn of the event loop.
    """

    __slots__ = ("_began", "_head", "_loop", "_transport", "is_closing")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._began, self._head = False, b""
        self.is_closing = transport.is_closing

    def write(self, data: bytes) -> None:
        """Keep what comes first; send what comes after, and before it what is kept."""
        if not self._began:
            self._began, self._head = True, data
            self._loop.call_soon(self._send_head)
        elif self._head and len(data) <= MOST_JOINED:
            data, self._head = self._head + data, b""
            self._transport.write(data)
        else:
            self._send_head()
            self._transport.write(data)

    def close(self) -> None:
        """As a transport is closed: what was written leaves before."""
        self._send_head()
        self._transport.close()

    def _send_head(self) -> None:
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head)


def _without_chunks(app: Any, cycle: RequestResponseCycle) -> Any:
    """Answers HTTP/1.0, as proxies speak it that were told nothing else: what has no known length ends with the line.

    uvicorn closes the connection after any such answer, but would frame its parts as chunks, which HTTP/1.0 lacks.
    """

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        counted = False

        async def unframed(message: Any) -> None:
            nonlocal counted
            if message["type"] == "http.response.start":
                counted = any(name.lower() == b"content-length" for name, _ in message.get("headers", ()))
                if not counted:
                    cycle.chunked_encoding = False
            elif not counted:
                cycle.expected_content_length = len(message.get("body", b""))
            await send(message)

        await app(scope, receive, unframed)

    return answer
