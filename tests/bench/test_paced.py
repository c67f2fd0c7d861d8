"""Residents of a bench come at their moments and send the same again under the same key until they are answered."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.chart import chart
from bench.paced import Residents, read_filed, start_residents

KEY = re.compile(rb"idempotency-key: (\S+)", re.I)
LENGTH = re.compile(rb"content-length: (\d+)", re.I)
NO_ANSWER = b""
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}"
FILED = b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%s"


@contextmanager
def server(answers: list[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """Gives these answers one after the other, then files; yields its port and the keys it was sent."""
    keys: list[bytes] = []
    loop, ready = asyncio.new_event_loop(), threading.Event()
    port = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            size, key = LENGTH.search(head), KEY.search(head)
            assert size is not None
            assert key is not None
            await reader.readexactly(int(size[1]))
            keys.append(key[1])
            body = b'{"reference":"%s","received_at":"2026-01-01T00:00:00Z"}' % key[1]
            writer.write(answers.pop(0) if answers else FILED % (len(body), body))
            if not writer.transport.get_write_buffer_size() and len(keys) == 1:
                writer.close()  # the first gets no answer at all
                return

    async def run() -> None:
        nonlocal port
        listening = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        ready.set()

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(run(), loop)
    assert ready.wait(30)
    yield port, keys
    loop.call_soon_threadsafe(loop.stop)
    thread.join(30)


def test_what_is_not_answered_is_sent_again_under_its_key(tmp_path: Path) -> None:
    output = tmp_path / "filed.jsonl"
    with server([NO_ANSWER, BUSY]) as (port, keys):
        who = Residents("127.0.0.1", port, "kh-pnh", 40.0, 0.5, [{"service_code": "waste_missed"}])
        assert start_residents(who, output).wait(60) == 0
    filed = read_filed(output)
    assert len(filed) > 5
    assert len({one.reference for one in filed}) == len(filed), "each is another report"
    assert {one.reference for one in filed} == {key.decode() for key in keys}
    assert sum(one.tries for one in filed) == len(keys) == len(filed) + 2
    assert all(one.took_ms >= one.first_ms for one in filed if one.tries > 1)


def test_as_many_as_are_answered_file_at_once(tmp_path: Path) -> None:
    output = tmp_path / "filed.jsonl"
    with server([NO_ANSWER, BUSY]) as (port, keys):
        who = Residents("127.0.0.1", port, "kh-pnh", 0.0, 0.5, [{"service_code": "waste_missed"}], at_once=3)
        assert start_residents(who, output).wait(60) == 0
    filed = read_filed(output)
    assert len(filed) > 10
    assert {one.reference for one in filed} == {key.decode() for key in keys}
    assert sum(one.tries for one in filed) == len(keys) == len(filed) + 2
    assert sorted(one.why for one in filed if one.why) == ["503 ", "IncompleteReadError"]


def test_a_curve_has_a_line_for_each_name() -> None:
    drawn = chart(
        "a < b", "size", "ms", {"one": [(1e5, 2.0), (5e6, 3.0)], "two": [(1e5, 9.0), (5e6, 900.0)]}, log=True
    )
    assert drawn.count("<polyline") == 2
    assert "a &lt; b" in drawn
