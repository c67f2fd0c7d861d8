"""What a connection may send before a request begins, tried over real sockets of the server that serves the API."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import uvicorn

from api import connection
from api.connection import MOST_HEAD, Connection
from tests.waiting import PATIENCE_SECONDS, wait_until

ASKED = b"GET /there HTTP/1.1\r\nHost: here\r\n"


async def answer(scope: Any, receive: Any, send: Any) -> None:
    """Says what was asked for, once all of it came."""
    while (message := await receive()).get("more_body"):
        pass
    body = f"{scope['path']} {len(message.get('body', b''))}".encode()
    head = [(b"content-length", b"%d" % len(body)), (b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def port() -> Iterator[int]:
    """A server of such answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            answer, interface="asgi3", loop="uvloop", http=Connection, ws="none", lifespan="off",
            log_config=None, access_log=False, timeout_keep_alive=75,
        )  # fmt: skip
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        wait_until(lambda: server.started, "the server listens")
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()


def said(to: int, *parts: bytes) -> bytes:
    """Everything that comes back, until the server closes the connection."""
    with closing(socket.create_connection(("127.0.0.1", to), PATIENCE_SECONDS)) as line:
        try:
            for part in parts:
                line.sendall(part)
            return b"".join(iter(lambda: line.recv(65536), b""))
        except (ConnectionResetError, BrokenPipeError):
            return b""


def refused(text: bytes) -> tuple[int, dict[str, Any]]:
    """Status and error of the last answer."""
    head, _, body = text.rpartition(b"\r\n\r\n")
    assert b"connection: close" in head
    return int(head.rpartition(b"HTTP/1.1 ")[2][:3]), json.loads(body)["error"]


def test_a_request_in_pieces_and_another_after_it_are_answered(port: int) -> None:
    pieces = [b"GET /th", b"ere HTTP/1.1\r\nHo", b"st: here\r\n\r\n", ASKED, b"Connection: close\r\n\r\n"]
    assert said(port, *pieces).count(b"/there 0") == 2


@pytest.mark.parametrize(
    "text",
    [
        b"\x16\x03\x01 hello\r\n\r\n",
        b"GET /there HTTP/9.9\r\n\r\n",
        ASKED + b"no colon\r\n\r\n",
        ASKED + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        ASKED + b"Content-Length: three\r\n\r\n",
        b"GET /th\xffere HTTP/1.1\r\nHost: here\r\n\r\n",
    ],
)
def test_what_is_no_request_is_told_so(port: int, text: bytes) -> None:
    status, error = refused(said(port, text))
    assert (status, error["code"]) == (400, "malformed_request")
    assert error["reference"]


@pytest.mark.parametrize(
    "endless",
    [
        [b"x-part-%d: %s\r\n" % (number, b"a" * 1000) for number in range(80)],
        [b"x-long: ", *[b"a" * 1000] * 80],
    ],
)
def test_headers_without_an_end_are_refused(port: int, endless: list[bytes]) -> None:
    status, error = refused(said(port, ASKED, *endless))
    assert (status, error["code"]) == (431, "too_large")
    assert error["allowed"] == f"at most {MOST_HEAD} bytes"


def test_headers_just_small_enough_are_read(port: int) -> None:
    long = b"x-long: " + b"a" * (MOST_HEAD - 200) + b"\r\n"
    assert b"200 OK" in said(port, ASKED, long, b"Connection: close\r\n\r\n")


def test_trailers_without_an_end_are_refused(port: int) -> None:
    chunked = b"POST /there HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
    trailers = [b"x-part-%d: %s\r\n" % (number, b"a" * 1000) for number in range(80)]
    status, _ = refused(said(port, chunked, *trailers))
    assert status == 431


@pytest.mark.parametrize(("text", "status"), [(b"", None), (ASKED, 408), (ASKED + b"\r\n" + ASKED, 408)])
def test_patience_ends(port: int, monkeypatch: pytest.MonkeyPatch, text: bytes, status: int | None) -> None:
    monkeypatch.setattr(connection, "HEAD_WITHIN_S", 0.3)
    answered = said(port, text)
    if status is None:
        assert answered == b""
    else:
        assert refused(answered)[0] == status
        assert answered.count(b"/there 0") == text.count(b"\r\n\r\n")


def test_a_body_may_take_longer(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_WITHIN_S", 0.2)
    with closing(socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)) as line:
        line.sendall(b"POST /there HTTP/1.1\r\nHost: here\r\nContent-Length: 6\r\n\r\nabc")
        line.settimeout(0.6)
        with pytest.raises(TimeoutError):
            line.recv(1)
        line.settimeout(PATIENCE_SECONDS)
        line.sendall(b"def")
        assert line.recv(65536).startswith(b"HTTP/1.1 200 OK")


def test_one_connection_too_many_is_closed_and_the_others_go_on(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MOST_CONNECTIONS", 3)
    lines = [socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) for _ in range(3)]
    try:
        for line in lines:
            line.sendall(ASKED + b"\r\n")
            assert line.recv(65536).startswith(b"HTTP/1.1 200 OK")
        assert said(port, ASKED + b"\r\n") == b""
        lines[0].sendall(ASKED + b"\r\n")
        assert lines[0].recv(65536).startswith(b"HTTP/1.1 200 OK")
    finally:
        for line in lines:
            line.close()
