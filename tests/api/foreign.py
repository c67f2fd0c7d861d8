"""The application behind a real port, for clients that nobody here wrote and that speak to nothing less."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from starlette.testclient import TestClient

from nagara.settings import settings

PASSED_ON = ("accept", "accept-language", "authorization", "content-type", "idempotency-key", "if-none-match")
OF_THE_LINE = ("connection", "content-encoding", "content-length", "date", "server", "transfer-encoding")
"""Headers of an answer that belong to this server's own connection; every other one is the application's."""


@contextmanager
def served(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve the application on a port of this machine; links lead there meanwhile."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {n: v for n, v in self.headers.items() if n.lower() in PASSED_ON}
            headers["Accept-Encoding"] = "identity"
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = client.request(self.command, self.path, headers=headers, content=body)
            self.send_response(answer.status_code)
            for name, value in answer.headers.multi_items():
                if name.lower() not in OF_THE_LINE:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setenv("NAGARA_PUBLIC_URL", url)
    settings.cache_clear()
    try:
        yield url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        monkeypatch.delenv("NAGARA_PUBLIC_URL")
        settings.cache_clear()


def elsewhere(program: str, *arguments: str) -> Any:
    """What a Python program prints as JSON, run in a process of its own: GDAL holds on to the one it is in."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)
