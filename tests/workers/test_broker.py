"""The task queue is a setting: Redis as it is, or RabbitMQ, each with the options its transport knows."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from nagara.local.ports import free_port

ASKED = """
import json
from workers.app import app
connection = app.connection_for_write()
try:
    connection.connect()
except connection.connection_errors + (OSError,) as error:
    refused = True
print(json.dumps([type(connection.transport).__module__, connection.transport_options, refused]))
"""


@pytest.mark.parametrize(
    ("scheme", "module", "option"),
    [
        ("amqp", "kombu.transport.pyamqp", "confirm_publish"),
        ("redis", "kombu.transport.redis", "visibility_timeout"),
    ],
)
def test_each_broker_gets_the_options_its_transport_knows(scheme: str, module: str, option: str) -> None:
    """Nobody listens at the port: that the connection is refused, and not the options, shows that they are known."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("NAGARA_", "REDIS_URL"))
    }
    environment |= {"NAGARA_DEMO": "true", "NAGARA_BROKER_URL": f"{scheme}://127.0.0.1:{free_port()}//"}
    done = subprocess.run(
        [sys.executable, "-c", ASKED], capture_output=True, text=True, env=environment, check=True
    )
    found, options, refused = json.loads(done.stdout.splitlines()[-1])
    assert (found, refused) == (module, True)
    assert option in options
