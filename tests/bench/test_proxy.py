"""What stands before several API hosts asks each of them, leaves out who is gone, and repeats only what is safe."""

from __future__ import annotations

import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from bench import proxy
from bench.installation import wait_until
from bench.proxy import PROGRAMS, Handed, InFront, in_front, read_counts
from nagara.local.children import end_child, start_child
from nagara.local.ports import free_port

haproxy_is_here = pytest.mark.skipif(shutil.which("haproxy", path=PROGRAMS) is None, reason="no HAProxy here")
KEY = {"Idempotency-Key": "one"}


class Host(ThreadingHTTPServer):
    """Says in each answer which it is; one that is mute says only that it is ready."""

    mute, daemon_threads, block_on_close = False, True, False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.address = f"127.0.0.1:{self.server_port}"


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Host

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.mute:
            self.close_connection = True
        else:
            self.answer()

    def answer(self) -> None:
        content = self.server.address.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with suppress(OSError):  # whoever asks whether it is ready does not always read on
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def hosts() -> Iterator[list[Host]]:
    with ExitStack() as stack:
        both = [stack.enter_context(Host()) for _ in range(2)]
        for host in both:
            threading.Thread(target=host.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
            stack.callback(host.shutdown)
        yield both


@contextmanager
def running(both: list[Host], folder: Path) -> Iterator[tuple[str, InFront]]:
    address = f"127.0.0.1:{free_port()}"
    front, log = in_front(address, [host.address for host in both], folder), folder / "proxy.log"
    child = start_child(front.command, log)
    try:
        wait_until(lambda: answered(address, 2), child, log)
        yield f"http://{address}/requests", front
    finally:
        end_child(child, signal.SIGTERM, 10.0)


def answered(address: str, by: int) -> bool:
    """Whether so many hosts answer, asked over a connection each time."""
    try:
        said = [httpx.get(f"http://{address}/", trust_env=False) for _ in range(4)]
    except httpx.TransportError:
        return False
    return len({one.text for one in said if one.status_code == 200}) == by


def posted(address: str, headers: dict[str, str]) -> list[int]:
    return [httpx.post(address, headers=headers, json={}, trust_env=False).status_code for _ in range(4)]


@pytest.mark.parametrize("stand_in", [True, pytest.param(False, marks=haproxy_is_here)])
def test_a_host_that_is_gone_is_left_out(
    tmp_path: Path, stand_in: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if stand_in:
        monkeypatch.setattr(proxy, "PROGRAMS", str(tmp_path))
    with hosts() as both, running(both, tmp_path) as (address, front):
        assert front.what.startswith("a stand-in" if stand_in else "HAProxy ")
        both[0].shutdown()
        both[0].server_close()
        assert posted(address, KEY) == [200] * 4


@haproxy_is_here
def test_haproxy_repeats_what_has_a_key_and_says_so(tmp_path: Path) -> None:
    with hosts() as both, running(both, tmp_path) as (address, front):
        before = front.so_far()
        both[0].mute = True
        assert posted(address, KEY) == [200] * 4
        after = front.so_far()
        assert sorted(posted(address, {})) == [200, 200, 502, 502]
    assert before is not None
    assert after is not None
    assert after.again - before.again == 4, (
        "each was sent to the mute one first: the next in turn was the other"
    )
    assert after.answered[1] - before.answered[1] == 4


def test_counts_are_those_of_the_hosts() -> None:
    told = [
        "# pxname,svname,wretr,wredis,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,\n",
        "residents,FRONTEND,,,0,9,0,0,0,\n",
        "api,api1,1,2,0,3,0,1,0,\n",
        "api,api2,0,0,0,6,0,0,0,\n",
        "api,BACKEND,1,2,0,9,0,1,0,\n",
    ]
    assert read_counts(told) == Handed((4, 6), 2)
