"""Requests to move."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tests.api.test_requests import FILE, RUBBISH


@pytest.fixture
def filed(client: TestClient) -> list[str]:
    """Six requests."""
    return [str(client.post(FILE, json=RUBBISH).json()["reference"]) for _ in range(6)]
