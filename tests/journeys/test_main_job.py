"""A report comes in, is worked on, its resident is told, and the network counts it."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from typing import Any

from tests.journeys.conftest import Outside
from tests.waiting import PATIENCE_SECONDS, wait_until


def build_figures(outside: Outside) -> None:
    """Do at once what the timer does within a minute."""
    command = [
        sys.executable,
        "-m",
        "nagara.cli.main",
        "--data",
        str(outside.url.data),
        "indicators",
        "build",
    ]
    # Other tests of this process name their own servers in the environment; the demo has told its own.
    clean = {
        name: value for name, value in os.environ.items() if name != "DATABASE_URL" and "NAGARA_" not in name
    }
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE_SECONDS, env=clean)


def counted(outside: Outside) -> int:
    """How many missed collections in Doun Penh the network counts."""
    query = "period=2020-01..2029-12&city=kh-pnh&code=waste_missed&district=1202"
    _, shown = outside.call("GET", f"/api/v1/network/indicators?{query}")
    return int(shown["cities"][0]["figures"]["N1"]["value"])


def mails(outside: Outside, address: str) -> list[dict[str, Any]]:
    """What the demo sent to somebody."""
    _, outbox = outside.call("GET", "/dev/outbox?limit=5000")
    return [message for message in outbox["messages"] if address in message["to"]]


def test_from_a_heap_of_rubbish_to_a_figure(outside: Outside) -> None:
    build_figures(outside)
    before = counted(outside)
    address = f"{uuid.uuid4().hex}@example.org"
    status, filed = outside.call(
        "POST",
        "/api/v1/cities/kh-pnh/requests",
        {
            "service_code": "waste_missed",
            "lat": 11.5696,
            "lon": 104.9210,
            "description": "The truck has not come since Monday.",
            "contact": {"email": address},
            "language": "en",
        },
    )
    assert status == 201, filed
    reference = filed["reference"]

    agent = outside.sign_in("agent@kh-pnh")
    _, queue = outside.call("GET", f"/api/v1/staff/queue?q={reference}", token=agent)
    assert [row["reference"] for row in queue["requests"]] == [reference]
    for move, details in (
        ("acknowledge", {}),
        ("start", {}),
        ("resolve", {"reason": "cleaned", "note": "Collected this morning."}),
    ):
        path = f"/api/v1/staff/requests/{reference}/{move}"
        status, answer = outside.call("POST", path, details, token=agent)
        assert status == 200, answer

    wait_until(lambda: len(mails(outside, address)) >= 4, "four mails to the resident")
    told = [mail for mail in mails(outside, address) if reference in mail["subject"]]
    assert [mail for mail in told if "Collected this morning." in mail["text"]], "in any order"

    build_figures(outside)
    assert counted(outside) == before + 1
