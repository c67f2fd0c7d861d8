"""The guide for those who connect other systems holds: its commands are run as they stand."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pytest
from starlette.testclient import TestClient

from city_config import City
from nagara.batches.files import files
from nagara.notifications.channels.webhook import new_webhook_secret, signature
from nagara.open_data.publishing import publish
from nagara.settings import settings
from tests.api.conftest import Staff
from tests.api.foreign import served
from tests.api.test_staff_accounts import send
from tests.conftest import REPOSITORY
from tests.helpers import Connection, file, multiply

GUIDE = (REPOSITORY / "docs" / "guide-integrator.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The guide's blocks of a language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def test_the_commands_of_the_guide_work_as_they_stand(
    client: TestClient,
    db: Connection,
    owner: Connection,
    phnom_penh: City,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    multiply(owner, file(phnom_penh), 12)
    assert publish(db, files(settings()), phnom_penh, dt.datetime.now(dt.UTC)) == 13
    db.commit()
    admin = Staff(client, "admin@kh-pnh", "city_admin")
    made = send(admin, "POST", "/api/v1/staff/keys", {"label": "guide", "scopes": ["open311"]})
    assert made.status_code == 201, made.text
    with served(client, monkeypatch) as url:
        around = os.environ | {"NAGARA": url, "KEY": made.json()["key"]}
        for block in blocks("sh"):
            run = subprocess.run(
                ["sh", "-euc", block], cwd=tmp_path, env=around, capture_output=True, text=True, check=False
            )
            assert run.returncode == 0, f"{block}\n{run.stdout[-2000:]}\n{run.stderr}"
    assert (tmp_path / "requests.csv").read_text(encoding="utf-8").count("\n") == 14
    assert len(json.loads((tmp_path / "requests.geojson").read_bytes())["features"]) == 13
    assert (tmp_path / "requests.parquet").read_bytes()[:4] == b"PAR1"
    assert json.loads((tmp_path / "datapackage.json").read_bytes())["count"] == 13
    [square] = mapbox_vector_tile.decode((tmp_path / "city.mvt").read_bytes())["cells"]["features"]
    assert square["properties"] == {"count": 13}
    document = json.loads((tmp_path / "nagara.json").read_bytes())
    assert document["paths"]["/api/v1/cities"]["get"]["operationId"] == "list_cities"


def test_the_receiver_of_the_guide_takes_our_calls_and_no_others() -> None:
    names: dict[str, Any] = {}
    for block in blocks("python"):
        exec(block, names)
    secret, body, now = new_webhook_secret(), b'{"type": "org.nagara.test"}', int(time.time())
    headers = {"webhook-id": "1", "webhook-timestamp": str(now)}
    headers["webhook-signature"] = signature([new_webhook_secret(), secret], "1", now, body)
    assert names["news"](secret, headers, body) == {"type": "org.nagara.test"}
    assert names["news"](secret, headers, body + b" ") is None
    old = {
        "webhook-timestamp": str(now - 360),
        "webhook-signature": signature([secret], "1", now - 360, body),
    }
    assert names["news"](secret, headers | old, body) is None
