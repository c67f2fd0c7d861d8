"""Liveness and readiness tell the truth, also while one version takes the place of another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from nagara.migrations import newest_revision
from tests.helpers import Connection


@pytest.fixture
def revision(owner: Connection) -> Iterator[Connection]:
    """The database, whose revision is set back afterwards."""
    yield owner
    owner.execute("update alembic_version set version_num = %s", (newest_revision(),))


@pytest.mark.parametrize(
    ("applied", "status"),
    [("0001", 503), (newest_revision(), 200), ("9999", 200)],
    ids=["older", "own", "newer"],
)
def test_a_process_is_ready_where_the_tables_are_its_own_or_newer(
    client: TestClient, revision: Connection, applied: str, status: int
) -> None:
    """Steps are made while the old version runs: it must not go away before the new one is there."""
    revision.execute("update alembic_version set version_num = %s", (applied,))
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["database"]) == (status, "ok")
    needs = f", needs {newest_revision()}" if status == 503 else ""
    assert answer.json()["schema_revision"] == applied + needs
    assert client.get("/health/live").status_code == 200


def test_revisions_are_numbered_in_order_and_of_one_width() -> None:
    """Readiness holds them against each other as they are written."""
    from alembic.script import ScriptDirectory

    from nagara.migrations import HERE

    found = [step.revision for step in ScriptDirectory(str(HERE)).walk_revisions()]
    assert found == sorted(found, reverse=True)
    assert {len(revision) for revision in found} == {4}
