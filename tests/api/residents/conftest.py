"""A report whose private link somebody holds, open or resolved."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tests.api.conftest import Staff
from tests.api.residents.holding import Holder


@pytest.fixture
def holder(client: TestClient) -> Holder:
    """Somebody who filed about Phnom Penh."""
    return Holder(client)


@pytest.fixture
def resolved(holder: Holder, supervisor: Staff) -> Holder:
    """The same, closed as cleaned."""
    answer = supervisor.move(holder.reference, "resolve", reason="cleaned", note="Collected.")
    assert answer.status_code == 200, answer.text
    return holder
