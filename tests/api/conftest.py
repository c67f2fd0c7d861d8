"""The application in this process over real servers, with an empty database for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from httpx import Response
from starlette.testclient import TestClient

PASSWORD = "a long demo password"


@pytest.fixture(scope="session")
def application(services: object) -> Iterator[TestClient]:
    """The application, started once: its pool, limits and cities."""
    import os

    os.environ["NAGARA_RATE_LIMITS"] = "off"
    from api.app import create_app
    from nagara.settings import settings

    settings.cache_clear()  # other rooms' tests may have read them before, with limits

    with TestClient(
        create_app(), raise_server_exceptions=False, backend_options={"use_uvloop": True}
    ) as client:
        yield client


@pytest.fixture
def client(application: TestClient, database_url: str) -> TestClient:
    """A client without a session, over an empty database."""
    application.cookies.clear()
    return application


class Staff:
    """Somebody signed in."""

    def __init__(self, client: TestClient, name: str, role: str, department: str | None = None) -> None:
        from nagara import accounts
        from nagara.database import city_session

        username, city = name.split("@")
        with city_session(city) as session:
            accounts.add_account(session, city, username, PASSWORD, role, department=department)
        answer = client.post("/api/v1/staff/session", json={"username": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client.cookies.clear()
        self.client, self.token = client, answer.json()["token"]
        self.headers = {"Authorization": f"Bearer {self.token}"}

    def get(self, path: str, **params: object) -> Response:
        """GET under /api/v1/staff."""
        answer: Response = self.client.get(f"/api/v1/staff{path}", params=params, headers=self.headers)
        return answer

    def move(self, reference: str, move: str, **details: object) -> Response:
        """Make a move."""
        url = f"/api/v1/staff/requests/{reference}/{move}"
        answer: Response = self.client.post(url, json=details, headers=self.headers)
        return answer


@pytest.fixture
def agent(client: TestClient) -> Staff:
    """An agent of Phnom Penh."""
    return Staff(client, "agent@kh-pnh", "agent")


@pytest.fixture
def supervisor(client: TestClient) -> Staff:
    """A supervisor of Phnom Penh."""
    return Staff(client, "supervisor@kh-pnh", "supervisor")
