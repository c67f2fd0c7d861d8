"""Staff's jobs over many requests, done by one tick of a worker."""

from __future__ import annotations

from typing import Any

from tests.api.conftest import Staff


def post(staff: Staff, path: str, body: Any = None) -> Any:
    return staff.client.post(f"/api/v1/staff{path}", json=body, headers=staff.headers)


def work(name: str = "bulk.move") -> None:
    """One tick of a worker."""
    from workers.app import app

    app.loader.import_default_modules()
    app.tasks[name].apply(throw=True)


def results(job: dict[str, Any]) -> dict[str, str | None]:
    """The code of each result; None where it was moved."""
    return {row["reference"]: row["code"] for row in job["results"]}
