"""What a connection may send before a request begins, tried over real sockets of the server that serves the API."""

from __future__ import annotations

import json
import logging
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import uvicorn

from api import connection
from api.connection import MOST_HEAD, MOST_JOINED, Connection
from tests.waiting import PATIENCE_SECONDS, wait_until

ASKED = b"GET /there HTTP/1.1\r\nHost: here\r\n"
ENDLESS = [
    [b"x-part-%d: %s\r\n" % (number, b"a" * 1000) for number in range(700)],
    [b"x-long: ", *[b"a" * 1000] * 700],
]


async def answer(scope: Any, receive: Any, send: Any) -> None:
    """Says what was asked for, once all of it came."""
    if scope["path"] == "/news":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"news", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    if scope["path"] == "/later":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    if scope["path"] == "/parts":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for part in (b"one, ", b"", b"two, "):
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"three"})
        return
    message, size = await receive(), 0
    while message["type"] == "http.request":
        size += len(message["body"])
        if not message["more_body"]:
            break
        message = await receive()
    told = scope["headers"] if scope["path"] == "/headers" else size
    body = f"{scope['path']} {told}".encode() + b"." * (MOST_JOINED if scope["path"] == "/long" else 0)
    head = [(b"content-length", b"%d" % len(body)), (b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Somebody who is still there when the server has ended."""
    with socket.socket() as line:
        line.settimeout(PATIENCE_SECONDS)
        yield line


@pytest.fixture
def port() -> Iterator[int]:
    """A server of such answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            answer, interface="asgi3", loop="uvloop", http=Connection, ws="none", lifespan="off",
            log_config=None, access_log=False, timeout_keep_alive=1,
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


def pieces_in(line: socket.socket) -> int:
    """How many segments with something in them came in (``tcpi_data_segs_in`` of Linux's ``tcp_info``)."""
    found: int = struct.unpack_from("=I", line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256), 152)[0]
    return found


def refused(text: bytes) -> tuple[int, dict[str, Any]]:
    """Status and error of the last answer."""
    head, _, body = text.rpartition(b"\r\n\r\n")
    assert b"connection: close" in head
    return int(head.rpartition(b"HTTP/1.1 ")[2][:3]), json.loads(body)["error"]


def test_a_request_in_pieces_and_another_after_it_are_answered(port: int) -> None:
    pieces = [b"GET /th", b"ere HTTP/1.1\r\nHo", b"st: here\r\n\r\n", ASKED, b"Connection: close\r\n\r\n"]
    assert said(port, *pieces).count(b"/there 0") == 2


def test_an_answer_comes_in_one_piece(listener: socket.socket, port: int) -> None:
    listener.connect(("127.0.0.1", port))
    for asked_before in range(3):
        assert pieces_in(listener) == asked_before
        listener.sendall(ASKED + b"\r\n")
        assert listener.recv(65536).endswith(b"\r\n\r\n/there 0")


def test_a_long_answer_comes_whole(port: int) -> None:
    answered = said(port, ASKED.replace(b"/there", b"/long"), b"Connection: close\r\n\r\n")
    assert answered.startswith(b"HTTP/1.1 200 OK")
    assert answered.endswith(b"\r\n\r\n/long 0" + b"." * MOST_JOINED)


def test_what_comes_before_the_body_does_not_wait_for_it(port: int) -> None:
    head = b"POST /there HTTP/1.1\r\nHost: here\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    with closing(socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)) as line:
        line.sendall(head)
        assert line.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(b"abc")
        assert line.recv(65536).endswith(b"\r\n\r\n/there 3")
        for asked in (ASKED.replace(b"GET", b"HEAD"), ASKED.replace(b"/there", b"/later")):
            line.sendall(asked + b"\r\n")
            answered = line.recv(65536)
            assert answered.startswith(b"HTTP/1.1 200 OK")
            assert answered.endswith(b"\r\n\r\n")


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


@pytest.mark.parametrize("endless", ENDLESS)
def test_headers_without_an_end_are_refused(port: int, endless: list[bytes]) -> None:
    status, error = refused(said(port, ASKED, *endless))
    assert (status, error["code"]) == (431, "too_large")
    assert error["allowed"] == f"at most {MOST_HEAD} bytes"


def test_headers_just_small_enough_are_read(port: int) -> None:
    long = b"x-long: " + b"a" * (MOST_HEAD - 200) + b"\r\n"
    assert b"200 OK" in said(port, ASKED, long, b"Connection: close\r\n\r\n")


@pytest.mark.parametrize("endless", ENDLESS)
def test_trailers_without_an_end_are_refused(port: int, endless: list[bytes]) -> None:
    chunked = b"POST /there HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
    status, _ = refused(said(port, chunked, *endless))
    assert status == 431


def test_small_chunks_do_not_pay_for_a_long_trailer(port: int) -> None:
    head = b"POST /there HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"
    parts = [head, b"1\r\nx\r\n" * 100_000, b"0\r\nx-long: ", *[b"a" * 1000] * 900]
    status, _ = refused(said(port, *parts))
    assert status == 431


@pytest.mark.parametrize("size", [1, 100, 8192])
def test_a_body_in_chunks_of_any_size_is_no_head(port: int, size: int) -> None:
    body = b"%x\r\n%s\r\n" % (size, b"a" * size) * (800_000 // (size + 6))
    head = b"POST /there HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    assert said(port, head, body, b"0\r\n\r\n").endswith(b"/there %d" % (800_000 // (size + 6) * size))


def test_a_trailer_is_no_header(port: int) -> None:
    head = b"POST /headers HTTP/1.1\r\nHost: here\r\nX-Forwarded-For: 1.1.1.1\r\nConnection: close\r\n"
    answered = said(
        port, head, b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n"
    )
    assert b"1.1.1.1" in answered
    assert b"9.9.9.9" not in answered


def test_what_follows_a_request_does_not_take_its_answer(port: int, caplog: pytest.LogCaptureFixture) -> None:
    """What was asked rightly is answered, nothing else is, and no log tells of a stranger's rubbish."""
    answered = said(port, ASKED + b"\r\n\x16rubbish\r\n\r\n")
    assert answered.count(b"HTTP/1.1") == 1
    assert answered.endswith(b"/there 0")
    long = b"POST /there HTTP/1.1\r\nHost: here\r\nContent-Length: 90000\r\n\r\n" + b"a" * 90_000
    answered = said(port, long + ASKED, b"Connection: close\r\n\r\n")
    assert (answered.count(b"/there 90000"), answered.count(b"/there 0")) == (1, 1)
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR]


def test_requests_sent_far_ahead_of_their_answers_end_the_connection(port: int) -> None:
    assert said(port, (ASKED + b"\r\n") * 1000).count(b"HTTP/1.1") < 1000


@pytest.mark.parametrize(
    "rest", [b"\r\n", b"POST /late HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\nabc"]
)
def test_a_connection_that_says_nothing_more_is_closed(
    port: int, monkeypatch: pytest.MonkeyPatch, rest: bytes
) -> None:
    monkeypatch.setattr(connection, "BODY_SILENCE_S", 0.3)
    answered = said(port, ASKED + b"\r\n", rest)
    assert answered.startswith(b"HTTP/1.1 200 OK")
    assert (b"HTTP/1.1 408" in answered) == (b"POST" in rest)


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
    monkeypatch.setattr(connection, "BODY_SILENCE_S", 2.0)
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


def test_whoever_listens_to_news_does_not_hold_up_the_end(listener: socket.socket, port: int) -> None:
    """The server's end is waited for when this test ends, without a limit of its own."""
    listener.connect(("127.0.0.1", port))
    listener.sendall(b"GET /news HTTP/1.1\r\nHost: here\r\nAccept: text/event-stream\r\n\r\n")
    came = b""
    while b"news" not in came:
        came += listener.recv(65536)


def test_http_1_0_is_answered_without_chunks(port: int) -> None:
    head, _, body = said(port, b"GET /parts HTTP/1.0\r\n\r\n").partition(b"\r\n\r\n")
    assert (b"transfer-encoding" in head, body) == (False, b"one, two, three")
    head, _, body = said(port, b"HEAD /parts HTTP/1.0\r\n\r\n").partition(b"\r\n\r\n")
    assert (b"transfer-encoding" in head, body) == (False, b"")
    head, _, body = said(port, b"POST /there HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc").partition(b"\r\n\r\n")
    assert (b"content-length: 8" in head, body) == (True, b"/there 3")
    head, _, body = said(port, ASKED.replace(b"there", b"parts"), b"Connection: close\r\n\r\n").partition(
        b"\r\n\r\n"
    )
    assert (b"transfer-encoding: chunked" in head, body.endswith(b"5\r\nthree\r\n0\r\n\r\n")) == (True, True)
