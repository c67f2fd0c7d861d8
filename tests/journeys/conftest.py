"""Stories are told over HTTP against the whole demo, as somebody outside would."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.conftest import Live
from tests.waiting import PAGE_PATIENCE_SECONDS

PASSWORD = "nagara-demo-2026"


class Outside:
    """A client that knows nothing but the address."""

    def __init__(self, url: Live) -> None:
        self.url = url

    def call(
        self, method: str, path: str, body: Any = None, token: str | None = None, key: str | None = None
    ) -> tuple[int, Any]:
        """Status and JSON answer; status 0 where nobody answered, or not to the end."""
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if key:
            headers["Idempotency-Key"] = key
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(str(self.url) + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PAGE_PATIENCE_SECONDS) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")
        except (OSError, http.client.HTTPException):
            return 0, None

    def sign_in(self, name: str) -> str:
        """A session's token."""
        status, answer = self.call("POST", "/api/v1/staff/session", {"username": name, "password": PASSWORD})
        assert status == 200, answer
        return str(answer["token"])


@pytest.fixture
def outside(live_server: Live) -> Outside:
    """Somebody outside."""
    return Outside(live_server)
